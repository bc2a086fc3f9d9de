"""Where the stock of each series stands, and how long that lasts.

A series missing from the stock table has nothing on hand. Stock below zero is goods owed: it
counts in the position as it stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from stockalert.arrays import BoolArray, DateArray, FloatArray, NumberArray
from stockalert.quantiles import probability_at_most

__all__ = [
    "Arrivals",
    "Position",
    "days_of_cover",
    "open_orders",
    "order_by_dates",
    "position_at",
    "stockout_probability",
]

FARTHEST_DAYS = 3650.0


@dataclass(frozen=True)
class Arrivals:
    """Goods under way; see `stockalert.pipeline`.

    Attributes
    ----------
    days : shape (n, n_arrivals), days from now, ≥ 1; 0 = no such arrival
    units : shape (n, n_arrivals), units
    """

    days: FloatArray
    units: FloatArray

    def take(self, which: BoolArray) -> Arrivals:
        """Return the series that `which` selects."""
        return Arrivals(self.days[which], self.units[which])


@dataclass(frozen=True)
class Position:
    """Stock of each series at a cutoff.

    Attributes
    ----------
    on_hand, on_order, backordered : shape (n,), units
    known : shape (n,)
        The series is in the stock table.
    arrivals : when what is on order comes; None = all of it tomorrow
    """

    on_hand: FloatArray
    on_order: FloatArray
    backordered: FloatArray
    known: BoolArray
    arrivals: Arrivals | None = None

    @property
    def coming(self) -> Arrivals:
        """What is on order, by the day it comes."""
        if self.arrivals is not None:
            return self.arrivals
        return Arrivals(np.ones((len(self.on_order), 1)), self.on_order[:, None])

    @property
    def inventory_position(self) -> FloatArray:
        """On hand + on order − backordered, shape (n,), units."""
        return np.asarray(self.on_hand + self.on_order - self.backordered)


def position_at(
    series: pd.DataFrame,
    stock: pd.DataFrame | None,
    purchase_orders: pd.DataFrame | None,
    *,
    as_of: date,
) -> Position | None:
    """Last known stock up to a day, with the orders open on it; None without a stock table.

    Parameters
    ----------
    series : columns sku, location
    stock : the contract's table; a series' last known figure up to `as_of` counts
    purchase_orders : the contract's table; what is ordered, not cancelled and not yet received
    """
    if stock is None:
        return None
    today = pd.Timestamp(as_of)
    last = _placed(stock[stock["date"] <= today].sort_values("date", kind="stable"))
    last = last.reindex(columns=["sku", "location", "on_hand", "backordered"])
    last = last.groupby(["sku", "location"])[["on_hand", "backordered"]].last().astype("float64")
    wanted = pd.MultiIndex.from_frame(series[["sku", "location"]])
    found = last.reindex(wanted)
    return Position(
        on_hand=found["on_hand"].fillna(0.0).to_numpy(),
        on_order=_on_order(purchase_orders, today).reindex(wanted, fill_value=0.0).to_numpy(),
        backordered=found["backordered"].fillna(0.0).to_numpy(),
        known=wanted.isin(last.index[last["on_hand"].notna()]),
    )


def open_orders(purchase_orders: pd.DataFrame | None, today: pd.Timestamp) -> pd.DataFrame:
    """Orders placed up to today, not cancelled and not yet received.

    Returns
    -------
    sku, location, ordered_at, expected_at and to_come (units)
    """
    names = ["sku", "location", "ordered_at", "expected_at", "to_come"]
    if purchase_orders is None:
        empty = {"sku": "str", "location": "str", "to_come": "float64"}
        kinds = {name: empty.get(name, "datetime64[us]") for name in names}
        return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in kinds.items()})
    is_open = (
        (purchase_orders["ordered_at"] <= today)
        & ~(purchase_orders["cancelled_at"] <= today)
        & ~(purchase_orders["received_at"] <= today)
    )
    coming = _placed(purchase_orders[is_open])
    came = coming["units_received"].where(coming["received_at"].isna()).fillna(0.0)
    to_come = (coming["units_ordered"] - came).clip(lower=0.0)
    return coming.assign(to_come=to_come).reindex(columns=names)


def stockout_probability(
    values: NumberArray, levels: NumberArray, position: NumberArray
) -> FloatArray:
    """P(demand over the protection interval > inventory position); NaN where that is unknown.

    Examples
    --------
    >>> values, levels = np.array([[10.0, 20.0]]), np.array([0.5, 0.9])
    >>> stockout_probability(values, levels, np.array([20.0])).round(3)
    array([0.1])
    """
    position = np.asarray(position, np.float64)
    return np.where(np.isnan(position), np.nan, 1 - probability_at_most(values, levels, position))


def days_of_cover(on_hand: NumberArray, demand_per_day: NumberArray) -> FloatArray:
    """Days that stock on hand lasts at the expected rate.

    0 with nothing on hand, whatever the demand; inf with stock and no demand.

    Examples
    --------
    >>> days_of_cover([30.0, 5.0, 0.0, -2.0], [2.0, 0.0, 0.0, 1.0]).tolist()
    [15.0, inf, 0.0, 0.0]
    """
    held = np.clip(np.asarray(on_hand, np.float64), 0.0, None)
    rate = np.asarray(demand_per_day, np.float64)
    nothing = np.where(held > 0, np.inf, held)
    return np.asarray(np.divide(held, rate, out=nothing, where=(rate > 0) & (held > 0)))


def order_by_dates(
    position: NumberArray,
    reorder_point: NumberArray,
    median_path: NumberArray,
    path_days: NumberArray,
    *,
    as_of: date,
) -> DateArray:
    """Day on which median demand will have brought the position down to the reorder point.

    The day after `as_of` where it is there already; past the last horizon demand goes on at that
    horizon's rate; NaT where the position is unknown or the day is over ten years away.

    Parameters
    ----------
    position, reorder_point : shape (n,), units
    median_path : shape (n, n_horizons), units
        Median demand over the first days, cumulative.
    path_days : shape (n_horizons,), days, ascending, > 0

    Examples
    --------
    >>> path = np.array([[7.0, 14.0]])
    >>> order_by_dates([25.0], [20.0], path, [7, 14], as_of=date(2026, 3, 31)).astype("M8[D]")
    array(['2026-04-05'], dtype='datetime64[D]')
    """
    spare = np.asarray(position, np.float64) - np.asarray(reorder_point, np.float64)
    path = np.maximum.accumulate(np.asarray(median_path, np.float64), axis=1)
    path = np.concatenate([np.zeros((len(path), 1)), path], axis=1)
    days = np.concatenate([[0.0], np.asarray(path_days, np.float64)])
    right = np.sum(path < spare[:, None], axis=1).clip(1, len(days) - 1)
    rows = np.arange(len(path))
    start, end = path[rows, right - 1], path[rows, right]
    within = days[right - 1] + _ratio(spare - start, end - start) * (days[right] - days[right - 1])
    past = _ratio(spare, path[:, -1]) * days[-1]
    wait = np.where(spare > path[:, -1], past, within)
    wait = np.where(spare <= 0, 1.0, np.ceil(np.maximum(wait, 1.0) - 1e-9))
    reached = wait <= FARTHEST_DAYS
    steps = np.where(reached, wait, 0).astype("timedelta64[D]")
    found = np.datetime64(as_of, "D") + steps
    return np.where(reached, found, np.datetime64("NaT")).astype("datetime64[us]")


def _ratio(part: FloatArray, whole: FloatArray) -> FloatArray:
    return np.asarray(np.divide(part, whole, out=np.full(part.shape, np.inf), where=whole > 0))


def _placed(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(location=frame["location"].fillna("default"))


def _on_order(purchase_orders: pd.DataFrame | None, today: pd.Timestamp) -> pd.Series[float]:
    """Units still to come of orders placed up to today, by sku and location."""
    coming = open_orders(purchase_orders, today).sort_values("to_come")
    return coming.groupby(["sku", "location"])["to_come"].sum()
