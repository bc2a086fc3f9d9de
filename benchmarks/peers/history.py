"""What every peer learns from: past demand, un-censored by the rule a data scientist would use."""

from __future__ import annotations

import numpy as np

from benchmarks.forecast.problem import Array, Problem

__all__ = ["origins_before", "totals_from", "visible", "visible_demand"]

_WINDOW = 28  # visible periods that stand in for a hidden one


def visible(problem: Problem) -> Array:
    """Periods in stock at least half the time, from the first sale on, (n_series, n_periods)."""
    exists = np.arange(problem.demand.shape[1])[None, :] >= problem.first[:, None]
    return exists & (problem.observed >= 0.5)


def visible_demand(problem: Problem) -> Array:
    """Demand scaled by the share in stock; a hidden period gets the mean of those before it.

    Causal: no value depends on a later period. Float64, shape (n_series, n_periods).
    """
    seen = visible(problem)
    scaled = np.where(seen, problem.demand / np.maximum(problem.observed, 0.5), 0.0)
    total, count = (np.cumsum(x, axis=1, dtype=np.float64) for x in (scaled, seen))
    past_total, past_count = (_minus_shifted(x, _WINDOW) for x in (total, count))
    trailing = past_total / np.maximum(past_count, 1)
    hidden = ~seen & (np.arange(seen.shape[1])[None, :] >= problem.first[:, None])
    return np.where(hidden, np.maximum(trailing, problem.demand), scaled)


def _minus_shifted(summed: Array, shift: int) -> Array:
    moved = np.pad(summed, ((0, 0), (shift, 0)))[:, : summed.shape[1]]
    return summed - moved


def totals_from(values: Array, horizon: Array) -> Array:
    """Totals over (t, t + horizon] for every t; NaN where they pass the end.

    `values` is (n_series, n_periods), `horizon` (n_series,); shape as `values`.
    """
    n_periods = values.shape[1]
    summed = np.cumsum(values, axis=1)
    end = np.arange(n_periods)[None, :] + horizon[:, None]
    inside = np.take_along_axis(summed, np.minimum(end, n_periods - 1), axis=1) - summed
    return np.where(end < n_periods, inside, np.nan)


def origins_before(problem: Problem, count: int) -> Array:
    """Weekly origins: `count` weeks before the first cutoff, then on to the last one."""
    step = 7 // problem.period_days
    start = problem.cutoffs[0] - step * count
    every = np.arange(start, problem.cutoffs[-1] + 1, step)
    return every[every >= step]
