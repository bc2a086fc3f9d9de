from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from stockalert.formulas import formula_reorder_point, static_reorder_point
from stockalert.lead_time import from_moments
from stockalert.order_proposals import order_proposals_frame
from stockalert.outlook import Outlook, forecasts_frame
from stockalert.policy import LotRules, lot_size, order_plan
from stockalert.positions import Position, order_by_dates
from stockalert.quantiles import at_horizon, mixture
from stockalert.service_level import target_levels
from stockalert.tables.arrow import to_arrow
from stockalert.tables.checks import check
from stockalert.tables.outputs import OUTPUT_TABLES, forecasts_table
from stockalert.thresholds import (
    Decision,
    Kinds,
    Supply,
    compared_with,
    reorder_points,
    thresholds_frame,
)

AS_OF = date(2026, 3, 31)
LEVELS = np.array([0.05, 0.1, 0.25, 0.5, 0.75, 0.8, 0.9, 0.95, 0.975, 0.99])
SERIES = pd.DataFrame({"sku": ["mug", "plate", "vase"], "location": ["default"] * 3}).astype("str")
PATHS = np.array([7, 14, 28])
WEEK = np.array([2, 3, 5, 7, 9, 10, 12, 15, 18, 22.0])
DEMAND = WEEK[None, None, :] * np.array([[[1], [2], [4]], [[3], [6], [12]], [[0], [0], [0]]])
WHOLE = np.array([True, True, True])

demand = arrays(np.float64, (3, len(LEVELS)), elements=st.integers(0, 400).map(lambda n: n / 4))


def _position(*on_hand: float) -> Position:
    held = np.array(on_hand)
    return Position(held, np.array([0.0, 5.0, 0.0]), np.zeros(3), np.ones(3, bool))


def _outlook(supply: Supply, model_version: str | None = "3") -> Outlook:
    wanted = supply.lead_times.atoms_days + supply.review_days[:, None]
    values = mixture(at_horizon(DEMAND, PATHS, wanted), supply.lead_times.probabilities, LEVELS)
    group = np.array(["A·smooth", "", "C·dead"])
    method = np.array(["quantile", "quantile", "formula"])
    return Outlook(values, LEVELS, method, model_version, group, np.array([0.95, np.nan, 1.0]))


def _night(
    position: Position | None = None, *, level: float = 0.95, mean_days: float = 13.0
) -> pd.DataFrame:
    supply = Supply(from_moments(np.full(3, mean_days), np.array([0.0, 4.0, 0.0])), np.ones(3))
    outlook = _outlook(supply)
    service = target_levels(np.array([np.nan, 0.99, np.nan]), default=level)
    points = reorder_points(outlook.values, LEVELS, service.level, WHOLE)
    at = position.inventory_position if position else np.full(3, np.nan)
    none = np.full(3, np.nan)
    lot = lot_size(np.zeros(3), none, outlook.expected_demand / supply.protection_days)
    rules = LotRules(none, np.array([6.0, np.nan, 0.0]), none, none, WHOLE)
    decision = Decision(
        points,
        service,
        order_plan(at, points, lot, supply.review_days, rules),
        static_reorder_point(np.array([1.0, 3.0, 0.0]), supply.protection_days),
        formula_reorder_point(np.ones(3), np.ones(3), supply.protection_days, service.level),
        order_by_dates(at, points, DEMAND[:, :, 3], PATHS, as_of=AS_OF),
    )
    kinds = Kinds(*np.array([[0, 1, 2], [0, 1, 2], [0, 3, 5]], np.int8))
    return thresholds_frame(SERIES, outlook, kinds, supply, decision, position=position)


def test_the_frame_keeps_the_contract_with_and_without_stock() -> None:
    for position in (None, _position(4.0, 100.0, 0.0)):
        frame = compared_with(_night(position), None)
        table = to_arrow(check(frame, OUTPUT_TABLES["thresholds"]), OUTPUT_TABLES["thresholds"])
        assert table.column_names == list(OUTPUT_TABLES["thresholds"].names)


def test_without_stock_every_column_that_needs_it_is_null() -> None:
    needs_stock = [
        "order_quantity",
        "on_hand",
        "on_order",
        "inventory_position",
        "stockout_probability",
        "days_of_cover",
        "order_by_date",
    ]
    assert _night()[needs_stock].isna().all(axis=None)
    assert _night(_position(4.0, 100.0, 0.0))[needs_stock[:-1]].notna().all(axis=None)


def test_a_fixed_lead_time_gives_the_forecast_quantile_itself() -> None:
    mug = _night(_position(4.0, 100.0, 0.0)).iloc[0]
    assert mug["protection_days"] == 14.0
    assert mug["q950"] == 30.0
    assert mug["reorder_point"] == 30.0
    assert mug["safety_stock"] == pytest.approx(30.0 - mug["expected_demand"])
    assert mug["order_quantity"] % 6 == 0
    assert mug["order_quantity"] >= mug["order_up_to_level"] - 4.0
    assert str(mug["order_by_date"].date()) == "2026-04-01"


def test_a_random_lead_time_widens_the_quantiles_around_the_same_demand() -> None:
    mug, plate, _ = (row for _, row in _night().iterrows())
    assert plate["q990"] > 3 * mug["q990"]
    assert plate["expected_demand"] == pytest.approx(3 * mug["expected_demand"], rel=0.03)


def test_a_dead_item_needs_nothing_and_lasts_for_ever() -> None:
    vase = _night(_position(4.0, 100.0, 9.0)).iloc[2]
    assert vase[["reorder_point", "expected_demand", "order_quantity"]].tolist() == [0, 0, 0]
    assert vase["days_of_cover"] == np.inf
    assert vase["stockout_probability"] == 0.0
    assert vase["demand_pattern"] == "dead"


@settings(deadline=None, max_examples=40)
@given(demand, st.floats(0.01, 1), st.floats(0.01, 1), st.booleans())
def test_the_reorder_point_never_falls_when_the_level_rises(
    values: np.ndarray, one: float, other: float, whole: bool
) -> None:
    values, flags = np.sort(values, axis=1), np.full(3, whole)
    low = reorder_points(values, LEVELS, min(one, other), flags)
    assert (low <= reorder_points(values, LEVELS, max(one, other), flags) + 1e-9).all()


@settings(deadline=None, max_examples=40)
@given(demand, st.floats(0.1, 60), st.floats(0.1, 60))
def test_the_reorder_point_never_falls_when_the_protection_interval_grows(
    values: np.ndarray, one: float, other: float
) -> None:
    path = np.sort(values, axis=1)[:, None, :] * np.array([1.0, 2.0, 4.0])[None, :, None]
    wanted = np.tile([min(one, other), max(one, other)], (3, 1))
    short, long = np.moveaxis(at_horizon(path, PATHS, wanted), 1, 0)
    points = [reorder_points(interval, LEVELS, 0.95, WHOLE) for interval in (short, long)]
    assert (points[0] <= points[1]).all()


@settings(deadline=None, max_examples=40)
@given(demand, st.integers(2, 12), st.floats(0.05, 0.999))
def test_demand_times_k_needs_a_reorder_point_times_k(
    values: np.ndarray, k: int, level: float
) -> None:
    values, whole = np.sort(values, axis=1), np.zeros(3, bool)
    once = reorder_points(values, LEVELS, level, whole)
    np.testing.assert_allclose(reorder_points(values * k, LEVELS, level, whole), once * k)


def test_the_first_night_calls_every_threshold_new() -> None:
    assert compared_with(_night(), None)["change_reason"].tolist() == ["new"] * 3


def test_the_same_night_again_is_unchanged() -> None:
    night = compared_with(_night(), None)
    again = compared_with(_night(), night)
    assert again["change_reason"].tolist() == ["unchanged"] * 3
    assert again["previous_reorder_point"].tolist() == night["reorder_point"].tolist()


def test_a_change_is_named_by_its_first_cause() -> None:
    night = _night()
    service = compared_with(_night(level=0.9), night)["change_reason"].tolist()
    assert service == ["service level", "unchanged", "unchanged"]
    later = compared_with(_night(mean_days=20.0), night)["change_reason"].tolist()
    assert later == ["lead time", "lead time", "unchanged"]
    calmer = night.assign(reorder_point=night["reorder_point"] + 1)
    assert compared_with(calmer, night)["change_reason"].tolist() == ["uncertainty"] * 3
    busier = calmer.assign(expected_demand=night["expected_demand"] * 1.5)
    assert compared_with(busier, night)["change_reason"].tolist()[:2] == ["demand"] * 2
    newer = calmer.assign(model_version="4")
    assert compared_with(newer, night)["change_reason"].tolist() == ["model"] * 3


def test_a_series_not_served_before_is_new_beside_the_old_ones() -> None:
    night = _night()
    assert compared_with(night, night.iloc[1:])["change_reason"].tolist() == [
        "new",
        "unchanged",
        "unchanged",
    ]


def test_forecasts_have_each_horizon_once_and_the_protection_interval_among_them() -> None:
    supply = Supply(from_moments(np.array([13.0, 5.5, 13.0]), np.zeros(3)), np.ones(3))
    outlook = _outlook(supply)
    frame = forecasts_frame(
        SERIES, DEMAND, PATHS, LEVELS, outlook=outlook, protection_days=supply.protection_days
    )
    table = forecasts_table(tuple(LEVELS))
    assert list(check(frame, table).columns) == list(table.names)
    days = frame.groupby("sku")["horizon_days"].agg(list)
    assert days.to_dict() == {
        "mug": [7.0, 14.0, 28.0],
        "plate": [6.5, 7.0, 14.0, 28.0],
        "vase": [7.0, 14.0, 28.0],
    }
    plate = frame[(frame["sku"] == "plate") & (frame["horizon_days"] == 28)]
    assert plate[["q050", "q990"]].to_numpy().tolist() == [[24.0, 264.0]]


def test_only_what_is_due_is_proposed_with_supplier_cost_and_reason() -> None:
    night = compared_with(_night(_position(4.0, 900.0, 3.0)), None)
    supplier = pd.Series(["north", "north", None], dtype="str")
    proposals = order_proposals_frame(night, supplier, np.array([2.5, 1.0, np.nan]))
    check(proposals, OUTPUT_TABLES["order_proposals"])
    assert proposals["sku"].tolist() == ["mug"]
    order = proposals.iloc[0]
    assert order["cost"] == order["units"] * 2.5
    assert order["reason"] == "position 4 is at or below the reorder point 30"
    assert str(order["expected_at"].date()) == "2026-04-14"
    assert not order["auto_approved"]


def test_without_stock_nothing_is_proposed() -> None:
    supplier = pd.Series([None, None, None], dtype="str")
    proposals = order_proposals_frame(_night(), supplier, np.ones(3))
    assert proposals.empty
    check(proposals, OUTPUT_TABLES["order_proposals"])
