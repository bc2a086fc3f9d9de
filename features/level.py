"""The level that targets and features are divided by.

Demand of a slow series says little in a month and demand of a young one little at all, so each
rate is shrunk to the one over a longer span, and the longest to the series' group: a
Gamma-Poisson estimate whose prior weighs as much as a stated number of orders.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from features.ratios import ratio
from stockalert.arrays import FloatArray

if TYPE_CHECKING:
    from features.history import History

__all__ = ["shrunk_rate", "typical_level"]

YEAR_DAYS = 364
SPANS_DAYS = (91, 28)
ORDERS_OF_GROUP = 0.5
ORDERS_OF_LONGER_SPAN = 4.0


def shrunk_rate(
    units: FloatArray, share: FloatArray, *, prior: FloatArray, size: FloatArray, orders: float
) -> FloatArray:
    """Rate after `units` in `share` periods, where `orders` orders at rate `prior` came before.

    Parameters
    ----------
    units, share : shape (n_series,)
    prior : units per period, > 0
    size : units per order, > 0

    Examples
    --------
    Nothing seen yet gives the prior; ten units in ten periods outweigh one order of one unit.

    >>> prior, size = np.array([0.5, 0.5]), np.array([1.0, 1.0])
    >>> shrunk_rate(np.array([0.0, 10.0]), np.array([0.0, 10.0]), prior=prior, size=size,
    ...             orders=1.0).round(3).tolist()
    [0.5, 0.917]
    """
    rate: FloatArray = (units + orders * size) / (share + orders * size / prior)
    return rate


def typical_level(history: History) -> FloatArray:
    """Level of each series, units per period, always > 0, from the past alone.

    The mean of three rates: the last year's, shrunk to the group's by half an order; the last
    quarter's and the last month's, each shrunk to the longer one by four orders.

    Returns
    -------
    float64, shape (n_series,)
    """
    group_rate, group_size = _group_prior(history)
    units, share = history.total("units", YEAR_DAYS), history.total("share", YEAR_DAYS)
    size = ratio(units, history.total("orders", YEAR_DAYS))
    size = np.where(size > 0, size, group_size)
    rates = [shrunk_rate(units, share, prior=group_rate, size=size, orders=ORDERS_OF_GROUP)]
    for days in SPANS_DAYS:
        units, share = history.total("units", days), history.total("share", days)
        rates.append(
            shrunk_rate(units, share, prior=rates[-1], size=size, orders=ORDERS_OF_LONGER_SPAN)
        )
    level: FloatArray = np.mean(rates, axis=0)
    return level


def _group_prior(history: History) -> tuple[FloatArray, FloatArray]:
    """Rate and order size of a typical member: of the category, else of the shop."""
    n = history.n_series
    rate, size = np.full(n, np.nan), np.full(n, np.nan)
    begin = max(history.cutoff + 1 - history.panel.periods_in(YEAR_DAYS), 0)
    for name in ("category", "shop"):
        if name not in history.groups:
            continue
        units, share, orders = (
            history.groups[name].total(measure, begin, history.cutoff + 1)
            for measure in ("units", "share", "orders")
        )
        unknown = ~(rate > 0)
        rate[unknown] = ratio(units, share)[unknown]
        size[unknown] = ratio(units, orders)[unknown]
    one_a_year = 1.0 / history.panel.periods_in(YEAR_DAYS)
    return np.where(rate > 0, rate, one_a_year), np.where(size > 0, size, 1.0)
