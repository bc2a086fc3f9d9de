"""What ordering must obey: lots, review calendars, shelf life."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stockalert.arrays import BoolArray, FloatArray, IntArray, NumberArray
from stockalert.policy import LotRules
from stockalert.simulation.door import check

__all__ = ["OrderRules", "lot_rules", "review_every"]


@dataclass(frozen=True)
class OrderRules:
    """What ordering must obey; None = no such rule.

    Attributes
    ----------
    lots : MOQ, case packs, limits; none = whole units and nothing else
    review : shape (n_series, n_periods) or (1, n_periods)
        Whether an order may be placed in the night before the period; none = every night.
    shelf_life : shape (n_series,) or one number, periods from arrival to write-off; inf = none
    """

    lots: LotRules | None = None
    review: BoolArray | None = None
    shelf_life: NumberArray | float | None = None


def lot_rules(
    n_series: int,
    *,
    moq: NumberArray | float = np.nan,
    case_pack: NumberArray | float = np.nan,
    max_stock: NumberArray | float = np.nan,
    sellable: NumberArray | float = np.nan,
    whole: BoolArray | bool = True,
) -> LotRules:
    """Lot rules of `n_series` series, each one number for all or shape (n_series,), units.

    Examples
    --------
    >>> lot_rules(2, moq=12).moq.tolist()
    [12.0, 12.0]
    """

    def each(limit: NumberArray | float) -> FloatArray:
        return np.broadcast_to(np.asarray(limit, np.float64), n_series)

    return LotRules(
        moq=each(moq),
        case_pack=each(case_pack),
        max_stock=each(max_stock),
        sellable=each(sellable),
        whole=np.broadcast_to(np.asarray(whole, np.bool_), n_series),
    )


def review_every(every: IntArray | int, n_periods: int, *, first: IntArray | int = 0) -> BoolArray:
    """Calendar of nights at which each series may order: `first`, then each `every` periods.

    Parameters
    ----------
    every, first : one number or shape (n_series,), periods

    Returns
    -------
    shape (n_series, n_periods)

    Examples
    --------
    >>> review_every(2, 5, first=1).astype(int).tolist()
    [[0, 1, 0, 1, 0]]
    """
    every, first = np.atleast_1d(every)[:, None], np.atleast_1d(first)[:, None]
    check("every", every, "periods ≥ 1", lambda x: x >= 1)
    since = np.arange(n_periods) - first
    return np.asarray((since >= 0) & (since % every == 0))
