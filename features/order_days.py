"""Orders behind the demand of a period: sparse, since most series sell on few days."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.known_ahead import TimedFacts
from features.panel import Panel
from features.tables import Tables, days, has_rows, period_index, read_table
from stockalert.arrays import FloatArray

__all__ = ["ORDER_MEASURES", "OrderDays", "read_order_days"]

ORDER_MEASURES = (
    "orders",
    "known_orders",
    "repeat_orders",
    "bulk_orders",
    "usual_units",
    "squared_units",
    "log_units",
    "log_squares",
    "returned_units",
)


@dataclass(frozen=True)
class OrderDays(TimedFacts):
    """What one series' orders of one period were like; known at its end.

    Attributes
    ----------
    orders, known_orders, repeat_orders, bulk_orders : float32, counts: all of them, those with a
        known customer, those whose customer came back, those far above the usual size
    usual_units : float32, units with the excess of bulk orders cut off
    largest_order, returned_units : float32, units
    squared_units, log_units, log_squares : float32, sums over orders of size², ln size, (ln size)²
    """

    orders: FloatArray
    known_orders: FloatArray
    repeat_orders: FloatArray
    bulk_orders: FloatArray
    usual_units: FloatArray
    largest_order: FloatArray
    squared_units: FloatArray
    log_units: FloatArray
    log_squares: FloatArray
    returned_units: FloatArray

    def dense(self, measure: str, shape: tuple[int, int]) -> FloatArray:
        """Spread a measure over (series, period), 0 where nobody ordered."""
        past = self.period < shape[1]
        out = np.zeros(shape)
        out[self.series[past], self.period[past]] = getattr(self, measure)[past]
        return out

    def largest(self, n_series: int, since: int) -> FloatArray:
        """Largest single order of each series from period `since` on, (n_series,)."""
        out = np.zeros(n_series)
        late = self.period >= since
        np.maximum.at(out, self.series[late], self.largest_order[late])
        return out


def read_order_days(tables: Tables, panel: Panel) -> OrderDays | None:
    """Read the orders of the panel's series; None where demand came without order lines."""
    if not has_rows(tables, "order_sizes"):
        return None
    table = read_table(tables, "order_sizes")
    if table["location"].isna().any():
        located = table["location"].astype("object").fillna("default")
        table["location"] = pd.Categorical(located)
    series = panel.index.positions(table)
    period = period_index(days(table["date"]), panel.periods[0], panel.period_days)
    kept = np.flatnonzero((series >= 0) & (period >= 0) & (period < panel.n_periods))
    order = kept[np.lexsort((period[kept], series[kept]))]
    when = period[order].astype(np.int32)
    figures = {
        name: table[name].to_numpy(np.float32)[order] for name in (*ORDER_MEASURES, "largest_order")
    }
    return OrderDays(series[order].astype(np.int32), when, when, **figures)
