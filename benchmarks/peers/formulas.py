"""The formulas of planners: mean × P, and mean × P + z·σ·√P, weekly or frozen for a quarter."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np

from benchmarks.forecast.problem import LEVELS, Array, Problem
from benchmarks.peers.history import visible, visible_demand

__all__ = ["static_formula", "z_formula", "z_formula_quarterly"]

_DAYS = 182
_QUARTER_DAYS = 91


def static_formula(problem: Problem) -> Array:
    """Mean demand × P, whatever the level."""
    mean, _ = _moments(problem, problem.cutoffs)
    total = mean * problem.horizon
    return np.repeat(total.reshape(-1, 1), len(LEVELS), axis=1)


def z_formula(problem: Problem) -> Array:
    """Normal quantile of independent periods, moments of the last 26 weeks, every cutoff anew."""
    return _z(problem, problem.cutoffs)


def z_formula_quarterly(problem: Problem) -> Array:
    """The same, with moments frozen at the first cutoff of every 91 days."""
    days = (problem.cutoffs - problem.cutoffs[0]) * problem.period_days
    starts = [
        np.flatnonzero(days // _QUARTER_DAYS == quarter)[0] for quarter in days // _QUARTER_DAYS
    ]
    return _z(problem, problem.cutoffs[starts])


def _z(problem: Problem, known_until: Array) -> Array:
    mean, deviation = _moments(problem, known_until)
    z = np.array([NormalDist().inv_cdf(level) for level in LEVELS])
    length = problem.horizon
    spread = (deviation * np.sqrt(length)).reshape(-1, 1)
    return np.maximum((mean * length).reshape(-1, 1) + z * spread, 0)


def _moments(problem: Problem, known_until: Array) -> tuple[Array, Array]:
    """Mean and deviation per period in stock, last 26 weeks, each (n_cutoffs, n_series)."""
    seen, demand = visible(problem), visible_demand(problem)
    span = _DAYS // problem.period_days
    means, deviations = [], []
    for cutoff in known_until:
        window = slice(max(cutoff + 1 - span, 0), cutoff + 1)
        count = np.maximum(seen[:, window].sum(axis=1), 1)
        y = np.where(seen[:, window], demand[:, window], 0)
        mean = y.sum(axis=1) / count
        variance = ((y - mean[:, None]) ** 2 * seen[:, window]).sum(axis=1) / np.maximum(
            count - 1, 1
        )
        means.append(mean)
        deviations.append(np.sqrt(variance))
    return np.array(means), np.array(deviations)
