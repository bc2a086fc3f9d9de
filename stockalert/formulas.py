"""The textbook reorder points, published beside ours so that everyone can compare."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from stockalert.arrays import BoolArray, FloatArray, NumberArray
from stockalert.quantiles import MAX_LEVEL

__all__ = ["formula_reorder_point", "formula_window", "moments", "static_reorder_point"]


def formula_window(period_days: int) -> int:
    """Periods that mean and deviation look back: 180 days, or 26 weeks."""
    return 180 if period_days == 1 else 26


def moments(units: NumberArray, visible: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Mean and sample deviation per period of demand, visible periods only.

    Parameters
    ----------
    units : shape (n_series, n_periods), units
        The last 180 days, or 26 weeks.
    visible : shape (n_series, n_periods)
        The series had begun and was in stock.

    Returns
    -------
    two arrays of shape (n_series,), units per period; 0 where there is too little to tell

    Examples
    --------
    >>> moments(np.array([[1.0, 3.0, 99.0]]), np.array([[True, True, False]]))
    (array([2.]), array([1.41421356]))
    """
    count = visible.sum(axis=1)
    seen = np.where(visible, units, 0.0).astype(np.float64)
    mean = seen.sum(axis=1) / np.maximum(count, 1)
    squares = np.where(visible, seen - mean[:, None], 0.0) ** 2
    return mean, np.sqrt(squares.sum(axis=1) / np.maximum(count - 1, 1))


def static_reorder_point(mean: NumberArray, periods: NumberArray) -> FloatArray:
    """Mean demand × protection interval: no safety stock.

    Parameters
    ----------
    mean : shape (n,), units per period
    periods : shape (n,), protection interval in periods

    Examples
    --------
    >>> static_reorder_point(np.array([10.0]), np.array([5.0])).tolist()
    [50.0]
    """
    return np.asarray(np.asarray(mean, np.float64) * periods)


def formula_reorder_point(
    mean: NumberArray, sd: NumberArray, periods: NumberArray, level: NumberArray | float
) -> FloatArray:
    """Normal demand: mean × P + z(level) × deviation × √P, never below 0.

    Parameters
    ----------
    mean, sd : shape (n,), units per period
    periods : shape (n,), protection interval P in periods
    level : share, a number or shape (n,); above `MAX_LEVEL` it counts as that

    Examples
    --------
    >>> formula_reorder_point([100.0], [20.0], [1.0], 0.95).round(1).tolist()
    [132.9]
    """
    z = ndtri(np.minimum(np.asarray(level, np.float64), MAX_LEVEL))
    spread = z * np.asarray(sd, np.float64) * np.sqrt(np.asarray(periods, np.float64))
    return np.clip(static_reorder_point(mean, periods) + spread, 0.0, None)
