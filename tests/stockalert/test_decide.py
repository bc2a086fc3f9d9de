"""A decision: levels from costs and what will not sell, orders from the policy, notes on limits."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from stockalert.decide import Horizons, Past, ServicePolicy, decide
from stockalert.items import items_of
from stockalert.lead_time import declared_terms, from_moments
from stockalert.outlook import Outlook
from stockalert.positions import Position
from stockalert.thresholds import Supply

LEVELS = np.array([0.05, 0.25, 0.5, 0.8, 0.9, 0.95, 0.975, 0.99])


WEEK = np.array([4.0, 7.0, 10.0, 13.0, 15.0, 17.0, 19.0, 22.0])
AS_OF = date(2026, 3, 31)


def _decide(
    products: pd.DataFrame,
    *,
    mode: str,
    stock: list[float] | None = None,
    review: float = 7.0,
    **policy,
):
    series = pd.DataFrame({"sku": products["sku"], "location": "default"})
    n = len(series)
    terms = declared_terms(series, products=products)
    week = np.tile(WEEK, (n, 1))
    outlook = Outlook(
        values=(1 + review / 7) * week,
        levels=LEVELS,
        method=np.full(n, "quantile"),
        model_version="1",
        calibration_group=np.full(n, ""),
        coverage_recent=np.full(n, np.nan),
    )
    held = None if stock is None else np.array(stock, float)
    return decide(
        outlook,
        Horizons(np.array([7.0, 14.0, 28.0]), week[:, None, :] * [[1], [2], [4]], LEVELS),
        Supply(from_moments(np.full(n, 7.0), np.zeros(n)), np.full(n, review)),
        items_of(series, terms, np.full(n, True), products=products),
        Past(np.full(n, 1.5), np.full(n, 1.0), 1),
        policy=ServicePolicy(mode, 0.95, 0.5, 0.995, 0.0, "auto", **policy),
        position=None
        if held is None
        else Position(held, np.zeros(n), np.zeros(n), np.full(n, True)),
        as_of=AS_OF,
    )


def test_a_weekly_review_at_a_fifth_a_week_against_one_a_unit_short_is_0_833() -> None:
    tea = pd.DataFrame(
        {"sku": ["tea"], "holding_cost_per_unit_day": [0.2 / 7], "stockout_cost_per_unit": [1.0]}
    )
    service = _decide(tea.assign(unit_cost=1.0), mode="cost").service
    assert service.level == pytest.approx([1 / 1.2], abs=1e-12)
    assert service.source.tolist() == ["cost"]


def test_dearer_storage_lowers_the_reorder_point_and_dearer_stockouts_raise_it() -> None:
    shop = pd.DataFrame(
        {
            "sku": ["cheap to keep", "dear to keep", "dear to miss"],
            "unit_cost": 1.0,
            "holding_cost_per_unit_day": [0.01, 0.05, 0.01],
            "stockout_cost_per_unit": [1.0, 1.0, 4.0],
        }
    )
    keep, store, miss = _decide(shop, mode="cost").reorder_point
    assert store < keep < miss


def _shop(n: int, **facts: object) -> pd.DataFrame:
    costs = {"unit_cost": 6.0, "unit_price": 10.0, "holding_rate": 0.25}
    return pd.DataFrame({"sku": [f"item {i}" for i in range(n)], **costs, **facts})


def test_a_higher_margin_or_cheaper_storage_raises_and_obsolescence_lowers_the_threshold() -> None:
    end = pd.to_datetime(["2026-04-05", "2026-04-20", "2026-07-31", None])
    for better_first, facts in (
        (False, {"unit_price": [7.0, 8.0, 10.0, 20.0]}),
        (True, {"holding_rate": [0.1, 2.0, 8.0, 20.0]}),
        (True, {"holding_cost_per_unit_day": [0.01, 0.05, 0.1, 0.5]}),
        (True, {"obsolescence_rate": [0.0, 2.0, 8.0, 20.0]}),
        (False, {"shelf_life_days": [3.0, 8.0, 12.0, 400.0]}),
        (False, {"end_date": end}),
    ):
        decided = _decide(_shop(4, **facts), mode="cost")
        step = np.diff(decided.reorder_point[::-1] if better_first else decided.reorder_point)
        levels = np.diff(decided.service.level[::-1] if better_first else decided.service.level)
        assert (step >= 0).all(), facts
        assert (step > 0).any(), facts
        assert (levels >= 0).all(), facts


def test_tins_that_sell_in_weeks_and_keep_for_years_cost_nothing_in_obsolescence() -> None:
    tins, stones = _decide(_shop(2, shelf_life_days=[730.0, np.nan]), mode="cost").service.level
    assert tins == stones


def test_what_ends_before_it_arrives_is_lost_whole_and_not_ordered() -> None:
    shop = _shop(1, end_date=pd.to_datetime(["2026-04-03"]), stockout_cost_per_unit=4.0)
    decided = _decide(shop.assign(holding_rate=0.0), mode="cost", stock=[0.0])
    assert decided.service.level.item() == pytest.approx(0.5), "the floor; 4 ÷ (4 + 6) is below it"
    gone = _shop(1, end_date=pd.to_datetime(["2026-03-31"]))
    assert _decide(gone, mode="target", stock=[0.0]).plan.order_quantity.item() == 0.0


def test_missing_and_negative_costs_leave_the_target_in_force() -> None:
    shop = _shop(4, unit_cost=[np.nan, 6.0, 6.0, 6.0], holding_rate=[0.2, np.nan, -1.0, 0.2])
    shop["unit_price"] = [10.0, 10.0, 10.0, np.nan]
    service = _decide(shop, mode="cost").service
    assert service.level.tolist() == [0.95] * 4
    assert service.source.tolist() == ["settings"] * 4
    free = _decide(_shop(1, unit_price=4.0), mode="cost").service
    assert free.source.tolist() == ["floor"], "a margin below zero earns nothing"


def test_a_product_that_must_never_run_out_is_looked_up_at_the_highest_level_there_is() -> None:
    decided = _decide(_shop(2, target_service_level=[1.0, 0.99]), mode="target")
    assert decided.service.level.tolist() == [1.0, 0.99]
    assert np.isfinite(decided.reorder_point).all()
    assert decided.reorder_point[0] > decided.reorder_point[1]


def test_lost_sales_are_projected_and_backorders_are_ordered_up_to_the_point() -> None:
    stock = [0.0, 10.0, 60.0]
    lost = _decide(_shop(3), mode="target", stock=stock, unmet_demand="lost").plan
    owed = _decide(_shop(3), mode="target", stock=stock, unmet_demand="backordered").plan
    assert owed.order_quantity.tolist() == [34.0, 24.0, 0.0]
    assert (lost.order_quantity[:2] < owed.order_quantity[:2]).all()
    assert lost.order_quantity[0] >= 17, "nothing is left of nothing: one week at the level"
    assert lost.order_up_to_level.tolist() == [
        a + b for a, b in zip(stock, lost.order_quantity, strict=True)
    ]


def test_a_daily_review_never_projects() -> None:
    plans = [
        _decide(_shop(1), mode="target", stock=[3.0], review=1.0, unmet_demand=unmet).plan
        for unmet in ("lost", "backordered")
    ]
    assert plans[0] == plans[1]


def test_limits_that_hold_an_order_back_are_said() -> None:
    shop = _shop(5, max_stock=[20.0, 30.0, np.nan, np.nan, 40.0])
    shop["moq"] = [np.nan, 50.0, 200.0, np.nan, np.nan]
    shop["shelf_life_days"] = [np.nan, np.nan, 14.0, 14.0, np.nan]
    decided = _decide(shop, mode="target", stock=[0.0] * 4 + [36.0], unmet_demand="backordered")
    full, small, spoils, cut, enough = decided.order_note.fillna("").tolist()
    assert full == "max_stock 20 is below the reorder point 34; max_stock cut it from 34 to 20"
    assert small.startswith("max_stock 30 is below the reorder point 34; max_stock leaves no room")
    assert spoils == "the last day on sale leaves no room for the 200 wanted"
    assert cut.startswith("the last day on sale cut it from 34 to ")
    assert enough == ""
    assert decided.plan.order_quantity[1:3].tolist() == [0.0, 0.0]


def test_a_budget_of_zero_is_none_and_a_small_one_is_spent_and_said() -> None:
    shop, stock = _shop(3, unit_price=[10.0, 30.0, 7.0]), [0.0, 0.0, 0.0]
    free = _decide(shop, mode="target", stock=stock, budget=0.0)
    assert free.order_note.isna().all()
    tight = _decide(shop, mode="target", stock=stock, budget=150.0)
    assert (tight.plan.order_quantity * 6).sum() <= 150.0
    assert tight.plan.order_quantity.argmax() == 1, "the one that earns most"
    assert tight.order_note.str.contains("budget").all()
    assert tight.reorder_point.tolist() == free.reorder_point.tolist()


def test_without_stock_the_level_of_a_projected_order_is_the_reorder_point() -> None:
    decided = _decide(_shop(1), mode="target", unmet_demand="lost")
    assert decided.plan.order_up_to_level.tolist() == decided.reorder_point.tolist()
    assert np.isnan(decided.plan.order_quantity).all()


def test_lost_sales_with_orders_under_way_may_pay_for_a_unit_too_many_over_both_spans() -> None:
    tea = pd.DataFrame(
        {"sku": ["tea"], "holding_cost_per_unit_day": [0.2 / 7], "stockout_cost_per_unit": [1.0]}
    )
    both = _decide(tea.assign(unit_cost=1.0), mode="cost", overage_span="cycle_and_protection")
    # 7 days of cycle and 14 of protection: three times the overage.
    assert both.service.level == pytest.approx([1 / 1.6], abs=1e-12)
