"""Empirical quantiles of each series' own past totals over the same interval."""

from __future__ import annotations

import numpy as np

from benchmarks.forecast.problem import LEVELS, Array, Problem
from benchmarks.peers.history import totals_from, visible_demand

__all__ = ["empirical_totals", "seasonal_empirical_totals"]

_RECENT_DAYS = 182
_SEASON_RECENT_DAYS = 91
_AROUND_DAYS = 28
_YEAR_DAYS = 364


def empirical_totals(problem: Problem) -> Array:
    """Quantiles of all rolling totals that ended within the last 26 weeks."""
    return _quantiles(problem, _RECENT_DAYS // problem.period_days, around=None)


def seasonal_empirical_totals(problem: Problem) -> Array:
    """Quantiles of the last 13 weeks' totals and of those around the same dates a year before."""
    around = _AROUND_DAYS // problem.period_days
    return _quantiles(problem, _SEASON_RECENT_DAYS // problem.period_days, around=around)


def _quantiles(problem: Problem, recent: int, around: int | None) -> Array:
    starts = np.arange(problem.demand.shape[1])[None, :]
    horizon, first = problem.horizon[:, None], problem.first[:, None]
    totals = totals_from(visible_demand(problem), problem.horizon)
    year = _YEAR_DAYS // problem.period_days
    parts = []
    for cutoff in problem.cutoffs:
        known = (starts + horizon <= cutoff) & (starts >= first - 1)
        used = known & (starts > cutoff - horizon - recent)
        if around is not None:
            used |= known & (np.abs(starts - (cutoff - year)) <= around)
        parts.append(_row_quantiles(np.where(used, totals, np.nan)))
    return np.concatenate(parts)


def _row_quantiles(values: Array) -> Array:
    """Quantiles of each row's numbers, NaN ignored; 0 for a row of none. (n_rows, n_levels)."""
    ordered = np.sort(values, axis=1)  # NaN last
    count = np.sum(~np.isnan(ordered), axis=1)
    rank = np.ceil(LEVELS * count[:, None]).astype(int) - 1
    picked = np.take_along_axis(ordered, np.maximum(rank, 0), axis=1)
    return np.where(count[:, None] > 0, picked, 0.0)
