from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from stockalert.positions import (
    days_of_cover,
    order_by_dates,
    position_at,
    stockout_probability,
)

AS_OF = date(2026, 3, 31)
SERIES = pd.DataFrame({"sku": ["mug", "plate", "vase"], "location": ["default"] * 3})


def _stock() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "sku": ["mug", "mug", "mug", "plate"],
            "location": [None, None, None, "default"],
            "date": pd.to_datetime(["2026-03-31", "2026-03-30", "2026-04-01", "2026-03-15"]),
            "on_hand": [8.0, 11.0, 99.0, -2.0],
            "backordered": [3.0, np.nan, np.nan, np.nan],
        }
    )


def _orders() -> pd.DataFrame:
    days = ["2026-03-20", "2026-03-21", "2026-03-22", "2026-03-23", "2026-04-02"]
    nothing = [pd.NaT] * 5
    orders = pd.DataFrame({"sku": "mug", "location": None, "ordered_at": pd.to_datetime(days)})
    orders = orders.assign(
        units_ordered=[10.0, 20.0, 40.0, 80.0, 160.0],
        units_received=[np.nan, 5.0, 40.0, np.nan, np.nan],
        received_at=pd.Series(nothing, dtype="datetime64[us]"),
        cancelled_at=pd.Series(nothing, dtype="datetime64[us]"),
    )
    orders.loc[2, "received_at"] = pd.Timestamp("2026-03-30")
    orders.loc[3, "cancelled_at"] = pd.Timestamp("2026-03-30")
    return orders


def test_the_position_is_the_last_stock_plus_open_orders_minus_what_is_owed() -> None:
    found = position_at(SERIES, _stock(), _orders(), as_of=AS_OF)
    assert found is not None
    assert found.on_hand.tolist() == [8.0, -2.0, 0.0]
    assert found.on_order.tolist() == [10.0 + 15.0, 0.0, 0.0]
    assert found.inventory_position.tolist() == [30.0, -2.0, 0.0]
    assert found.known.tolist() == [True, True, False]


def test_a_receipt_after_the_cutoff_is_still_on_order() -> None:
    orders = _orders()
    orders.loc[2, "received_at"] = pd.Timestamp("2026-04-03")
    found = position_at(SERIES, _stock(), orders, as_of=AS_OF)
    assert found is not None
    assert found.on_order[0] == 65.0


def test_without_a_stock_table_there_is_no_position() -> None:
    assert position_at(SERIES, None, _orders(), as_of=AS_OF) is None


def test_without_orders_nothing_is_on_order() -> None:
    found = position_at(SERIES, _stock(), None, as_of=AS_OF)
    assert found is not None
    assert found.on_order.tolist() == [0.0, 0.0, 0.0]


def test_the_chance_to_run_out_is_the_share_of_demand_above_the_position() -> None:
    values, levels = np.tile([10.0, 20.0], (4, 1)), np.array([0.5, 0.9])
    found = stockout_probability(values, levels, np.array([10.0, 20.0, -1.0, np.nan]))
    assert found[:3].tolist() == pytest.approx([0.5, 0.1, 1.0])
    assert np.isnan(found[3])


def test_cover_is_infinite_with_stock_and_no_demand_and_nothing_without_stock() -> None:
    found = days_of_cover([10.0, 10.0, 0.0, -5.0], [2.0, 0.0, 0.0, 1.0])
    assert found.tolist() == [5.0, np.inf, 0.0, 0.0]


@pytest.mark.parametrize(
    ("position", "day"),
    [
        (20.0, "2026-04-01"),
        (3.0, "2026-04-01"),
        (20.4, "2026-04-01"),
        (23.0, "2026-04-03"),
        (27.0, "2026-04-07"),
        (31.0, "2026-04-09"),
        (62.0, "2026-04-28"),
        (1e9, None),
        (np.nan, None),
    ],
)
def test_the_order_is_due_on_the_first_day_at_the_reorder_point(
    position: float, day: str | None
) -> None:
    path = np.array([[7.0, 21.0]])
    found = order_by_dates([position], [20.0], path, [7, 14], as_of=AS_OF)
    expected = np.datetime64(day, "D") if day else np.datetime64("NaT")
    assert np.array_equal(found.astype("datetime64[D]"), [expected], equal_nan=True)


def test_an_item_without_median_demand_is_never_due_unless_it_is_already() -> None:
    found = order_by_dates([5.0, 1.0], [1.0, 1.0], np.zeros((2, 2)), [7, 14], as_of=AS_OF)
    assert np.isnat(found).tolist() == [True, False]


def test_a_count_that_is_unknown_today_leaves_the_last_known_one_standing() -> None:
    stock = pd.DataFrame(
        {
            "sku": ["teapot", "teapot"],
            "location": "default",
            "date": pd.to_datetime(["2025-06-29", "2025-06-30"]),
            "on_hand": [500.0, np.nan],
        }
    )
    series = pd.DataFrame({"sku": ["teapot"], "location": ["default"]})
    position = position_at(series, stock, None, as_of=date(2025, 6, 30))
    assert position is not None
    assert position.on_hand.tolist() == [500.0]
    assert position.known.tolist() == [True]
