"""One block of series through time: orders arrive, customers buy, units expire."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

from stockalert.arrays import FloatArray
from stockalert.simulation.pipeline import Pipeline
from stockalert.simulation.shelf_life import ShelfLife
from stockalert.simulation.situation import Situation
from stockalert.simulation.trace import Trace
from stockalert.simulation.world import World

__all__ = ["Shelf"]

Kind = TypeVar("Kind", bound=np.generic)


class Shelf:
    """Stock and orders under way of all series; opened, then ordered and traded, then traced.

    What happens is written by period first (one row per period), because that is how it is used.
    """

    def __init__(self, world: World) -> None:
        n_series, n_periods = len(world.demand), world.n_replayed
        self.world = world
        self.on_hand, self.backordered = world.on_hand.copy(), world.backordered.copy()
        self.on_order = world.arrivals.sum(axis=1)
        self._ordered = np.zeros((n_periods, n_series))
        # Row t arrives in period t; the last row after the end.
        self._due = np.zeros((n_periods + 1, n_series))
        for period, units in enumerate(world.arrivals.T):
            self._due[min(period, n_periods)] += units
        self._longest = int(np.max(world.lead_times, initial=0))
        self._served = np.array(world.demand, np.float64)
        self._stock = np.zeros((n_periods, n_series))
        nothing = np.broadcast_to(0.0, (n_periods, n_series))
        owes = world.unmet == "backordered"
        self._owed, self._filled = (np.zeros_like(nothing) if owes else nothing for _ in range(2))
        self._shelf_life = ShelfLife(world)
        perishable = len(self._shelf_life.rows) > 0
        self._expired = np.zeros_like(nothing) if perishable else nothing

    def situation(self, period: int, series: slice) -> Situation:
        """What may be known in the night before a period."""
        night = period - self.world.begins
        return Situation(
            series=series,
            period=period,
            review=_seen(self.world.review[:, period]),
            demand=_seen(self.world.demand[:, :period]),
            served=_seen(self._served[:, :period]),
            on_hand=_seen(self.on_hand),
            on_order=_seen(self.on_order),
            backordered=_seen(self.backordered),
            lots=self.world.lots,
            pipeline=Pipeline.of(self.world, _seen(self._ordered[:night]), longest=self._longest),
        )

    def order(self, period: int, units: FloatArray) -> None:
        """Place orders in the night before a period; they travel for that night's lead time."""
        night = period - self.world.begins
        rows = np.flatnonzero(units)
        arrival = night + self.world.lead_times[rows, period]
        self._due[np.minimum(arrival, self.world.n_replayed), rows] += units[rows]
        self._ordered[night] = units
        self.on_order = self.on_order + units

    def trade(self, period: int) -> None:
        """Open, sell and close one period."""
        night = period - self.world.begins
        arrived, demand = self._due[night], self.world.demand[:, period].astype(np.float64)
        self.on_order = self.on_order - arrived
        sellable = self.on_hand + arrived
        filled = np.minimum(self.backordered, sellable)
        sellable = sellable - filled
        served = np.minimum(demand, sellable)
        self.on_hand = sellable - served
        self._served[:, period] = served
        if self.world.unmet == "backordered":
            self.backordered = self.backordered - filled + (demand - served)
            self._filled[night], self._owed[night] = filled, self.backordered
        if len(rows := self._shelf_life.rows):
            expired = self._shelf_life.written_off(night, arrived, filled + served, self.on_hand)
            self.on_hand[rows] -= expired
            self._expired[night, rows] = expired
        self._stock[night] = self.on_hand

    def trace(self) -> Trace:
        """Everything that happened."""
        return Trace(
            demand=self.world.demand[:, self.world.begins :],
            ordered=self._ordered.T,
            received=self._due[:-1].T,
            served=self._served[:, self.world.begins :],
            filled=self._filled.T,
            on_hand=self._stock.T,
            backordered=self._owed.T,
            written_off=self._expired.T,
            unmet=self.world.unmet,
        )


def _seen(values: npt.NDArray[Kind]) -> npt.NDArray[Kind]:
    """Read-only view."""
    view = values.view()
    view.flags.writeable = False
    return view
