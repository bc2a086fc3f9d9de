"""The panel: one dense array per measure, series down, periods across."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from features.series_index import SeriesIndex
from stockalert.arrays import BoolArray, DateArray, FloatArray, IntArray

__all__ = ["MEASURES", "Panel"]

MEASURES = ("units", "observed", "price", "promo_units", "views", "carts", "searches")


@dataclass(frozen=True)
class Panel:
    """What happened to every sku and location in every period.

    Every measure is float32 of shape (n_series, n_periods), or None where nobody measures it.

    Attributes
    ----------
    series : columns sku and location, sorted by them; row i is series i.
    periods : datetime64[D], shape (n_periods,), first day of each period.
    period_days : 1 or 7.
    first : int32, shape (n_series,)
        Period in which the series began (first sale or launch, whichever is earlier; without
        either the first period in stock); n_periods where it has not begun.
    units : units sold; 0 where nothing was.
    observed : share of the period's demand that its time in stock meets, 0..1 (selling_curve.py):
        0 out of stock and before the series began, 1 in stock throughout and where unknown.
    price : currency per unit, the last one known in the period; NaN before the first.
    promo_units : units sold under a promotion.
    views, carts, searches : browsing of the sku; NaN in periods without a browsing feed.
    prior_units : shape (n_periods,), units that usual demand weighs against a partial period's own
        sales; None where none was partly in stock.
    """

    series: pd.DataFrame
    periods: DateArray
    period_days: int
    first: IntArray
    units: FloatArray
    observed: FloatArray
    price: FloatArray | None = None
    promo_units: FloatArray | None = None
    views: FloatArray | None = None
    carts: FloatArray | None = None
    searches: FloatArray | None = None
    prior_units: FloatArray | None = None

    @property
    def n_series(self) -> int:
        """Number of series."""
        return len(self.first)

    @property
    def n_periods(self) -> int:
        """Number of periods."""
        return len(self.periods)

    @cached_property
    def index(self) -> SeriesIndex:
        """Which series a sku and location is."""
        return SeriesIndex.of(self.series)

    def last_days(self, cutoffs: IntArray) -> DateArray:
        """Last day of the periods numbered `cutoffs`; of a week, its Sunday."""

        after = (np.asarray(cutoffs) + 1) * self.period_days - 1
        last: DateArray = self.periods[0] + after.astype("timedelta64[D]")
        return last

    def begun(self) -> Panel:
        """Only the series that have begun: the others say nothing about demand."""
        panel = self.block(self.first < self.n_periods)
        return replace(panel, series=panel.series.reset_index(drop=True))

    def block(self, which: slice | BoolArray) -> Panel:
        """Only the series in `which`; views, where it is a slice."""
        kept: dict[str, Any] = {
            name: data[which] for name in MEASURES if (data := getattr(self, name)) is not None
        }
        return replace(self, series=self.series.iloc[which], first=self.first[which], **kept)

    def until(self, cutoff: int) -> Panel:
        """Views that end with period `cutoff`; a series not begun by then has not begun."""
        kept: dict[str, Any] = {
            name: data[:, : cutoff + 1]
            for name in MEASURES
            if (data := getattr(self, name)) is not None
        }
        if self.prior_units is not None:
            kept["prior_units"] = self.prior_units[: cutoff + 1]
        first = np.minimum(self.first, cutoff + 1)
        return replace(self, periods=self.periods[: cutoff + 1], first=first, **kept)

    def periods_in(self, days: int) -> int:
        """Periods that make up `days`, at least one."""
        return max(1, days // self.period_days)
