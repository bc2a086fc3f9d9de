"""Groups in which coverage is checked: share of revenue (ABC) × demand pattern."""

from __future__ import annotations

import numpy as np

from benchmarks.forecast.problem import Array, Problem

__all__ = ["abc_class", "demand_pattern", "series_group"]

_INTERVAL, _VARIATION = 1.32, 0.49  # Syntetos, Boylan & Croston (2005)


def series_group(problem: Problem) -> Array:
    """Name each series' group, such as "A lumpy", judged at the first cutoff; shape (n_series,)."""
    known = slice(0, problem.cutoffs[0] + 1)
    demand = problem.demand[:, known].astype(np.float64)
    revenue = demand.sum(axis=1) * problem.unit_value
    pattern = demand_pattern(demand, problem.first)
    return np.char.add(np.char.add(abc_class(revenue), " "), pattern)


def abc_class(revenue: Array) -> Array:
    """A: the series that earn the first 80 % of revenue, B: the next 15 %, C: the rest.

    Examples
    --------
    >>> abc_class(np.array([15.0, 80.0, 5.0]))
    array(['B', 'A', 'C'], dtype='<U1')
    """
    order = np.argsort(-revenue, kind="stable")
    before = np.cumsum(revenue[order]) - revenue[order]
    classes = np.empty(len(revenue), dtype="<U1")
    classes[order] = np.array(["A", "B", "C"])[np.digitize(before / revenue.sum(), [0.8, 0.95])]
    return classes


def demand_pattern(demand: Array, first: Array) -> Array:
    """Class each series by its mean interval between sales and the variation of their size.

    Examples
    --------
    >>> demand_pattern(np.array([[5.0, 5, 6, 5], [1, 0, 0, 30]]), np.array([0, 0]))
    array(['smooth', 'lumpy'], dtype='<U12')
    """
    sold = np.maximum((demand > 0).sum(axis=1), 1)
    interval = (demand.shape[1] - first) / sold
    mean = demand.sum(axis=1) / sold
    square = (demand**2).sum(axis=1) / sold
    variation = square / np.maximum(mean, 1e-9) ** 2 - 1
    names = np.array([["smooth", "erratic"], ["intermittent", "lumpy"]])
    return names[(interval >= _INTERVAL).astype(int), (variation >= _VARIATION).astype(int)]
