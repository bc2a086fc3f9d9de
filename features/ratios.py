"""Division that knows when there is nothing to divide by."""

from __future__ import annotations

import numpy as np

from stockalert.arrays import FloatArray, NumberArray

__all__ = ["ratio"]


def ratio(numerator: NumberArray, denominator: NumberArray) -> FloatArray:
    """Divide; NaN (unknown) where the denominator is not positive.

    Examples
    --------
    >>> ratio(np.array([6.0, 1.0]), np.array([3.0, 0.0])).tolist()
    [2.0, nan]
    """
    top, bottom = np.broadcast_arrays(
        np.asarray(numerator, dtype=np.float64), np.asarray(denominator, dtype=np.float64)
    )
    quotient: FloatArray = np.full(top.shape, np.nan)
    np.divide(top, bottom, out=quotient, where=bottom > 0)
    return quotient
