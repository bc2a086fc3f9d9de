"""What would have been sold in weeks without stock: drawn from the weeks around them.

Each hidden week of a series that has begun takes the sales of one of its eight nearest weeks in
stock, before or after, chosen by a fixed seed, and never less than what was sold. A drawn week, not
their mean, so that slow and bursty demand stays slow and bursty. Policies never see any of it.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from benchmarks.forecast.problem import Array, Problem

__all__ = ["Rule", "hidden_weeks", "true_demand"]

Rule = Literal["neighbours", "other draws", "half more", "sales"]

NEAREST = 8


def hidden_weeks(problem: Problem) -> Array:
    """Weeks out of stock since the series began; shape (n_series, n_weeks)."""
    began = np.arange(problem.demand.shape[1]) >= problem.first[:, None]
    return np.asarray(began & (problem.observed < 0.5))


def true_demand(problem: Problem, rule: Rule = "neighbours") -> Array:
    """Demand by week, shape (n_series, n_weeks), whole units.

    Parameters
    ----------
    rule : `neighbours` as said above; for sensitivity `other draws` (another seed), `half more`
        (the draws times 1.5) and `sales` (nothing was missed)
    """
    demand = problem.demand.astype(np.float64)
    if rule == "sales":
        return demand
    hidden = hidden_weeks(problem)
    random = np.random.default_rng(8 if rule == "other draws" else 7)
    filled = demand.copy()
    for series in np.flatnonzero(hidden.any(axis=1)):
        weeks = np.flatnonzero(hidden[series])
        shown = np.flatnonzero(~hidden[series] & (np.arange(len(demand[series])) >= 0))
        shown = shown[shown >= problem.first[series]]
        if len(shown):
            filled[series, weeks] = _drawn(demand[series], weeks, shown, random)
    more = 1.5 if rule == "half more" else 1.0
    return np.where(hidden, np.maximum(np.rint(more * filled), demand), demand)


def _drawn(sold: Array, weeks: Array, shown: Array, random: np.random.Generator) -> Array:
    """Sales of one of the nearest shown weeks, for each of `weeks`."""
    distance = np.abs(weeks[:, None] - shown)
    near = np.argsort(distance, axis=1, kind="stable")[:, :NEAREST]
    choice = random.integers(near.shape[1], size=len(weeks))
    return np.asarray(sold[shown[near[np.arange(len(weeks)), choice]]])
