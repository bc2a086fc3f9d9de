"""From canonical parquet tables to the panel; no loop over skus."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from features.censoring import closed_periods
from features.outline import BROWSING, Outline, read_outline
from features.panel import Panel
from features.series_index import SeriesIndex
from features.tables import Part, Tables, days, has_rows, period_index, read_table
from stockalert.arrays import BoolArray, FloatArray, IntArray

__all__ = ["mark_closed", "read_block", "read_panel"]


def read_panel(tables: Path, *, period: str, as_of: date) -> Panel:
    """Read sales, stock, prices and browsing up to `as_of` into a panel in memory.

    Parameters
    ----------
    tables : folder of canonical parquet tables (`sales.parquet` is required).
    period : "D", or "W-MON" for weeks named by their Monday.
    as_of : last day that may be known; with weeks, a Sunday.

    Returns
    -------
    Panel of every sku and location seen in sales, stock or purchase orders, and of every product
    that was seen nowhere; its history goes back to the first sale, at most three years.
    """
    outline = read_outline(tables, period=period, as_of=as_of)
    panel = read_block(tables, outline, slice(0, len(outline.series)))
    if outline.stocked:
        location = panel.index.location
        mark_closed(panel, closed_periods(panel.units, location), location)
    return panel


def read_block(tables: Path, outline: Outline, which: slice) -> Panel:
    """Read the series in `which`; closed periods are still to be marked in `observed`."""
    series = outline.series.iloc[which]
    every = len(series) == len(outline.series)
    part = tables if every else Part.of(tables, series)
    grid = _Grid(SeriesIndex.of(series), outline)
    columns = ["sku", "location", "date", "units_sold", "unit_price", "promo_units"]
    sales = _with_location(read_table(part, "sales", columns))
    columns = ["sku", "location", "date", "on_hand", "in_stock_share"]
    stock = _with_location(read_table(part, "stock", columns))
    products = read_table(part, "products", ["sku", "launch_date"])
    seen = series["sku"][outline.seen[which]]
    launched = products[products["sku"].isin(seen)] if len(products) else products
    in_stock = _in_stock(stock)
    first = _first(grid, sales, stock, in_stock, launched)
    promoted = "sales.promo_units" in outline.known
    browsed: dict[str, Any] = _browsing(grid, part)
    return Panel(
        series=series,
        periods=outline.periods,
        period_days=outline.period_days,
        first=first,
        units=grid.dense(sales, "units_sold", 0.0),
        observed=_observed(grid, stock, in_stock, first),
        price=_price(grid, tables, part, sales),
        promo_units=grid.dense(sales, "promo_units", 0.0) if promoted else None,
        **browsed,
    )


def mark_closed(panel: Panel, closed: BoolArray, location: IntArray) -> None:
    """Count periods in which a whole location was closed as seen: true zeros; in place.

    Parameters
    ----------
    closed : shape (n_locations, n_periods)
    location : shape (n_series,), of the panel's series
    """
    begun = np.arange(panel.n_periods) >= panel.first[:, None]
    panel.observed[closed[location] & begun] = 1.0


class _Grid:
    """Where a row of a table belongs in a block of the panel."""

    def __init__(self, index: SeriesIndex, outline: Outline) -> None:
        self.index, self.outline = index, outline
        self.periods, self.period_days = outline.periods, outline.period_days

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.index), len(self.periods)

    def when(self, dates: pd.Series) -> IntArray:
        return period_index(days(dates), self.periods[0], self.period_days)

    def dense(self, frame: pd.DataFrame, column: str, missing: float) -> FloatArray:
        """Spread `column` over (series, period), `missing` where there is no row or no value."""
        out = np.full(self.shape, missing, dtype=np.float32)
        if len(frame):
            where, when = self.index.positions(frame), self.when(frame["date"])
            values = frame[column].to_numpy(dtype=np.float32, na_value=np.nan)
            good = (where >= 0) & (when >= 0) & (when < self.shape[1]) & ~np.isnan(values)
            out[where[good], when[good]] = values[good]
        return out

    def earliest(self, series: IntArray, when: IntArray) -> IntArray:
        """Earliest period per series; a large number where it has none."""
        out = np.full(len(self.index), np.iinfo(np.int32).max, dtype=np.int64)
        good = (series >= 0) & (when < self.shape[1])
        np.minimum.at(out, series[good], np.maximum(when[good], 0))
        return out


def _with_location(frame: pd.DataFrame) -> pd.DataFrame:
    """A missing location is the shop's only one."""
    if "location" not in frame:
        return frame.assign(location=pd.Categorical(["default"] * len(frame), ["default"]))
    location = frame["location"].astype("category")
    if location.isna().any():
        kept = location.cat.categories.union(pd.Index(["default"]))
        location = location.cat.set_categories(kept).fillna("default")
    return frame.assign(location=location)


def _known(frame: pd.DataFrame, column: str) -> bool:
    return column in frame and bool(frame[column].notna().any())


def _in_stock(stock: pd.DataFrame) -> pd.Series:
    """Share of the period in stock per row: the share given, else whether any was on hand."""
    empty = pd.Series(np.nan, index=stock.index)
    share = stock.get("in_stock_share", empty).astype("float64")
    on_hand = stock.get("on_hand", empty).astype("float64")
    return share.fillna((on_hand > 0).astype("float64").where(on_hand.notna())).clip(0.0, 1.0)


def _first(
    grid: _Grid,
    sales: pd.DataFrame,
    stock: pd.DataFrame,
    in_stock: pd.Series,
    products: pd.DataFrame,
) -> IntArray:
    never, n_periods = np.iinfo(np.int32).max, grid.shape[1]
    sold = sales[sales["units_sold"] > 0]
    first = grid.earliest(grid.index.positions(sold), grid.when(sold["date"]))
    if _known(products, "launch_date"):
        dated = products[products["launch_date"].notna()]
        rows, series = grid.index.expand(dated)
        launch = grid.when(dated["launch_date"])
        first = np.minimum(first, grid.earliest(series, launch[rows]))
    if len(stock):
        held = stock[in_stock > 0]
        shelved = grid.earliest(grid.index.positions(held), grid.when(held["date"]))
        first = np.where(first == never, shelved, first)
    return np.minimum(first, n_periods).astype(np.int32)


def _observed(grid: _Grid, stock: pd.DataFrame, in_stock: pd.Series, first: IntArray) -> FloatArray:
    observed = grid.dense(stock.assign(share=in_stock), "share", 1.0)
    observed[np.arange(grid.shape[1]) < first[:, None]] = 0.0
    return observed


def _price(grid: _Grid, tables: Path, part: Tables, sales: pd.DataFrame) -> FloatArray | None:
    """Price paid where something sold, else the listed one once known, else the one before."""
    prices = read_table(part, "prices")
    if "sales.unit_price" not in grid.outline.known and not has_rows(tables, "prices"):
        return None
    paid = np.full(grid.shape, np.nan, dtype=np.float32)
    if len(prices):
        rows, series = grid.index.expand(prices)
        known = grid.when(prices["start_date"])
        if "announced_at" in prices:
            announced = grid.when(prices["announced_at"].fillna(prices["start_date"]))
            known = np.maximum(known, announced)
        listed, when = prices["unit_price"].to_numpy(np.float32)[rows], known[rows]
        order = np.lexsort((listed, when))
        order = order[(when[order] < grid.shape[1])]
        paid[series[order], np.maximum(when[order], 0)] = listed[order]
    if _known(sales, "unit_price"):
        at_till = grid.dense(sales, "unit_price", np.nan)
        paid = np.where(at_till > 0, at_till, paid)
    return _carry_forward(paid)


def _carry_forward(values: FloatArray) -> FloatArray:
    """Repeat the last known value along the second axis."""
    last = np.where(np.isnan(values), 0, np.arange(values.shape[1]))
    return np.take_along_axis(values, np.maximum.accumulate(last, axis=1), axis=1)


def _browsing(grid: _Grid, part: Tables) -> dict[str, FloatArray | None]:
    """Browsing of a sku, at each of its locations; NaN outside the dates of the feed."""
    if grid.outline.fed is None:
        return dict.fromkeys(BROWSING)
    browsing = read_table(part, "browsing")
    rows, series = grid.index.expand(browsing[["sku"]])
    when = grid.when(browsing["date"])
    good = (when[rows] >= 0) & (when[rows] < grid.shape[1])
    out: dict[str, FloatArray | None] = {}
    for name, column in BROWSING.items():
        if f"browsing.{column}" not in grid.outline.known:
            out[name] = None
            continue
        empty = np.zeros(grid.shape, dtype=np.float32)
        dense = np.where(grid.outline.fed, empty, np.float32(np.nan))
        values = browsing[column].to_numpy(dtype=np.float32, na_value=0.0)
        dense[series[good], when[rows][good]] = values[rows][good]
        out[name] = dense
    return out
