"""Demand is not sales: what was seen of it, and which periods say nothing.

A period out of stock for more than half of its opening hours is masked: neither its sales nor its
zero is evidence of a rate. Of the others, sales count in full and the share in stock is the
exposure, so a rate is always Σ units ÷ Σ share. A period in which the whole location was closed
is a true zero and is never masked.
"""

from __future__ import annotations

import numpy as np

from stockalert.arrays import BoolArray, FloatArray, IntArray

__all__ = ["LEAST_SHARE", "closed_periods", "visible"]

LEAST_SHARE = 0.5
SELLERS_WHEN_OPEN = 5.0
CLOSED_LOOK_BACK = 28


def visible(units: FloatArray, observed: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Keep the periods mostly in stock.

    Parameters
    ----------
    units : shape (n_series, n_periods), units sold
    observed : same shape, share of the period in stock

    Returns
    -------
    units, share : float64, same shape; both 0 where the period is masked

    Examples
    --------
    >>> units, share = visible(np.array([[4.0, 1.0, 0.0]]), np.array([[1.0, 0.2, 0.5]]))
    >>> units.tolist(), share.tolist()
    ([[4.0, 0.0, 0.0]], [[1.0, 0.0, 0.5]])
    """
    seen = observed >= LEAST_SHARE
    return (
        np.where(seen, units, 0.0).astype(np.float64),
        np.where(seen, observed, 0.0).astype(np.float64),
    )


def closed_periods(units: FloatArray, location: IntArray) -> BoolArray:
    """Find periods in which a whole location was closed.

    Nothing at all sold there, where at least five series a period did over the last 28 periods
    (five independent series that all happen to sell nothing: below one in a hundred).

    Parameters
    ----------
    units : shape (n_series, n_periods)
    location : shape (n_series,), code of the series' location

    Returns
    -------
    shape (n_locations, n_periods)
    """
    sellers = np.zeros((int(location.max(initial=-1)) + 1, units.shape[1]))
    np.add.at(sellers, location, units > 0)
    running = np.cumsum(np.pad(sellers, ((0, 0), (CLOSED_LOOK_BACK + 1, 0))), axis=1)
    before = running[:, CLOSED_LOOK_BACK:-1] - running[:, : -CLOSED_LOOK_BACK - 1]
    closed: BoolArray = (sellers == 0) & (before >= SELLERS_WHEN_OPEN * CLOSED_LOOK_BACK)
    return closed
