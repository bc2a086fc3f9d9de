"""Which windows show demand rather than what was left on the shelf, and how to weight them.

Only a window free of stock-out can be scored: elsewhere demand is unknown. Windows that stay free
are not typical (high demand empties shelves), so each is weighted by the inverse of its probability
of staying free, estimated from facts known at its cutoff: the series' own past share of free
windows of that length, shrunk towards all series'. What the window itself brought cannot be
corrected for.
"""

from __future__ import annotations

import numpy as np

from benchmarks.forecast.problem import Array, Problem

__all__ = ["free_of_stock_out", "probability_free", "row_weight"]

_PRIOR_WINDOWS = 2.0  # strength of the pooled share, in windows that do not overlap
_SMALLEST = 0.1  # so that no window counts more than tenfold


def free_of_stock_out(problem: Problem) -> Array:
    """Per row: the series existed at the cutoff, and its whole interval was in stock."""
    series, cutoff = problem.rows
    hidden = problem.totals(problem.observed < 1)
    return (hidden == 0) & (problem.first[series] <= cutoff)


def probability_free(problem: Problem) -> Array:
    """Per row: the chance, judged at the cutoff, that its interval stays free of stock-out."""
    series, cutoff = problem.rows
    horizon = problem.horizon[series]
    free, seen = _past_windows(problem)
    pooled = np.empty(len(series))
    for at, length in np.unique(np.stack([cutoff, horizon]), axis=1).T:
        same = (cutoff == at) & (horizon == length)
        pooled[same] = free[same].sum() / max(seen[same].sum(), 1)
    own = free / horizon + _PRIOR_WINDOWS * pooled
    return np.clip(own / (seen / horizon + _PRIOR_WINDOWS), _SMALLEST, 1.0)


def row_weight(problem: Problem) -> Array:
    """Weight of every row in the scores: 0 where demand is unknown, else 1 ÷ its probability."""
    return free_of_stock_out(problem) / probability_free(problem)


def _past_windows(problem: Problem) -> tuple[Array, Array]:
    """Count, per row, past windows of its length (all, overlapping) and those free of stock-out."""
    series, cutoff = problem.rows
    n_periods = problem.demand.shape[1]
    hidden = np.pad(np.cumsum(problem.observed < 1, axis=1), ((0, 0), (1, 0)))
    free_so_far = np.zeros((problem.n_series, n_periods), dtype=np.int64)
    exists = np.arange(n_periods)[None, :] >= problem.first[:, None]
    for length in np.unique(problem.horizon):
        which = problem.horizon == length
        free = hidden[which, length:] == hidden[which, :-length]  # windows by their last period
        free &= exists[which, : n_periods - length + 1]
        free_so_far[which, length - 1 :] = np.cumsum(free, axis=1)
    seen = np.maximum(cutoff - problem.first[series] + 2 - problem.horizon[series], 0)
    return free_so_far[series, cutoff].astype(float), seen.astype(float)
