"""Demand is not sales: what was seen of it, and which periods say nothing.

A period that met less than half of its demand is masked: neither its sales nor its zero is evidence
of a rate. Of the others, sales count in full and the share met is the exposure, so a rate is always
Σ units ÷ Σ share. Demand met is taken to keep step with time in stock; selling_curve.py learns
better, and docs/decisions/0017-un-censoring.md says why tables are not read with it yet. A period
in which the whole location was closed is a true zero and is never masked.
"""

from __future__ import annotations

import numpy as np

from stockalert.arrays import BoolArray, FloatArray, IntArray

__all__ = [
    "LEAST_SHARE",
    "closed_by_sellers",
    "closed_periods",
    "sellers_at",
    "unmet",
    "visible",
]

LEAST_SHARE = 0.5
SELLERS_WHEN_OPEN = 5.0
CLOSED_LOOK_BACK = 28


def visible(
    units: FloatArray, observed: FloatArray, *, least: float = LEAST_SHARE
) -> tuple[FloatArray, FloatArray]:
    """Keep the periods that met enough of their demand.

    Parameters
    ----------
    units : shape (n_series, n_periods), units sold
    observed : same shape, share of the period's demand met
    least : below it a period is masked

    Returns
    -------
    units, share : float64, same shape; both 0 where the period is masked

    Examples
    --------
    >>> units, share = visible(np.array([[4.0, 1.0, 0.0]]), np.array([[1.0, 0.1, 0.5]]))
    >>> units.tolist(), share.tolist()
    ([[4.0, 0.0, 0.0]], [[1.0, 0.0, 0.5]])
    """
    seen = observed >= least
    return (
        np.where(seen, units, 0.0).astype(np.float64),
        np.where(seen, observed, 0.0).astype(np.float64),
    )


def unmet(
    units: FloatArray, share: FloatArray, *, level: FloatArray, prior_units: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Demand of each period that found the shelf empty, in two parts.

    Given what sold in share F of it, a period's demand is gamma with mean
    (units + A) ÷ (F + A ÷ level); the share 1 − F of that was not met. Part of it follows from the
    period's own sales, the rest is a multiple of whatever rate is usual.

    Parameters
    ----------
    units, share : what `visible` returns
    level : same shape, units per period, > 0, that A is weighed against; inf = nothing known
    prior_units : shape (n_periods,), A

    Returns
    -------
    own : same shape, units
    usual : same shape, periods of the usual rate

    Examples
    --------
    Half a day sold 6 units; 2 units at the usual rate of 4 weigh as much as that half day.

    >>> own, usual = unmet(np.array([[6.0]]), np.array([[0.5]]), level=np.array([[4.0]]),
    ...                    prior_units=np.array([2.0]))
    >>> own.item() + usual.item() * 4.0
    4.0
    """
    weight = prior_units / level
    missing = np.divide(1.0 - share, share + weight, out=np.ones_like(share), where=share > 0)
    return missing * units, np.where(share > 0, missing * weight, 1.0)


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
    return closed_by_sellers(sellers_at(units, location, int(location.max(initial=-1)) + 1))


def sellers_at(units: FloatArray, location: IntArray, n_locations: int) -> FloatArray:
    """Count the series that sold anything, per location and period; (n_locations, n_periods)."""
    sellers = np.zeros((n_locations, units.shape[1]))
    np.add.at(sellers, location, units > 0)
    return sellers


def closed_by_sellers(sellers: FloatArray) -> BoolArray:
    """Find closed periods, as `closed_periods` does, from how many series sold at each location."""
    running = np.cumsum(np.pad(sellers, ((0, 0), (CLOSED_LOOK_BACK + 1, 0))), axis=1)
    before = running[:, CLOSED_LOOK_BACK:-1] - running[:, : -CLOSED_LOOK_BACK - 1]
    closed: BoolArray = (sellers == 0) & (before >= SELLERS_WHEN_OPEN * CLOSED_LOOK_BACK)
    return closed
