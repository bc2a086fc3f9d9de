"""How one week's demand goes with the next, beyond the level that both share.

A series is taken to run at an unknown level plus noise of its own each week. When the level
wanders, weeks ahead miss the recent average together: their correlation ρ is the share of the
variance that the common miss explains. In weeks as a unit, w weeks then have the variance
ρ · w² + (1 − ρ) · w, and any two intervals the correlation that follows from it
(Spearman–Brown's formula for lengthened tests).
"""

from __future__ import annotations

import numpy as np

from stockalert.arrays import BoolArray, FloatArray, NumberArray

__all__ = ["LARGEST_CORRELATION", "common_loading", "increment_correlation"]

LEVEL_WEEKS = 8
AHEAD_WEEKS = 4
LARGEST_MISS = 4.0
LARGEST_CORRELATION = 0.95
BLOCK_ROWS = 4096


def common_loading(correlation: float, width: NumberArray) -> FloatArray:
    """Loading of an interval's demand on the common factor.

    Two disjoint intervals are correlated by the product of their loadings.

    Parameters
    ----------
    correlation : ρ of two intervals of width 1
    width : lengths of intervals, in the same unit, ≥ 0

    Examples
    --------
    >>> common_loading(0.25, np.array([1.0, 9.0])).round(4).tolist()
    [0.5, 0.866]
    """
    common = correlation * np.asarray(width, np.float64)
    return np.asarray(np.sqrt(common / (common + 1 - correlation)))


def increment_correlation(units: NumberArray, visible: BoolArray) -> float:
    """Learn ρ, the correlation of demand in two of the four weeks ahead, given the last eight.

    Of every week t, the misses of weeks t+1 … t+4 are taken against the mean of weeks t−7 … t, in
    deviations of the series' own demand, cut at 4. ρ is the mean product of two misses of one t
    over the mean square, after what the sampling error of an eight-week mean adds to both is
    taken out: independent weeks have ρ = 0.

    Parameters
    ----------
    units : shape (n_series, n_weeks), units per week
    visible : shape (n_series, n_weeks)
        The series had begun and was in stock. A window of eight needs six visible weeks.

    Returns
    -------
    within 0 … 0.95; 0 where there are too few weeks to tell
    """
    if units.shape[1] < LEVEL_WEEKS + AHEAD_WEEKS:
        return 0.0
    sums = np.zeros(4)
    for start in range(0, len(units), BLOCK_ROWS):
        block = slice(start, start + BLOCK_ROWS)
        sums += _sums(np.asarray(units[block], np.float64), visible[block])
    products, squares, pairs, misses = sums
    if not pairs or not squares:
        return 0.0
    together, alone = products / pairs, squares / misses
    sampling = max(alone - together, 0.0) / LEVEL_WEEKS
    if alone <= sampling:
        return 0.0
    return float(np.clip((together - sampling) / (alone - sampling), 0.0, LARGEST_CORRELATION))


def _sums(units: FloatArray, visible: BoolArray) -> FloatArray:
    """Sums of products and squares of misses, and how many of either."""
    seen = np.where(visible, units, 0.0)
    count = visible.sum(axis=1, keepdims=True)
    mean = seen.sum(axis=1, keepdims=True) / np.maximum(count, 1)
    spread = np.sqrt(
        (np.where(visible, units - mean, 0.0) ** 2).sum(axis=1, keepdims=True)
        / np.maximum(count - 1, 1)
    )
    known, total = _window(visible * 1.0), _window(seen)
    level = np.where(known >= 0.75 * LEVEL_WEEKS, total / np.maximum(known, 1.0), np.nan)
    n_origins = units.shape[1] - LEVEL_WEEKS - AHEAD_WEEKS + 1
    misses = np.full((AHEAD_WEEKS, len(units), n_origins), np.nan)
    for ahead in range(AHEAD_WEEKS):
        week = slice(LEVEL_WEEKS + ahead, LEVEL_WEEKS + ahead + n_origins)
        miss = np.where(visible[:, week], units[:, week] - level[:, :n_origins], np.nan)
        usable = np.broadcast_to(spread > 0, miss.shape)
        np.divide(miss, spread, out=misses[ahead], where=usable)
    usable = np.isfinite(misses)
    cut = np.where(usable, np.clip(misses, -LARGEST_MISS, LARGEST_MISS), 0.0)
    # Of all pairs at once: (sum)² = squares + 2 · products.
    squares, n = (cut**2).sum(axis=0), usable.sum(axis=0)
    products = (cut.sum(axis=0) ** 2 - squares) / 2
    return np.array([products.sum(), squares.sum(), (n * (n - 1) / 2).sum(), n.sum()])


def _window(values: FloatArray) -> FloatArray:
    """Sums of eight neighbouring weeks; column t sums weeks t … t+7."""
    up_to = np.cumsum(np.pad(values, ((0, 0), (1, 0))), axis=1)
    return np.asarray(up_to[:, LEVEL_WEEKS:] - up_to[:, :-LEVEL_WEEKS])
