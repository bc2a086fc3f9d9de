"""The panel: one dense array per measure, series down, periods across."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from features.series_index import SeriesIndex
from stockalert.arrays import BoolArray, DateArray, FloatArray, IntArray

__all__ = ["MEASURES", "PASS_SERIES", "Panel", "measure_file", "read_rows", "slices"]

MEASURES = ("units", "observed", "price", "promo_units", "views", "carts", "searches")

PASS_SERIES = 4096
"""Series that a pass over all of them looks at together; what is summed depends on it in the last
bit, so it is the same for every machine and setting."""


def slices(n_series: int, size: int) -> Iterator[slice]:
    """Cut positions 0 … n_series into slices of `size`; the last may be shorter.

    Examples
    --------
    >>> list(slices(5, 2))
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    return (slice(at, min(at + size, n_series)) for at in range(0, n_series, size))


@dataclass(frozen=True)
class Panel:
    """What happened to every sku and location in every period.

    Every measure is float32 of shape (n_series, n_periods), or None where nobody measures it. It is
    held in memory, or mapped from files (features/stored.py): `block` then reads a few series.

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
    store : folder of the files that the measures are mapped from; None = they are in memory.
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
    store: Path | None = None

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
        """Only the series in `which`; of a slice views, or copies where the panel is mapped.

        Raises
        ------
        OSError
            A file of a mapped panel is cut off or cannot be read.
        """
        kept: dict[str, Any] = {name: self._rows(name, which) for name in self._measured}
        series, first = self.series.iloc[which], self.first[which]
        return replace(self, series=series, first=first, store=None, **kept)

    def only(self, *names: str) -> Panel:
        """Forget all measures but units, observed and `names`, so that they are not read."""
        needless = set(self._measured) - {"units", "observed", *names}
        forgotten: dict[str, Any] = dict.fromkeys(needless)
        return replace(self, **forgotten)

    def until(self, cutoff: int) -> Panel:
        """Views that end with period `cutoff`; a series not begun by then has not begun."""
        kept: dict[str, Any] = {
            name: getattr(self, name)[:, : cutoff + 1] for name in self._measured
        }
        if self.prior_units is not None:
            kept["prior_units"] = self.prior_units[: cutoff + 1]
        first = np.minimum(self.first, cutoff + 1)
        return replace(self, periods=self.periods[: cutoff + 1], first=first, store=None, **kept)

    def take(self, series: IntArray) -> Panel:
        """Only the series at ascending positions `series`, copied; read block by block."""
        parts = [
            self.block(which).block(np.isin(np.arange(which.start, which.stop), series))
            for which in slices(self.n_series, PASS_SERIES)
            if np.searchsorted(series, which.start) < np.searchsorted(series, which.stop)
        ] or [self.block(slice(0, 0))]
        kept: dict[str, Any] = {
            name: np.concatenate([getattr(part, name) for part in parts]) for name in self._measured
        }
        rows, first = self.series.iloc[series], self.first[series]
        return replace(self, series=rows, first=first, store=None, **kept)

    def passes(self) -> Iterator[tuple[slice, Panel]]:
        """Look at all series, some thousands at a time, the same for every machine and setting."""
        return ((which, self.block(which)) for which in slices(self.n_series, PASS_SERIES))

    @property
    def _measured(self) -> list[str]:
        return [name for name in MEASURES if getattr(self, name) is not None]

    def _rows(self, name: str, which: slice | BoolArray) -> FloatArray:
        measure: FloatArray = getattr(self, name)
        if self.store is None or not isinstance(which, slice):
            rows: FloatArray = measure[which]
            return rows
        begin, end, _ = which.indices(self.n_series)
        return read_rows(measure_file(self.store, name), begin, end, self.n_periods)

    def periods_in(self, days: int) -> int:
        """Periods that make up `days`, at least one."""
        return max(1, days // self.period_days)


def measure_file(store: Path, name: str) -> Path:
    """Name the file of one measure: float32, series after series."""
    return store / f"{name}.f32"


def read_rows(path: Path, begin: int, end: int, width: int) -> FloatArray:
    """Read rows [begin, end) of a file of float32 rows.

    Raises
    ------
    OSError
        The file ends before them.
    """
    count = max(end - begin, 0) * width
    read: FloatArray = np.fromfile(path, dtype="<f4", count=count, offset=begin * width * 4)
    if read.size != count:
        raise OSError(
            f"{path}: expected {count} numbers from row {begin} on, found {read.size}; "
            "the file is cut off"
        )
    return read.reshape(-1, width)
