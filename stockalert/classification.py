"""Which kind of item a series is: by revenue (ABC), by variability (XYZ), by demand pattern.

All functions take one figure per series and return one code per series; a code is the position
in `CLASSES`, `XYZ_CLASSES` or `PATTERNS`. Equal figures get equal codes, so neither the order of
the rows nor a tie decides anything.
"""

from __future__ import annotations

import numpy as np

from stockalert.arrays import FloatArray, IntArray, NumberArray

__all__ = ["CLASSES", "PATTERNS", "XYZ_CLASSES", "abc_codes", "pattern_codes", "xyz_codes"]

CLASSES = ("A", "B", "C")
XYZ_CLASSES = ("X", "Y", "Z")
PATTERNS = ("smooth", "erratic", "intermittent", "lumpy", "new", "dead")

ABC_SHARES = (0.80, 0.95)
XYZ_VARIATIONS = (0.5, 1.0)
INTERVAL_CUT = 1.32
VARIATION_CUT = 0.49


def abc_codes(revenue: NumberArray) -> IntArray:
    """Class A earns the first 80 % of revenue, B the next 15 %, C the rest.

    A series is placed by the share of revenue that strictly dearer series earn, so the best
    seller is always A. Unknown, zero and negative revenue is C.

    Parameters
    ----------
    revenue : shape (n_series,), currency

    Returns
    -------
    int8, shape (n_series,): positions in `CLASSES`

    Examples
    --------
    >>> abc_codes(np.array([10.0, 60.0, 20.0, 6.0, 4.0, 0.0])).tolist()
    [1, 0, 0, 1, 2, 2]
    """
    earned = np.clip(np.nan_to_num(np.asarray(revenue, dtype=np.float64)), 0.0, None)
    ascending = np.sort(earned)
    up_to = np.concatenate([[0.0], np.cumsum(ascending)])
    dearer = up_to[-1] - up_to[np.searchsorted(ascending, earned, side="right")]
    # A hair of tolerance: 0.8 of a sum of floats is rarely exactly 0.8.
    codes = np.searchsorted(np.array(ABC_SHARES) * up_to[-1] * (1 - 1e-9), dearer, side="right")
    return np.where(earned > 0, codes, 2).astype(np.int8)


def xyz_codes(coefficient_of_variation: NumberArray) -> IntArray:
    """Class X varies little (deviation ÷ mean of weekly demand ≤ 0.5), Y ≤ 1, Z more or unknown.

    Parameters
    ----------
    coefficient_of_variation : shape (n_series,), ratio; NaN = unknown

    Returns
    -------
    int8, shape (n_series,): positions in `XYZ_CLASSES`

    Examples
    --------
    >>> xyz_codes(np.array([0.2, 0.5, 0.9, 3.0, np.nan])).tolist()
    [0, 0, 1, 2, 2]
    """
    known = np.nan_to_num(np.asarray(coefficient_of_variation, dtype=np.float64), nan=np.inf)
    return np.searchsorted(XYZ_VARIATIONS, known, side="left").astype(np.int8)


def pattern_codes(
    interval: NumberArray,
    squared_variation: NumberArray,
    days_since_first: NumberArray,
    days_since_last: NumberArray,
    *,
    new_days: int = 56,
    dead_days: int = 182,
) -> IntArray:
    """Demand pattern after Syntetos, Boylan & Croston (2005), with new and dead items apart.

    Parameters
    ----------
    interval : shape (n_series,), periods
        ADI: average number of periods from one period with demand to the next.
    squared_variation : shape (n_series,), ratio
        CV²: squared coefficient of variation of demand in periods that have some; NaN (fewer
        than two such periods) = 0.
    days_since_first, days_since_last : shape (n_series,), days
        From the first (sale or launch) and the last sale to the cutoff; NaN or inf in
        `days_since_last` = never sold.
    new_days : a series younger than this is `new`, whatever it sold.
    dead_days : an older series without a sale for this long is `dead`.

    Returns
    -------
    int8, shape (n_series,): positions in `PATTERNS`

    Examples
    --------
    >>> codes = pattern_codes([1.0, 1.1, 4.0, 4.0, 1.0, 9.0], [0.1, 0.9, 0.1, 0.9, 0.1, 0.1],
    ...                       [400, 400, 400, 400, 20, 400], [0, 1, 9, 9, 0, 300])
    >>> [PATTERNS[code] for code in codes]
    ['smooth', 'erratic', 'intermittent', 'lumpy', 'new', 'dead']
    """
    rare = ~(_float64(interval) < INTERVAL_CUT)
    uneven = _float64(squared_variation) >= VARIATION_CUT
    quadrant = 2 * rare.astype(np.int8) + uneven.astype(np.int8)
    silent = ~(_float64(days_since_last) < dead_days)
    new = _float64(days_since_first) < new_days
    return np.where(new, 4, np.where(silent, 5, quadrant)).astype(np.int8)


def _float64(values: NumberArray) -> FloatArray:
    return np.asarray(values, dtype=np.float64)
