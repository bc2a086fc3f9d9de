"""A quantile regression forest on plain features of past totals, all series together.

Trained on weekly origins whose intervals had passed, and anew every eight weeks; the target is the
total over the series' own interval ÷ (its trailing level × the interval's length).
"""

from __future__ import annotations

import numpy as np
from quantile_forest import RandomForestQuantileRegressor

from benchmarks.forecast.problem import LEVELS, Array, Problem
from benchmarks.peers.history import totals_from, visible_demand

__all__ = ["quantile_forest"]

_ROWS = 80_000
_REFIT_WEEKS = 8
_SPANS = (7, 28, 91, 182)  # days of trailing means
_YEAR = 364


def quantile_forest(problem: Problem) -> Array:
    """Direct quantiles of totals."""
    demand = visible_demand(problem)
    step = 7 // problem.period_days
    origins = np.arange(problem.cutoffs[-1], problem.first.min() + 4 * step, -step)[::-1]
    features, scale = _features(problem, demand, origins)
    target = totals_from(demand, problem.horizon)[:, origins] / scale
    parts = []
    for c, cutoff in enumerate(problem.cutoffs):
        if c % max(_REFIT_WEEKS * step // np.diff(problem.cutoffs).min(), 1) == 0:
            forest = _fit(problem, features, target, origins, cutoff)
        at = np.flatnonzero(origins == cutoff)[0]
        relative = forest.predict(features[:, at], quantiles=LEVELS.tolist())
        parts.append(relative * scale[:, at, None])
    return np.concatenate(parts)


def _fit(
    problem: Problem, features: Array, target: Array, origins: Array, cutoff: int
) -> RandomForestQuantileRegressor:
    """Fit on the origins whose intervals had passed by `cutoff`."""
    passed = origins[None, :] + problem.horizon[:, None] <= cutoff
    begun = origins[None, :] > problem.first[:, None]
    rows = np.flatnonzero(passed & begun)
    random = np.random.default_rng(7)
    rows = random.choice(rows, min(len(rows), _ROWS), replace=False)
    forest = RandomForestQuantileRegressor(
        100, min_samples_leaf=20, max_features=0.5, max_samples_leaf=20, random_state=7, n_jobs=1
    )
    return forest.fit(features.reshape(-1, features.shape[-1])[rows], target.ravel()[rows])


def _features(problem: Problem, demand: Array, origins: Array) -> tuple[Array, Array]:
    """Features (n_series, n_origins, n_features) known at each origin, and the scale of totals."""
    horizon = problem.horizon[:, None]
    summed = np.pad(np.cumsum(demand, axis=1), ((0, 0), (1, 0)))
    squares = np.pad(np.cumsum(demand**2, axis=1), ((0, 0), (1, 0)))
    sold = np.pad(np.cumsum(demand > 0, axis=1), ((0, 0), (1, 0)))
    first = np.broadcast_to(problem.first[:, None], (len(demand), len(origins)))
    end = np.broadcast_to(origins + 1, first.shape)

    def mean(cumulated: Array, span: int) -> Array:
        start = np.maximum(end - span, np.minimum(first, end - 1))
        pick = [np.take_along_axis(cumulated, at, axis=1) for at in (end, start)]
        return (pick[0] - pick[1]) / (end - start)

    spans = [span // problem.period_days for span in _SPANS]
    level = np.maximum(mean(summed, spans[2]), 0.25 / spans[2])
    year = _YEAR // problem.period_days
    known = (origins >= year) & (first <= end - year)
    back = np.where(known, origins - year, 0)
    totals = totals_from(demand, problem.horizon)
    last_year = np.where(known, np.take_along_axis(totals, back, axis=1), -1)
    promoted = totals_from(problem.promoted.astype(float), problem.horizon)[:, origins] / horizon
    columns = [
        *(mean(summed, span) / level for span in spans),
        np.sqrt(mean(squares, spans[2])) / level,
        mean(sold, spans[2]),
        last_year / (level * horizon),
        np.nan_to_num(promoted),
        np.broadcast_to(horizon, first.shape),
        np.log(level),
        np.broadcast_to(_month(problem, origins), first.shape),
        end - first,
    ]
    return np.stack(columns, axis=-1).astype(np.float32), level * horizon


def _month(problem: Problem, origins: Array) -> Array:
    return problem.periods[origins].astype("datetime64[M]").astype(int) % 12
