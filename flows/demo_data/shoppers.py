"""Generated shoppers' traces: the sales that stock-outs cut, page views, subscriptions."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

from stockalert.arrays import DateArray, FloatArray, IntArray

__all__ = ["Sold", "browse", "serve", "subscribe"]

_OPENS, _CLOSES = 7.0, 23.0
_LEAD = (0.40, 0.35, 0.25)  # share of a purchase's views on the same day, a day and two days before


class Sold(NamedTuple):
    """What the shelves let through.

    Attributes
    ----------
    units : int64, one per demand line: units served, from 0 to what was wanted
    in_stock_share : float64 (n, days), share of the opening hours with goods on the shelf
    """

    units: IntArray
    in_stock_share: FloatArray


def serve(lines: pd.DataFrame, opening: IntArray) -> Sold:
    """Serve each day's lines in order of time until the shelf is empty.

    A day that empties the shelf is in stock for 0.01 to 0.99 of it: from the opening at seven to
    the moment of the last unit, though single shops sell earlier and later.

    Parameters
    ----------
    lines : demand lines sorted by item and time (item, day, sold_at, units)
    opening : (n, days), units on the shelf in the morning
    """
    item, day = lines["item"].to_numpy(), lines["day"].to_numpy()
    units = lines["units"].to_numpy().astype(np.int64)
    total = np.cumsum(units)
    starts = np.r_[True, (np.diff(item) != 0) | (np.diff(day) != 0)]
    before = total - units - np.maximum.accumulate(np.where(starts, total - units, 0))
    available = opening[item, day]
    share = np.where(opening > 0, 1.0, 0.0)
    emptied = (before < available) & (before + units >= available)
    at = lines["sold_at"].dt
    hour = (at.hour + at.minute / 60).to_numpy()[emptied]
    share[item[emptied], day[emptied]] = np.clip((hour - _OPENS) / (_CLOSES - _OPENS), 0.01, 0.99)
    return Sold(np.clip(available - before, 0, units), share.round(3))


def browse(
    demand: IntArray,
    in_stock_share: FloatArray,
    daily: FloatArray,
    *,
    sku: pa.Array,
    days: DateArray,
    random: np.random.Generator,
) -> pa.Table:
    """Draw page views that follow the demand, stocked or not, and lead it by up to two days.

    Views are Poisson around a base of 1.5 times the usual daily demand plus 2 views for each unit
    wanted, blurred by a gamma factor (deviation 0.5). Carts need goods on the shelf.
    """
    usual = np.repeat(daily[:, None], len(_LEAD) - 1, axis=1)  # beyond the last day nobody knows
    ahead = np.concatenate([demand, usual], axis=1)
    led = sum(share * ahead[:, lag : lag + demand.shape[1]] for lag, share in enumerate(_LEAD))
    rate = (1.5 * daily[:, None] + 2.0 * led) * random.gamma(4.0, 0.25, demand.shape)
    views = random.poisson(rate)
    carts = random.binomial(views, 0.03 + 0.32 * in_stock_share)
    searches = random.poisson(0.3 * rate)
    again = random.binomial(np.maximum(views - 1, 0), 0.15)
    item, day = np.nonzero(views)
    return pa.table(
        {
            "sku": sku.take(pa.array(item)),
            "date": days[day],
            "views": views[item, day],
            "add_to_carts": carts[item, day],
            "searches": searches[item, day],
            "unique_visitors": (views - again)[item, day],
        }
    )


def subscribe(
    lines: pd.DataFrame, sku: pa.Array, days: DateArray, *, start: int, most: int = 150
) -> tuple[pa.Table, pd.Series]:
    """Give the steadiest buyers before day `start` a subscription from then on.

    A household that bought a product on ten or more days gets one at its own rhythm (mean gap in
    days) and size; it is cancelled where no purchase followed. Returns the contract's
    `subscriptions`, and for each demand line the subscription it belongs to (or null).
    """
    pairs = ["item", "customer_id"]
    bought = lines.groupby([*pairs, "day"], as_index=False)["units"].sum()
    past = bought[bought["day"] < start]
    steady = past.assign(gap=past.groupby(pairs)["day"].diff()).groupby(pairs)
    summary = steady.agg(visits=("day", "size"), gap=("gap", "mean"), sd=("gap", "std"))
    summary["units"] = steady["units"].median().round()
    summary = summary[(summary["visits"] >= 10) & (summary["gap"] >= 5)]
    summary["unsteady"] = (summary["sd"] / summary["gap"]).round(9)
    chosen = summary.sort_values(["unsteady", *pairs]).head(most).sort_index().reset_index()
    chosen["subscription_id"] = [f"SUB{number:04d}" for number in range(1, len(chosen) + 1)]
    later = lines.loc[lines["day"] >= start, [*pairs, "day"]].reset_index()
    later = later.merge(chosen[[*pairs, "subscription_id"]], on=pairs)
    owner = later.set_index("index")["subscription_id"].reindex(lines.index)
    last = later.groupby("subscription_id")["day"].max().reindex(chosen["subscription_id"])
    return _subscriptions(chosen, last.to_numpy(), sku, days, start), owner


def _subscriptions(
    chosen: pd.DataFrame, last: FloatArray, sku: pa.Array, days: DateArray, start: int
) -> pa.Table:
    interval = chosen["gap"].round().to_numpy().astype(np.int64)
    since = np.where(np.isnan(last), start, last).astype(np.int64)
    missed = np.maximum((len(days) - 1 - since) // interval, 0)
    return pa.table(
        {
            "subscription_id": pa.array(chosen["subscription_id"], pa.string()),
            "sku": sku.take(pa.array(chosen["item"])),
            "units": chosen["units"].to_numpy().astype(np.int64),
            "interval_days": interval,
            "next_date": days[0] + since + (missed + 1) * interval,
            "started_at": np.repeat(days[start], len(chosen)),
            "cancelled_at": pa.array(
                np.repeat(days[start] + 28, len(chosen)), mask=~np.isnan(last)
            ),
        }
    )
