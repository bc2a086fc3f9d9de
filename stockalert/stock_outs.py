"""Why shelves were empty: every stock-out gets the first cause of a fixed list that holds.

What a stock-out that begins on day d could be prevented by is the last night whose order would have
been sellable by then: `protection_days` before d, its *decision*. In this order:

no_threshold      no night was published by then
data_stale        the last one was older than the settings allow
order_late        an order due before d had not come
supplier_short    an order that came since the decision brought less than was ordered
threshold_held    the decision's order was held back: budget, maximum stock, a guard, by hand
order_not_placed  an order was due at the decision, and none was placed within its review time
demand            more was sold since the decision than its reorder point
unexplained       none of these: stock that was not there, deliveries to others

What people can change comes before chance: demand beyond the reorder point is what a service level
below one accepts. The flags of all causes are kept beside the first.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from stockalert.arrays import BoolArray, DateArray, FloatArray, IntArray

__all__ = ["CAUSES", "Decisions", "stock_outs", "with_causes"]

CAUSES = (
    "no_threshold",
    "data_stale",
    "order_late",
    "supplier_short",
    "threshold_held",
    "order_not_placed",
    "demand",
    "unexplained",
)
SHORT = 0.99
"""Share of what was ordered below which a receipt is short."""


@dataclass(frozen=True)
class Decisions:
    """What past nights decided for each series.

    Attributes
    ----------
    as_of : datetime64[D], shape (n_nights,), ascending
    reorder_point, order_quantity : shape (n_nights, n_series), units; NaN = no row
    protection_days, lead_time_days, review_days : same shape, days
    held : same shape, whether something kept an order or a threshold back
    """

    as_of: DateArray
    reorder_point: FloatArray
    order_quantity: FloatArray
    protection_days: FloatArray
    lead_time_days: FloatArray
    review_days: FloatArray
    held: BoolArray


def stock_outs(out_of_stock: BoolArray, begins: int) -> pd.DataFrame:
    """Find every stretch out of stock that begins at period `begins` or later.

    Returns
    -------
    series, start (period), periods (length), ended

    Examples
    --------
    >>> stock_outs(np.array([[True, False, True, True, False, True]]), 1).to_numpy().tolist()
    [[0, 2, 2, True], [0, 5, 1, False]]
    """
    n_periods = out_of_stock.shape[1]
    padded = np.pad(out_of_stock, ((0, 0), (1, 1))).astype(np.int8)
    change = np.diff(padded, axis=1)
    series, start = np.nonzero(change == 1)
    _, end = np.nonzero(change == -1)
    found = pd.DataFrame(
        {"series": series, "start": start, "periods": end - start, "ended": end < n_periods}
    )
    return found[found["start"] >= max(begins, 1)].reset_index(drop=True)


def with_causes(
    episodes: pd.DataFrame,
    decisions: Decisions,
    orders: pd.DataFrame,
    sold: FloatArray,
    *,
    periods: DateArray,
    max_stale_days: int,
) -> pd.DataFrame:
    """Add the decision of each stock-out, a flag per cause, and the first that holds.

    Parameters
    ----------
    episodes : what `stock_outs` returns
    orders : series, ordered_at, expected_at, received_at, units_ordered, units_received; one row
        per line that was not cancelled
    sold : shape (n_series, n_periods), units
    periods : shape (n_periods,), first day of each period

    Returns
    -------
    episodes with day, decided_on, reorder_point, sold_since, one column per cause, and cause
    """
    series, start = (episodes[name].to_numpy(np.int64) for name in ("series", "start"))
    day = periods[start]
    night, protection = _decision(series, day, decisions)
    decided = night >= 0
    at = np.maximum(night, 0), series
    decided_on = np.where(decided, decisions.as_of[at[0]], np.datetime64("NaT"))
    point = np.where(decided, decisions.reorder_point[at], np.nan)
    sold_since = np.where(decided, _sold(sold, series, decided_on, start, periods), np.nan)
    told = episodes.assign(
        day=day, decided_on=decided_on, reorder_point=point, sold_since=sold_since
    )
    lead, review = decisions.lead_time_days[at], decisions.review_days[at]
    flags = _of_orders(told, orders, np.where(decided, lead, np.nan), review)
    due = decided & (decisions.order_quantity[at] > 0)
    stale = (day - decided_on).astype(np.float64) - np.ceil(protection) > max_stale_days
    flags |= {
        "no_threshold": ~decided,
        "data_stale": decided & stale,
        "threshold_held": decided & decisions.held[at],
        "order_not_placed": due & ~flags.pop("placed"),
        "demand": decided & (sold_since > point),
    }
    known = np.stack([flags[name] for name in CAUSES[:-1]], axis=1)
    first = np.where(known.any(axis=1), known.argmax(axis=1), len(CAUSES) - 1)
    names = {name: flags[name] for name in CAUSES[:-1]}
    return told.assign(**names, cause=np.array(CAUSES)[first])


def _decision(series: IntArray, day: DateArray, past: Decisions) -> tuple[IntArray, FloatArray]:
    """Night that could still prevent each stock-out, −1 = none, and its protection interval."""
    last = np.searchsorted(past.as_of, day, side="left") - 1
    protection = past.protection_days[np.maximum(last, 0), series]
    known = (last >= 0) & np.isfinite(protection)
    whole = np.where(known, np.ceil(protection), 0).astype("timedelta64[D]")
    night = np.searchsorted(past.as_of, day - whole, side="right") - 1
    there = np.isfinite(past.reorder_point[np.maximum(night, 0), series])
    return np.where(known & there, night, -1), np.where(known, protection, 0.0)


def _sold(
    sold: FloatArray, series: IntArray, decided_on: DateArray, start: IntArray, periods: DateArray
) -> FloatArray:
    """Units sold after the decision and up to the period that the stock-out begins in."""
    running = np.cumsum(np.pad(sold.astype(np.float64), ((0, 0), (1, 0))), axis=1)
    first = np.searchsorted(periods, decided_on, side="right")
    return running[series, start + 1] - running[series, np.minimum(first, start + 1)]


def _of_orders(
    episodes: pd.DataFrame, orders: pd.DataFrame, lead_days: FloatArray, review_days: FloatArray
) -> dict[str, BoolArray]:
    """Whether an order was late, came short, or was placed in time for each stock-out."""
    asked = episodes[["series", "day", "decided_on"]].assign(lead=lead_days, review=review_days)
    both = asked.reset_index(names="episode").merge(orders, on="series")
    usual = both["ordered_at"] + pd.to_timedelta(np.ceil(both["lead"].fillna(0)), unit="D")
    promised = both["expected_at"].fillna(usual.where(both["lead"].notna()))
    since, came = both["decided_on"], both["received_at"]
    reviewed = since + pd.to_timedelta(np.ceil(both["review"].fillna(0)) + 1, unit="D")
    tests = {
        "order_late": (promised < both["day"]) & ~(came < both["day"]),
        "supplier_short": (came > since)
        & (came <= both["day"])
        & (both["units_received"] < SHORT * both["units_ordered"]),
        "placed": (both["ordered_at"] > since) & (both["ordered_at"] <= reviewed),
    }
    flags = {}
    for name, holds in tests.items():
        flags[name] = np.zeros(len(episodes), dtype=bool)
        flags[name][both.loc[holds.to_numpy(bool), "episode"]] = True
    return flags
