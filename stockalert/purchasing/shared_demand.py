"""How far the items of a shop sell well and badly together.

A total over many items is as uncertain as its parts only in so far as they miss together. Of every
fourth week the demand of the four weeks after it is taken against four times the mean of the eight
weeks before. With Mᵢ the misses of item i and σᵢ their deviation, all pairs having one correlation
ρ means Var(Σ Mᵢ) = Σ σᵢ² + ρ · ((Σ σᵢ)² − Σ σᵢ²), which is solved for ρ. What moves all items in a
way the forecast knows (a season) counts as a common miss here, so ρ errs on the side of caution.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from stockalert.arrays import BoolArray, FloatArray, IntArray, NumberArray

__all__ = ["reordered_together", "shared_correlation"]

LEVEL_WEEKS = 8
AHEAD_WEEKS = 4
FEWEST_MISSES = 5
LARGEST = 0.95
BLOCK_ROWS = 4096
GOLDEN = 0x9E3779B97F4A7C15


def shared_correlation(units: NumberArray, visible: BoolArray) -> float:
    """Learn ρ, the correlation of two items' demand in four weeks, given the last eight.

    Parameters
    ----------
    units : shape (n_series, n_weeks), units per week
    visible : shape (n_series, n_weeks), the item was in stock; others' weeks count as missing

    Returns
    -------
    within 0 … 0.95; 0.5 where there are too few weeks or items to tell
    """
    ends = np.arange(units.shape[1] - AHEAD_WEEKS, LEVEL_WEEKS - 1, -AHEAD_WEEKS)
    known = visible.all(axis=1) if visible.size else np.zeros(0, bool)
    if len(ends) < FEWEST_MISSES or known.sum() < 2:
        return 0.5
    apart, deviations, total = 0.0, 0.0, np.zeros(len(ends))
    rows = np.flatnonzero(known)
    for start in range(0, len(rows), BLOCK_ROWS):
        miss = _misses(np.asarray(units[rows[start : start + BLOCK_ROWS]], np.float64), ends)
        own = miss.var(axis=1)
        apart += float(own.sum())
        deviations += float(np.sqrt(own).sum())
        total += miss.sum(axis=0)
    together = deviations**2 - apart
    if together <= 0:
        return 0.5
    return float(np.clip((total.var() - apart) / together, 0.0, LARGEST))


def _misses(units: FloatArray, ends: IntArray) -> FloatArray:
    """Demand of the four weeks after each end against that of the eight before, (n, n_ends)."""
    weeks = np.cumsum(np.pad(units, ((0, 0), (1, 0))), axis=1)
    ahead = weeks[:, ends + AHEAD_WEEKS] - weeks[:, ends]
    return np.asarray(
        ahead - (weeks[:, ends] - weeks[:, ends - LEVEL_WEEKS]) * AHEAD_WEEKS / LEVEL_WEEKS
    )


def reordered_together(totals: FloatArray, correlation: float, *, rows: IntArray) -> IntArray:
    """Order of each item's scenarios in which the items' totals are correlated.

    Each item keeps its scenarios; they are dealt out so that the ranks of their totals follow
    √ρ · common + √(1 − ρ) · own (Iman & Conover, 1982, with a common factor). The own part depends
    on the row's number alone, not on which rows are asked for together.

    Parameters
    ----------
    totals : shape (n, n_scenarios), units
    rows : shape (n,), number of each row in the whole table

    Returns
    -------
    shape (n, n_scenarios), the scenario of each item that goes with scenario 0, 1, …

    Examples
    --------
    Two items that always go together sell most in the same scenario:

    >>> totals = np.array([[3.0, 1.0, 2.0], [10.0, 20.0, 30.0]])
    >>> order = reordered_together(totals, 1.0, rows=np.arange(2))
    >>> np.take_along_axis(totals, order, axis=1).argmax(axis=1).tolist()
    [1, 1]
    """
    n_scenarios = totals.shape[1]
    common = np.random.default_rng(20260331).standard_normal(n_scenarios)
    own = _own_normals(rows, n_scenarios)
    score = np.sqrt(correlation) * common + np.sqrt(1 - correlation) * own
    place = np.argsort(np.argsort(score, axis=1), axis=1)
    return np.take_along_axis(np.argsort(totals, axis=1, kind="stable"), place, axis=1)


def _own_normals(rows: IntArray, n_scenarios: int) -> FloatArray:
    """Standard normals that depend on the row's number alone, shape (n, n_scenarios).

    A counter through SplitMix64's finaliser (Steele, Lea & Flood, 2014).
    """
    counter = rows[:, None] * n_scenarios + np.arange(1, n_scenarios + 1)
    bits = counter.astype(np.uint64) * np.uint64(GOLDEN)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    bits = bits ^ (bits >> np.uint64(31))
    return np.asarray(ndtri(((bits >> np.uint64(11)).astype(np.float64) + 0.5) / 2.0**53))
