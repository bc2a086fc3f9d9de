"""Who bought, and what was looked at beside an item: sparse, known at their period's end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.attributes import Vocabulary
from features.known_ahead import TimedFacts
from features.panel import Panel
from features.tables import Tables, days, has_rows, period_index, read_table
from stockalert.arrays import DateArray, FloatArray, IntArray

__all__ = [
    "SEGMENTS",
    "CompanionViews",
    "SegmentUnits",
    "read_companion_views",
    "read_segment_units",
    "segment_names",
]

SEGMENTS = "customer_segment"
MOST_SEGMENTS = 4


@dataclass(frozen=True)
class SegmentUnits(TimedFacts):
    """Units of one series that one segment of customers ordered in a period.

    Attributes
    ----------
    segment : int16, position in the vocabulary's segments; −1 = another
    units : float32
    """

    segment: IntArray
    units: FloatArray

    def total(self, n_series: int, n_segments: int, since: int) -> FloatArray:
        """Units per series and segment from period `since` on; the last column is all others."""
        late = self.period >= since
        column = np.where(self.segment[late] < 0, n_segments, self.segment[late])
        at = self.series[late].astype(np.int64) * (n_segments + 1) + column
        size = n_series * (n_segments + 1)
        total = np.bincount(at, self.units[late], size).astype(np.float64)
        return total.reshape(n_series, n_segments + 1)


@dataclass(frozen=True)
class CompanionViews(TimedFacts):
    """Weighted views of the items that shoppers look at beside a series' item.

    Attributes
    ----------
    views : float32
    """

    views: FloatArray

    def total(self, n_series: int, since: int) -> FloatArray:
        """Views per series from period `since` on, (n_series,)."""
        late = self.period >= since
        return np.bincount(self.series[late], self.views[late], n_series).astype(np.float64)


def segment_names(tables: Tables) -> Vocabulary:
    """List the segments that order most units; empty where customers are not told apart."""
    table = read_table(tables, "order_segments", ["segment", "units"])
    if not len(table):
        return {}
    units = table.groupby(table["segment"].astype("str"))["units"].sum()
    ranked = sorted(map(str, units.index), key=lambda name: (-float(units[name]), name))
    return {SEGMENTS: ranked[:MOST_SEGMENTS]}


def read_segment_units(tables: Tables, panel: Panel, names: list[str]) -> SegmentUnits | None:
    """Read who bought; None where no segments are known."""
    if not names or not has_rows(tables, "order_segments"):
        return None
    table = read_table(tables, "order_segments")
    located = table["location"].astype("object").fillna("default")
    series = panel.index.positions(table.assign(location=located.astype("category")))
    segment = pd.Index(names).get_indexer(pd.Index(table["segment"].astype("object")))
    units = table["units"].to_numpy(np.float32)
    order, when = _in_panel(panel, series, days(table["date"]))
    return SegmentUnits(series[order], when, when, segment.astype(np.int16)[order], units[order])


def read_companion_views(tables: Tables, panel: Panel) -> CompanionViews | None:
    """Read the views of companions, of a sku at each of its locations; None without events."""
    if not has_rows(tables, "co_views"):
        return None
    table = read_table(tables, "co_views")
    rows, series = panel.index.expand(table[["sku"]])
    views = table["companion_views"].to_numpy(np.float32)[rows]
    order, when = _in_panel(panel, series, days(table["date"])[rows])
    return CompanionViews(series[order], when, when, views[order])


def _in_panel(panel: Panel, series: IntArray, dates: DateArray) -> tuple[IntArray, IntArray]:
    """Rows within the panel, sorted by series and period, and their periods."""
    period = period_index(dates, panel.periods[0], panel.period_days)
    kept = np.flatnonzero((series >= 0) & (period >= 0) & (period < panel.n_periods))
    order = kept[np.lexsort((period[kept], series[kept]))]
    return order, period[order].astype(np.int32)
