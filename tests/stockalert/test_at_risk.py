"""What tonight's stock is expected to miss, against demand that is drawn and counted."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from stockalert.at_risk import at_risk
from stockalert.decide import Horizons, Past, ServicePolicy, decide
from stockalert.items import items_of
from stockalert.lead_time import declared_terms, from_moments
from stockalert.nervousness import Served
from stockalert.outlook import Outlook
from stockalert.positions import Position
from stockalert.situation import Situation
from stockalert.thresholds import Supply
from stockalert.whole_units import in_whole_units

LEVELS = np.array([0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.8, 0.9, 0.95, 0.975, 0.99])
MEAN, SHAPE = 30.0, 4.0
DEMAND = stats.gamma(SHAPE, scale=MEAN / SHAPE)


def _shop(on_hand: list[float] | None, **facts: list[float]) -> Situation:
    n = 3 if on_hand is None else len(on_hand)
    products = pd.DataFrame({"sku": [f"item {i}" for i in range(n)], **facts})
    series = pd.DataFrame({"sku": products["sku"], "location": "default"})
    values = np.tile(DEMAND.ppf(LEVELS), (n, 1))
    terms = declared_terms(series, products=products)
    position = None
    if on_hand is not None:
        position = Position(np.array(on_hand), np.zeros(n), np.zeros(n), np.full(n, True))
    return Situation(
        outlook=Outlook(
            values=values,
            levels=LEVELS,
            method=np.full(n, "quantile"),
            model_version="1",
            calibration_group=np.full(n, ""),
            coverage_recent=np.full(n, np.nan),
        ),
        horizons=Horizons(np.array([7.0, 14.0]), values[:, None, :] * [[1], [2]], LEVELS),
        supply=Supply(from_moments(np.full(n, 6.0), np.zeros(n)), np.full(n, 1.0)),
        items=items_of(series, terms, np.full(n, True), products=products),
        past=Past(np.full(n, 4.0), np.full(n, 2.0), 1),
        policy=ServicePolicy("target", 0.95, 0.5, 0.995, 0.0, "auto"),
        position=position,
        as_of=date(2026, 3, 31),
    )


def test_units_and_money_at_risk_are_what_drawn_demand_misses() -> None:
    on_hand = [0.0, 20.0, 60.0]
    case = _shop(on_hand, stockout_cost_per_unit=[2.0, 5.0, 7.0])
    drawn = DEMAND.rvs(400_000, random_state=5)
    missed = np.array([np.maximum(drawn - held, 0).mean() for held in on_hand])
    found = at_risk(case)
    assert found.units == pytest.approx(missed.sum(), rel=0.02)
    assert found.cost == pytest.approx(missed @ [2.0, 5.0, 7.0], rel=0.02)
    assert found.unknown == 0


def test_what_a_unit_short_costs_may_be_unknown_and_is_counted() -> None:
    found = at_risk(_shop([0.0, 0.0, 1e6], stockout_cost_per_unit=[2.0, np.nan, np.nan]))
    assert found.cost == pytest.approx(2.0 * MEAN, rel=0.02)
    assert found.unknown == 1


def test_nothing_is_known_without_stock() -> None:
    assert at_risk(_shop(None)) is None


def test_orders_follow_the_threshold_that_is_served() -> None:
    case = _shop([50.0, 50.0, 50.0])
    exact = in_whole_units(np.atleast_1d(DEMAND.ppf(0.95)), np.array([True])).item()
    asked = np.ceil(exact)
    before = np.array([asked - 1, asked + 1, 3 * asked])
    served = Served(
        reorder_point=before,
        service_level=np.full(3, 0.95),
        protection_days=np.full(3, 7.0),
        method=np.full(3, "quantile"),
        dead_band=0.02,
    )
    given = {name: getattr(case, name) for name in ("policy", "position", "as_of")}
    parts = (case.outlook, case.horizons, case.supply, case.items, case.past)
    free, calm = decide(*parts, **given), decide(*parts, **given, served=served)
    assert calm.reorder_point.tolist() == [asked - 1, asked + 1, asked]
    assert calm.asked.tolist() == [asked] * 3
    moved = calm.reorder_point - free.reorder_point
    assert np.allclose(calm.plan.order_quantity - free.plan.order_quantity, moved)
    np.testing.assert_array_equal(free.reorder_point, [asked] * 3)
