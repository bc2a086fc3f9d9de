"""Reorder points of every policy at every level, from what was known at each cutoff."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.decision.nights import Quantiles
from benchmarks.decision.shop import past_moments, visible
from benchmarks.forecast.problem import Array, Problem
from models.baseline import empirical_quantiles
from stockalert.formulas import formula_reorder_point
from stockalert.quantiles import quantile_at
from stockalert.whole_units import in_whole_units

__all__ = ["SWEEP", "Points", "empirical_points", "formula_points", "our_points"]

SWEEP = np.array([
    0.3, 0.4, 0.5, 0.6, 0.65, 0.7, 0.75, 0.8, 0.825, 0.85, 0.875, 0.9, 0.925, 0.95,
    0.965, 0.975, 0.985, 0.99, 0.995, 0.998, 0.999,
])  # fmt: skip
"""Levels that trace a trade-off curve."""

Points = Callable[[Array], Array]
"""From levels, shape (n_series, n_cutoffs), to reorder points, likewise, units."""


def formula_points(problem: Problem, cutoffs: Array) -> Points:
    """Mean × P + z · σ · √P, with moments of the 180 days before each of `cutoffs`."""
    known = {cutoff: past_moments(problem, int(cutoff)) for cutoff in np.unique(cutoffs)}
    mean, deviation = (np.stack([known[c][i] for c in cutoffs], axis=1) for i in (0, 1))
    length = problem.horizon[:, None].astype(float)

    def points(levels: Array) -> Array:
        return formula_reorder_point(mean, deviation, length, levels)

    return points


def empirical_points(problem: Problem, cutoffs: Array) -> Points:
    """Quantiles of the series' own past totals over P."""
    seen, rows = visible(problem), np.arange(problem.n_series)
    tables = [
        empirical_quantiles(
            problem.demand,
            seen,
            cutoff=int(cutoff),
            series=rows,
            horizons=problem.horizon.astype(np.int64),
            levels=SWEEP.tolist(),
            year=364 // problem.period_days,
        )
        for cutoff in cutoffs
    ]
    return _looked_up(np.stack(tables), SWEEP)


def our_points(quantiles: Quantiles, problem: Problem) -> Points:
    """The product's quantiles of demand over P, the first horizon asked for, as it tells them."""
    whole = (problem.demand == np.rint(problem.demand)).all(axis=1)
    told = [in_whole_units(table, whole) for table in quantiles.values[:, :, 0]]
    return _looked_up(np.stack(told), quantiles.levels)


def _looked_up(tables: Array, known: Array) -> Points:
    """Points from quantiles (n_cutoffs, n_series, n_levels)."""

    def points(levels: Array) -> Array:
        columns = zip(tables, levels.T, strict=True)
        return np.stack([quantile_at(table, known, at) for table, at in columns], axis=1)

    return points
