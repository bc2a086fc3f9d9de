"""Quantiles of a demand that comes in whole units."""

from __future__ import annotations

import numpy as np

from stockalert.arrays import BoolArray, FloatArray

__all__ = ["NEAR", "in_whole_units"]

NEAR = 0.3
"""Units from a whole number that a quantile counts as that number: decision record 7."""


def in_whole_units(values: FloatArray, whole: BoolArray | None) -> FloatArray:
    """Put quantiles that lie `NEAR` a whole number of units on it, where demand is counted.

    As a number 2.1 lies above the outcome 2, as a stock it serves no demand that 2 does not. The
    order of quantiles stays, and what lies further from a whole number says how sure it is. It is
    for telling and stocking: a mean or a shortage needs the curve as it was forecast.

    Parameters
    ----------
    values : shape (n, …), units
    whole : shape (n,), sold in whole units so far; None = unknown, nothing is moved

    Examples
    --------
    >>> values = np.array([[0.1, 1.5, 2.81], [0.1, 1.5, 2.81]])
    >>> in_whole_units(values, np.array([True, False])).tolist()
    [[0.0, 1.5, 3.0], [0.1, 1.5, 2.81]]
    """
    if whole is None:
        return values
    nearest = np.rint(values)
    counted = whole.reshape(-1, *(1,) * (values.ndim - 1))
    near = counted & (np.abs(values - nearest) <= NEAR)
    return np.where(near, nearest, values)
