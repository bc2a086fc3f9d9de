"""What demand will be: over each protection interval, and table `forecasts`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from stockalert.arrays import BoolArray, FloatArray, IntArray, NumberArray, TextArray
from stockalert.mapped import rows_of
from stockalert.quantiles import at_horizon, mean
from stockalert.tables.blocks import LongTable
from stockalert.tables.columns import quantile_column
from stockalert.whole_units import in_whole_units

__all__ = ["Horizons", "Outlook", "forecasts_frame", "forecasts_table"]

BLOCK_SERIES = 8192


@dataclass(frozen=True)
class Outlook:
    """Demand over each series' protection interval, and where the figures come from.

    Attributes
    ----------
    values : shape (n, n_levels), units; lead times already mixed in
    levels : shape (n_levels,)
    method : shape (n,), `quantile`, `analog` or `formula`
    model_version : None = no model was used
    calibration_group : shape (n,), text; "" = none
    coverage_recent : shape (n,), share; NaN = unknown
    whole : shape (n,), sold in whole units so far; None = unknown
    """

    values: FloatArray
    levels: FloatArray
    method: TextArray
    model_version: str | None
    calibration_group: TextArray
    coverage_recent: FloatArray
    whole: BoolArray | None = None

    @property
    def expected_demand(self) -> FloatArray:
        """Mean demand over the protection interval, shape (n,), units."""
        return mean(self.values, self.levels)

    @property
    def counted(self) -> BoolArray:
        """Which series' quantiles are told in whole units; the formula's are no counts."""
        unknown = np.zeros(len(self.method), np.bool_)
        counted: BoolArray = (unknown if self.whole is None else self.whole) & (
            self.method != "formula"
        )
        return counted

    @property
    def published(self) -> FloatArray:
        """Quantiles as they are told, near a whole number on it; shape (n, n_levels), units.

        Means and shortages are those of `values`, whose curve still has its tail.
        """
        return in_whole_units(self.values, self.counted)

    def take(self, which: slice) -> Outlook:
        """Return the series that `which` selects."""
        return replace(
            self,
            values=self.values[which],
            method=self.method[which],
            calibration_group=self.calibration_group[which],
            coverage_recent=self.coverage_recent[which],
            whole=None if self.whole is None else self.whole[which],
        )


@dataclass(frozen=True)
class Horizons:
    """Quantiles of demand at common horizons.

    Attributes
    ----------
    days : shape (n_horizons,), ascending
    values : shape (n, n_horizons, n_levels), units; in memory or in a file, see `rows_of`
    levels : shape (n_levels,)
    """

    days: FloatArray
    values: FloatArray
    levels: FloatArray

    @property
    def median(self) -> FloatArray:
        """Median demand per horizon, shape (n, n_horizons), units."""
        middle = int(np.argmin(np.abs(self.levels - 0.5)))
        return self._by_blocks(lambda rows, _: rows[:, :, middle])

    def take(self, which: slice | IntArray | BoolArray) -> Horizons:
        """Return the series that `which` selects, in memory."""
        return replace(self, values=rows_of(self.values, which))

    def within(self, days: FloatArray) -> FloatArray:
        """Quantiles of demand over the next `days`, shape (n,); returns (n, n_levels), units."""
        asked = np.asarray(days, np.float64)[:, None]
        return self._by_blocks(lambda rows, at: at_horizon(rows, self.days, asked[at])[:, 0])

    def expected_over(self, days: FloatArray) -> FloatArray:
        """Expected demand over the next `days`, shape (n,), units."""
        asked = np.asarray(days, np.float64)[:, None]
        return self._by_blocks(
            lambda rows, at: mean(at_horizon(rows, self.days, asked[at])[:, 0], self.levels)
        )

    def _by_blocks(self, figure: Callable[[FloatArray, slice], FloatArray]) -> FloatArray:
        """One figure of every series, of some thousands at a time."""
        n = len(self.values)
        places = [slice(at, at + BLOCK_SERIES) for at in range(0, max(n, 1), BLOCK_SERIES)]
        return np.concatenate([figure(rows_of(self.values, at), at) for at in places])


def forecasts_table(
    series: pd.DataFrame, horizons: Horizons, *, outlook: Outlook, protection_days: FloatArray
) -> LongTable:
    """Table `forecasts` of all series, made some thousands of them at a time; as `forecasts_frame`.

    Parameters
    ----------
    series : columns sku, location
    outlook : demand over the protection intervals, at the same levels
    protection_days : shape (n,), days
    """

    def blocks() -> Iterator[pd.DataFrame]:
        for start in range(0, max(len(series), 1), BLOCK_SERIES):
            which = slice(start, start + BLOCK_SERIES)
            yield forecasts_frame(
                series.iloc[which],
                rows_of(horizons.values, which),
                horizons.days,
                horizons.levels,
                outlook=outlook.take(which),
                protection_days=protection_days[which],
            )

    common = np.isin(protection_days, horizons.days)
    return LongTable(len(series) * (len(horizons.days) + 1) - int(common.sum()), blocks)


def forecasts_frame(
    series: pd.DataFrame,
    values: NumberArray,
    horizon_days: NumberArray,
    levels: NumberArray,
    *,
    outlook: Outlook,
    protection_days: NumberArray,
) -> pd.DataFrame:
    """Table `forecasts`: each series at the common horizons and at its protection interval.

    Where the protection interval is one of the common horizons it takes that row's place.

    Parameters
    ----------
    values : shape (n, n_horizons, n_levels), units
    horizon_days : shape (n_horizons,), days
    outlook : demand over the protection intervals, at the same levels
    protection_days : shape (n,), days
    """
    n, protection = len(series), np.asarray(protection_days, np.float64)[:, None]
    common = np.broadcast_to(np.asarray(horizon_days, np.float64), (n, len(horizon_days)))
    days = np.concatenate([common, protection], axis=1)
    kept = np.concatenate([common != protection, np.ones((n, 1), bool)], axis=1)
    order = np.argsort(days, axis=1, kind="stable")
    kept = np.take_along_axis(kept, order, axis=1).ravel()
    at = (np.arange(n)[:, None] * days.shape[1] + order).ravel()[kept]
    stacked = np.concatenate([values, outlook.values[:, None, :]], axis=1)
    rows = stacked.reshape(-1, stacked.shape[2])[at]
    frame = series[["sku", "location"]].take(at // days.shape[1]).reset_index(drop=True)
    told = in_whole_units(rows, outlook.counted[at // days.shape[1]])
    quantiles = {quantile_column(level): told[:, i] for i, level in enumerate(levels)}
    return frame.assign(
        horizon_days=days.ravel()[at], **quantiles, expected_demand=mean(rows, levels)
    )
