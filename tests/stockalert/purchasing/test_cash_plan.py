"""The cash plan: tonight's orders, then the rule played forward; items rise and fall together."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stockalert.purchasing.cash_plan import WEEKS, cash_plan, order_values
from stockalert.purchasing.shared_demand import reordered_together, shared_correlation
from stockalert.simulation import OrderRules, OrderUpTo, Start, World, lot_rules, simulate
from stockalert.stress_replay import _daily
from stockalert.tables.checks import check
from stockalert.tables.outputs import OUTPUT_TABLES
from tests.stockalert.purchasing_shop import evening


def _shop(n: int, **options: object):
    products = pd.DataFrame(
        {"sku": [f"mug {i:02d}" for i in range(n)], "supplier_id": "ACME", "unit_cost": 2.0}
    )
    products["moq"] = 24.0
    return evening(products, [8.0 + 3 * i for i in range(n)], **options)


def test_the_plan_begins_with_tonights_orders_and_spends_what_demand_costs() -> None:
    shop = _shop(12)
    orders = shop.orders().reset_index()
    plan = check(
        cash_plan(shop.case, shop.thresholds, orders, shared=0.2), OUTPUT_TABLES["cash_plan"]
    )
    assert len(plan) == WEEKS
    assert plan["proposed"].iloc[0] == orders["cost"].sum()
    assert plan["cash_median"].iloc[0] >= orders["cost"].sum()
    assert (plan["proposed"][1:] == 0).all()
    demand = 12 * 13 * shop.case.horizons.expected_over(np.full(12, 7.0))[0] * 2.0
    stock = 2.0 * (shop.thresholds["inventory_position"].sum())
    spent = plan["cash_expected"].sum()
    assert demand - stock < spent < demand + 12 * 2.0 * 40, "demand, and a rising position at most"
    assert str(plan["week_start"].iloc[0].date()) == "2026-04-01"


def test_what_has_no_cost_is_counted_and_said() -> None:
    products = pd.DataFrame({"sku": ["mug", "jug"], "unit_cost": [2.0, np.nan]})
    shop = evening(products, [1.0, 1.0])
    plan = cash_plan(shop.case, shop.thresholds, shop.orders().reset_index(), shared=0.0)
    assert set(plan["items_without_cost"]) == {1.0}


def test_weekly_play_agrees_with_a_daily_replay_of_the_same_shop() -> None:
    """Second truth: the simulator, day by day, with on-hand stock, arrivals and lost sales."""
    shop = _shop(8)
    tonight = np.nan_to_num(shop.thresholds["order_quantity"].to_numpy())
    ours = order_values(shop.case, shop.thresholds, tonight, shared=0.0)
    point, up_to, held = (
        np.repeat(shop.thresholds[name].to_numpy(), 32)
        for name in ("reorder_point", "order_up_to_level", "on_hand")
    )
    world = World.of(
        _daily(shop.case, np.arange(8), 91),
        lead_times=6,
        rules=OrderRules(lots=lot_rules(len(held), moq=24.0)),
        start=Start(on_hand=held),
        unmet="backordered",
    )
    trace = simulate(world, OrderUpTo(point, up_to), keep_trace=True).trace
    assert trace is not None
    daily = trace.ordered.reshape(8, 32, 91).sum(axis=0).mean(axis=0) * 2.0
    total = ours.mean(axis=1).sum() + tonight.sum() * 2.0
    assert total == pytest.approx(daily.sum(), rel=0.1)


def test_the_company_of_other_items_changes_no_items_orders() -> None:
    shop = _shop(6)
    tonight = np.zeros(6)
    all_ = order_values(shop.case, shop.thresholds, tonight, shared=0.3)
    again = order_values(shop.case, shop.thresholds, tonight, shared=0.3)
    assert np.array_equal(all_, again)


def test_totals_spread_with_the_correlation_that_is_asked_for() -> None:
    rng = np.random.default_rng(5)
    totals = rng.gamma(4.0, 1.0, (200, 256))
    spread = []
    for correlation in (0.0, 0.5, 1.0):
        order = reordered_together(totals, correlation, rows=np.arange(200))
        spread.append(np.take_along_axis(totals, order, axis=1).sum(axis=0).std())
    alone, half, together = spread
    sd = totals.std(axis=1)
    assert together == pytest.approx(sd.sum(), rel=0.05)
    assert alone == pytest.approx(np.sqrt((sd**2).sum()), rel=0.2)
    expected = np.sqrt((sd**2).sum() + 0.5 * (sd.sum() ** 2 - (sd**2).sum()))
    assert half == pytest.approx(expected, rel=0.1)


def test_the_correlation_of_a_shop_is_found_again() -> None:
    rng = np.random.default_rng(9)
    n, weeks = 60, 400
    month = np.repeat(rng.standard_normal(weeks // 4 + 1), 4)[:weeks]
    alone = rng.poisson(50, (n, weeks)).astype(float)
    assert shared_correlation(alone, np.ones((n, weeks), bool)) < 0.05
    together = rng.poisson(np.clip(50 * (1 + 0.3 * month), 0, None), (n, weeks)).astype(float)
    assert shared_correlation(together, np.ones((n, weeks), bool)) > 0.7
    assert shared_correlation(alone[:, :9], np.ones((n, 9), bool)) == 0.5
