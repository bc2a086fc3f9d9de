"""Forecasts that a shop could make without a model, which the model must beat.

All take a dense history `demand` (n_series, n_periods) in units with `observed`, False where the
series was out of stock or not yet sold, the position `cutoff` of the last known period, and rows
that name their series and horizon. Nothing after the cutoff is read.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from stockalert.arrays import BoolArray, FloatArray, IntArray
from stockalert.formulas import formula_reorder_point, moments, static_reorder_point

__all__ = ["empirical_quantiles", "static_formula", "z_formula"]


def static_formula(
    demand: FloatArray,
    observed: BoolArray,
    *,
    cutoff: int,
    series: IntArray,
    horizons: IntArray,
    levels: Sequence[float],
    window: int = 180,
) -> FloatArray:
    """Return mean × P, the same at every level; shape (n_rows, n_levels), units.

    Parameters
    ----------
    window : periods that the mean looks back: 180 days, or 26 weeks.
    series, horizons : shape (n_rows,), positions in `demand` and P in periods.

    Examples
    --------
    >>> history = np.full((1, 30), 10.0)
    >>> rows = {"series": np.array([0]), "horizons": np.array([5])}
    >>> static_formula(history, history > 0, cutoff=29, **rows, levels=[0.5, 0.95])
    array([[50., 50.]])
    """
    mean, _ = _recent_moments(demand, observed, cutoff, window)
    total = static_reorder_point(mean[series], horizons)
    return np.repeat(total[:, None], len(levels), axis=1)


def z_formula(
    demand: FloatArray,
    observed: BoolArray,
    *,
    cutoff: int,
    series: IntArray,
    horizons: IntArray,
    levels: Sequence[float],
    window: int = 180,
) -> FloatArray:
    """Return mean × P + z(level) × deviation × √P, at least 0; shape (n_rows, n_levels), units.

    Source: Silver, Pyke & Thomas: normal demand, independent from period to period.

    Examples
    --------
    >>> history = np.tile([80.0, 120.0], 10)[None]
    >>> rows = {"series": np.array([0]), "horizons": np.array([1])}
    >>> z_formula(history, history > 0, cutoff=19, **rows, levels=[0.95]).round(1)
    array([[133.8]])
    """
    mean, deviation = _recent_moments(demand, observed, cutoff, window)
    per_row = mean[series, None], deviation[series, None], horizons[:, None]
    return formula_reorder_point(*per_row, np.asarray(levels))


def _recent_moments(
    demand: FloatArray, observed: BoolArray, cutoff: int, window: int
) -> tuple[FloatArray, FloatArray]:
    """Return mean and deviation per period of the last `window` periods; (n_series,) each."""
    past = slice(max(cutoff + 1 - window, 0), cutoff + 1)
    return moments(demand[:, past], observed[:, past])


def empirical_quantiles(
    demand: FloatArray,
    observed: BoolArray,
    *,
    cutoff: int,
    series: IntArray,
    horizons: IntArray,
    levels: Sequence[float],
    year: int = 365,
) -> FloatArray:
    """Return quantiles of the series' own rolling totals; shape (n_rows, n_levels), units.

    The sample holds the totals of all windows of P periods within the last `year` periods and,
    where history allows, those starting within ± year ÷ 13 of the same season last year. A window
    that was seen in part is scaled up to P; one seen for less than half is left out. A series
    without any window gets mean × P.

    Parameters
    ----------
    year : periods in a year: 365 days, or 52 weeks.
    """
    quantiles = static_formula(
        demand, observed, cutoff=cutoff, series=series, horizons=horizons, levels=levels
    )
    tau = np.asarray(levels, dtype=np.float64)
    first = max(cutoff + 1 - year - year // 13, 0)
    units, seen = _running_sums(demand, observed, slice(first, cutoff + 1))
    for horizon in np.unique(horizons):
        rows = np.flatnonzero(horizons == horizon)
        starts = _window_starts(cutoff + 1 - first, int(horizon), year)
        if not len(starts):
            continue
        mine = series[rows][:, None]
        count = seen[mine, starts + horizon] - seen[mine, starts]
        total = units[mine, starts + horizon] - units[mine, starts]
        scaled = total * (horizon / np.maximum(count, 1))
        sample = np.where(2 * count >= horizon, scaled, np.nan)
        found = _row_quantiles(sample, tau)
        quantiles[rows] = np.where(np.isnan(found), quantiles[rows], found)
    return quantiles


def _running_sums(
    demand: FloatArray, observed: BoolArray, past: slice
) -> tuple[FloatArray, FloatArray]:
    """Return sums of observed demand and of observed periods before each position."""
    seen = observed[:, past]
    units = np.where(seen, demand[:, past], 0.0)
    pad = ((0, 0), (1, 0))
    return (
        np.pad(np.cumsum(units, axis=1, dtype=np.float64), pad),
        np.pad(np.cumsum(seen, axis=1, dtype=np.int32), pad),
    )


def _window_starts(known: int, horizon: int, year: int) -> IntArray:
    """Return starts of the last year's windows, and again of those near last year's season."""
    last_year = np.arange(max(known - year, 0), known - horizon + 1)
    season = known - year + np.arange(-(year // 13), year // 13 + 1)
    usable = (season >= 0) & (season + horizon <= known) & (known - year >= 0)
    return np.concatenate([last_year, season[usable]])


def _row_quantiles(sample: FloatArray, tau: FloatArray) -> FloatArray:
    """Return linear-interpolated quantiles of each row, NaN left out; (n_rows, n_levels)."""
    ordered = np.sort(sample, axis=1)
    count = np.sum(~np.isnan(sample), axis=1)
    position = np.maximum(count - 1, 0)[:, None] * tau
    low = position.astype(np.intp)
    high = np.minimum(low + 1, np.maximum(count - 1, 0)[:, None])
    share = position - low
    below = np.take_along_axis(ordered, low, axis=1)
    above = np.take_along_axis(ordered, high, axis=1)
    quantiles: FloatArray = below + share * (above - below)
    return quantiles
