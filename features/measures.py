"""What is counted per series and period, each figure placed in the period that made it known."""

from __future__ import annotations

import numpy as np

from features.censoring import visible
from features.facts import Facts
from features.known_ahead import PromotionDays
from features.order_days import ORDER_MEASURES
from features.panel import Panel
from features.ratios import ratio
from stockalert.arrays import BoolArray, FloatArray

__all__ = ["measures", "running_totals"]

ORDINARY_DAYS = 182


def measures(panel: Panel, facts: Facts) -> dict[str, FloatArray]:
    """Countable figures of a panel, each float64 of shape (n_series, n_periods).

    units, share : demand seen and the share of the period that it was seen in (censoring.py)
    squares : units² ÷ share, for deviations
    orders : 1 in a visible period with demand
    stocked : share in stock, before masking
    price, priced : last price known, and 1 where there is one
    promo_units, views, carts, searches, browsed : as measured; browsed = 1 where there is a feed
    order_count, known_orders, … : of order lines (order_days.py), in visible periods
    promoted, promoted_units : visible share under promotion, and what sold in it
    promoted_with_base, promoted_base : where the series' ordinary rate was known, what sold under
    promotion and what that rate would have sold
    """
    units, share = visible(panel.units, panel.observed)
    figures = {
        "units": units,
        "share": share,
        "squares": np.nan_to_num(ratio(units**2, share)),
        "orders": (units > 0).astype(np.float64),
        "stocked": panel.observed.astype(np.float64),
    }
    if panel.price is not None:
        figures["price"] = np.nan_to_num(panel.price.astype(np.float64))
        figures["priced"] = (~np.isnan(panel.price)).astype(np.float64)
    for name in ("promo_units", "views", "carts", "searches"):
        measured: FloatArray | None = getattr(panel, name)
        if measured is not None:
            figures[name] = np.nan_to_num(measured.astype(np.float64))
    if panel.views is not None:
        figures["browsed"] = (~np.isnan(panel.views)).astype(np.float64)
    if facts.orders is not None:
        for name in ORDER_MEASURES:
            ordered = np.where(share > 0, facts.orders.dense(name, units.shape), 0.0)
            figures["order_count" if name == "orders" else name] = ordered
    if facts.promotions is not None:
        ordinary = panel.periods_in(ORDINARY_DAYS)
        figures |= _promoted(units, share, facts.promotions, ordinary)
    return figures


def running_totals(figures: FloatArray) -> FloatArray:
    """Sum along periods; column p holds the total of the p periods before period p.

    Examples
    --------
    >>> running_totals(np.array([[1.0, 0.0, 2.0]])).tolist()
    [[0.0, 1.0, 1.0, 3.0]]
    """
    out = np.zeros((figures.shape[0], figures.shape[1] + 1))
    np.cumsum(figures, axis=1, out=out[:, 1:])
    return out


def _promoted(
    units: FloatArray, share: FloatArray, promotions: PromotionDays, span: int
) -> dict[str, FloatArray]:
    """A promotion told of only later is counted when it was told."""
    n_periods = units.shape[1]
    past = (promotions.period >= 0) & (promotions.period < n_periods)
    past &= np.maximum(promotions.period, promotions.known) < n_periods
    past[past] = _first_told(promotions.take(past))
    days = promotions.take(past)
    at, told = (days.series, days.period), (days.series, np.maximum(days.period, days.known))
    figures: dict[str, FloatArray] = {
        name: np.zeros(units.shape) for name in ("promoted", "promoted_units")
    }
    np.add.at(figures["promoted"], told, share[at] * days.share)
    np.add.at(figures["promoted_units"], told, units[at] * days.share)
    ordinary = _ordinary_rate(units - figures["promoted_units"], share - figures["promoted"], span)
    figures["promoted_base"] = np.zeros(units.shape)
    np.add.at(figures["promoted_base"], told, ordinary[at] * share[at] * days.share)
    # Both sides of an uplift count the same days: those whose ordinary rate is known.
    figures["promoted_with_base"] = np.zeros(units.shape)
    np.add.at(
        figures["promoted_with_base"], told, np.where(ordinary[at] > 0, units[at] * days.share, 0.0)
    )
    return figures


def _first_told(days: PromotionDays) -> BoolArray:
    """Of several promotions of one series and period, the one known first (they are sorted)."""
    first = np.ones(len(days), dtype=np.bool_)
    first[1:] = (np.diff(days.series) != 0) | (np.diff(days.period) != 0)
    return first


def _ordinary_rate(units: FloatArray, share: FloatArray, span: int) -> FloatArray:
    """Rate without promotions over the `span` periods before each period; 0 where unknown."""
    rate = []
    for total in (running_totals(units), running_totals(share)):
        lagged = np.pad(total, ((0, 0), (span, 0)))[:, : total.shape[1]]
        rate.append((total - lagged)[:, :-1])
    return np.nan_to_num(ratio(np.maximum(rate[0], 0.0), rate[1]))
