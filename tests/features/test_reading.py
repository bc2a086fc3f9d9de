"""The panel holds what the tables say, no more, and knows what was hidden by empty shelves."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.reading import read_panel


def _write(tables: Path, **frames: pd.DataFrame) -> None:
    for name, frame in frames.items():
        frame.to_parquet(tables / f"{name}.parquet", index=False)


def _sales(rows: list[tuple[str, str, str, float]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["sku", "location", "date", "units_sold"])
    return frame.assign(date=pd.to_datetime(frame["date"]))


def _rows(frame: pd.DataFrame, **columns: object) -> pd.DataFrame:
    dates = {name: pd.to_datetime(frame[name]) for name in frame if "date" in name}
    return frame.assign(**dates, **columns)


def test_units_land_on_their_series_and_day(daily_shop) -> None:
    tables, panel, _ = daily_shop
    sales = pd.read_parquet(tables / "sales.parquet")
    wide = sales.pivot_table(index=["sku", "location"], columns="date", values="units_sold")
    wide = wide.reindex(
        pd.MultiIndex.from_frame(panel.series), columns=pd.DatetimeIndex(panel.periods)
    )
    np.testing.assert_array_equal(panel.units, wide.fillna(0.0).to_numpy(np.float32))


def test_sales_after_as_of_are_not_seen(tmp_path: Path) -> None:
    _write(
        tmp_path,
        sales=_sales([("tea", "default", "2024-03-01", 2), ("tea", "default", "2024-03-05", 9)]),
    )
    panel = read_panel(tmp_path, period="D", as_of=date(2024, 3, 4))
    assert panel.units.tolist() == [[2, 0, 0, 0]]
    assert panel.observed.tolist() == [[1, 1, 1, 1]]


def test_weeks_are_counted_from_monday_to_sunday(tmp_path: Path) -> None:
    _write(
        tmp_path,
        sales=_sales([("tea", "default", "2024-03-04", 2), ("tea", "default", "2024-03-18", 9)]),
    )
    panel = read_panel(tmp_path, period="W-MON", as_of=date(2024, 3, 24))
    assert panel.units.tolist() == [[2, 0, 9]]
    assert str(panel.last_days(np.array([2]))[0]) == "2024-03-24"


def test_items_known_from_stock_or_orders_alone_are_series_too(tmp_path: Path) -> None:
    _write(
        tmp_path,
        sales=_sales([("tea", "a", "2024-03-01", 2), ("tea", "a", "2024-03-04", 1)]),
        stock=_rows(
            pd.DataFrame(
                {"sku": ["jam"], "location": ["a"], "date": ["2024-03-02"], "on_hand": [3.0]}
            )
        ),
        purchase_orders=pd.DataFrame({"sku": ["rye", "tea"], "location": ["a", None]}),
    )
    panel = read_panel(tmp_path, period="D", as_of=date(2024, 3, 4))
    assert panel.series.to_numpy().tolist() == [
        ["jam", "a"],
        ["rye", "a"],
        ["tea", "a"],
        ["tea", "default"],
    ]
    assert panel.first.tolist() == [1, 4, 0, 4]
    assert panel.observed[:2].tolist() == [[0, 1, 1, 1], [0, 0, 0, 0]]


@pytest.mark.parametrize("named", [(), ("north", "south")])
def test_a_product_seen_nowhere_has_a_place_and_has_not_begun(tmp_path: Path, named) -> None:
    products = pd.DataFrame({"sku": ["tea", "kiwi"], "launch_date": "2024-03-02"})
    _write(
        tmp_path,
        sales=_sales([("tea", "north", "2024-03-03", 2), ("tea", "north", "2024-03-04", 1)]),
        products=_rows(products),
    )
    if named:
        _write(tmp_path, locations=pd.DataFrame({"location": named}))
    panel = read_panel(tmp_path, period="D", as_of=date(2024, 3, 4))
    places = [["kiwi", place] for place in named or ("default",)]
    assert panel.series.to_numpy().tolist() == [*places, ["tea", "north"]]
    assert panel.first.tolist() == [panel.n_periods] * len(places) + [0]
    assert panel.observed[:-1].sum() == 0
    begun = panel.begun()
    assert begun.series.to_numpy().tolist() == [["tea", "north"]]
    np.testing.assert_array_equal(begun.units, panel.units[-1:])


def test_a_launch_before_the_first_sale_counts_as_days_without_demand(tmp_path: Path) -> None:
    _write(
        tmp_path,
        sales=_sales([("tea", "default", "2024-03-01", 2), ("jam", "default", "2024-03-04", 1)]),
        products=_rows(pd.DataFrame({"sku": ["jam"], "launch_date": ["2024-03-02"]})),
    )
    panel = read_panel(tmp_path, period="D", as_of=date(2024, 3, 4))
    assert panel.observed.tolist() == [[0, 1, 1, 1], [1, 1, 1, 1]]


def test_share_in_stock_goes_before_stock_on_hand(tmp_path: Path) -> None:
    days = [f"2024-03-0{day}" for day in range(1, 5)]
    stock = pd.DataFrame(
        {
            "sku": "tea",
            "location": "default",
            "date": days,
            "on_hand": [0.0, 5.0, 0.0, None],
            "in_stock_share": [1.0, 0.5, None, None],
        }
    )
    _write(
        tmp_path,
        sales=_sales([("tea", "default", "2024-03-01", 2)]),
        stock=_rows(stock),
    )
    panel = read_panel(tmp_path, period="D", as_of=date(2024, 3, 4))
    assert panel.observed.tolist() == [[1.0, 0.5, 0.0, 1.0]]


def test_a_day_when_the_whole_location_was_closed_is_no_stock_out(tmp_path: Path) -> None:
    days = pd.date_range("2024-01-01", periods=60).astype("str").tolist()
    skus = [f"sku {i}" for i in range(8)]
    closed, empty = days[45], days[50]
    sales = [
        (sku, "a", day, 3.0)
        for sku in skus
        for day in days
        if day != closed and (day, sku) != (empty, "sku 1")
    ]
    stock = pd.DataFrame(
        {
            "sku": [*skus, "sku 1"],
            "location": "a",
            "date": [closed] * 8 + [empty],
            "in_stock_share": 0.0,
        }
    )
    _write(tmp_path, sales=_sales(sales), stock=_rows(stock))
    panel = read_panel(tmp_path, period="D", as_of=date(2024, 2, 29))
    assert panel.observed[:, 45].tolist() == [1.0] * 8
    assert panel.observed[:, 50].tolist() == [1.0, 0.0, *[1.0] * 6]


def test_the_price_is_the_last_one_paid_or_listed(tmp_path: Path) -> None:
    sales = _sales([("tea", "default", "2024-03-02", 2), ("jam", "default", "2024-03-01", 1)])
    prices = pd.DataFrame(
        {
            "sku": "tea",
            "location": None,
            "start_date": ["2024-02-01", "2024-03-04", "2024-03-05"],
            "unit_price": [3.0, 4.0, 9.0],
        }
    )
    _write(tmp_path, sales=sales.assign(unit_price=[2.5, np.nan]), prices=_rows(prices))
    panel = read_panel(tmp_path, period="D", as_of=date(2024, 3, 4))
    assert panel.price is not None
    np.testing.assert_array_equal(panel.price, [[np.nan] * 4, [3.0, 2.5, 2.5, 4.0]])


def test_browsing_outside_the_dates_of_its_feed_is_unknown_not_zero(tmp_path: Path) -> None:
    browsing = pd.DataFrame(
        {"sku": "tea", "date": ["2024-03-02", "2024-03-04"], "views": [5.0, 7.0]}
    )
    sales = [("tea", where, "2024-03-01", 2.0) for where in ("a", "b")]
    _write(tmp_path, sales=_sales(sales), browsing=_rows(browsing))
    panel = read_panel(tmp_path, period="D", as_of=date(2024, 3, 5))
    assert panel.views is not None
    np.testing.assert_array_equal(panel.views, [[np.nan, 5, 0, 7, np.nan]] * 2)
    assert panel.carts is None


def test_history_is_kept_to_three_years(tmp_path: Path) -> None:
    _write(
        tmp_path,
        sales=_sales([("tea", "default", "1995-01-01", 2), ("tea", "default", "2024-03-01", 1)]),
    )
    panel = read_panel(tmp_path, period="D", as_of=date(2024, 3, 1))
    assert 1096 <= panel.n_periods <= 1120
    assert panel.units.sum() == pytest.approx(1.0)
    assert panel.first.tolist() == [0]
