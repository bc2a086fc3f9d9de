"""Generated stock and purchase orders: a plain reorder rule run against the real demand.

The order of one day: customers buy; goods that arrive are put away after closing; then orders are
placed. An order of day t with a lead time of L days can thus be sold from day t + L + 1 on, and
one decision has to cover exactly the demand of lead time + review days.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from flows.demo_data.supply import Supply
from stockalert.arrays import BoolArray, DateArray, FloatArray, IntArray

__all__ = ["Orders", "Replenishment", "simulate"]

_MEMORY_DAYS = 56
_CUSHION = 1.8  # roots of the usual demand
_CANCELLED, _SHORT, _LATE = 0.004, 0.02, 0.03


@dataclass(frozen=True)
class Orders:
    """Purchase order lines, one entry each.

    Attributes
    ----------
    item, day, units : int64, who ordered what when (day 0 is the first)
    arrival : int64, day of the receipt, which may lie after the last day
    received : int64, units; fewer than ordered where the supplier ran short
    cancelled : bool, never delivered
    """

    item: IntArray
    day: IntArray
    units: IntArray
    arrival: IntArray
    received: IntArray
    cancelled: BoolArray

    def table(self, sku: pa.Array, supply: Supply, days: DateArray) -> pa.Table:
        """Return the contract's `purchase_orders`; what arrives after the last day is open."""
        supplier = supply.supplier[self.item]
        expected = self.day + np.rint(supply.lead_days[supplier]).astype(np.int64)
        ended = np.where(self.cancelled, expected, self.arrival) < len(days)
        arrived = ended & ~self.cancelled
        numbers = np.unique(self.day * len(supply.lead_days) + supplier, return_inverse=True)[1]
        names = np.char.add("PO", np.char.zfill((numbers.ravel() + 1).astype(str), 6))
        return pa.table(
            {
                "po_id": pa.array(names, pa.string()),
                "sku": sku.take(pa.array(self.item)),
                "supplier_id": supply.supplier_id.take(pa.array(supplier)),
                "units_ordered": self.units,
                "ordered_at": days[0] + self.day,
                "expected_at": days[0] + expected,
                "received_at": pa.array(days[0] + self.arrival, mask=~arrived),
                "units_received": pa.array(self.received, mask=~arrived),
                "cancelled_at": pa.array(days[0] + expected, mask=~(ended & self.cancelled)),
            }
        )


@dataclass(frozen=True)
class Replenishment:
    """What the shelves held.

    Attributes
    ----------
    opening, closing : int32 (n, days), units in the morning and after receipts in the evening
    orders : the purchase orders placed
    """

    opening: IntArray
    closing: IntArray
    orders: Orders


def simulate(
    demand: IntArray, daily: FloatArray, supply: Supply, random: np.random.Generator
) -> Replenishment:
    """Run the shop's rule day by day over all products at once.

    Parameters
    ----------
    demand : (n, days), units wanted
    daily : (n,), units a day that the shop expects before it has a record of its own
    """
    shelf = _Shelf(demand, daily, supply, random)
    for day in range(demand.shape[1]):
        shelf.sell_and_receive(day)
        shelf.order(day)
    return Replenishment(shelf.opening, shelf.closing, shelf.orders())


class _Shelf:
    """The state of the simulation; one method per part of a day."""

    def __init__(
        self, demand: IntArray, daily: FloatArray, supply: Supply, random: np.random.Generator
    ) -> None:
        n, days = demand.shape
        self.demand, self.daily, self.supply = demand, daily, supply
        self.lead = _draw_leads(supply, days, random)
        self.fate = random.random((n, days), dtype=np.float32)
        self.protection = (supply.lead_days + supply.review_days)[supply.supplier]
        self.stock = np.ceil(daily * (self.protection + 7)).astype(np.int64)
        self.on_order = np.zeros(n, dtype=np.int64)
        room = days + int(self.lead.max()) + 1
        self.arriving = np.zeros((room, n), dtype=np.int64)
        self.expected = np.zeros((room, n), dtype=np.int64)
        self.opening = np.zeros((n, days), dtype=np.int32)
        self.closing = np.zeros((n, days), dtype=np.int32)
        self.sold = np.zeros((days, n), dtype=np.int64)
        self.placed: list[tuple[IntArray, ...]] = []

    def sell_and_receive(self, day: int) -> None:
        self.opening[:, day] = self.stock
        self.sold[day] = np.minimum(self.stock, self.demand[:, day])
        self.stock = self.stock - self.sold[day] + self.arriving[day]
        self.on_order = self.on_order - self.expected[day]
        self.closing[:, day] = self.stock

    def order(self, day: int) -> None:
        supply = self.supply
        since = max(0, day + 1 - _MEMORY_DAYS)
        unseen = _MEMORY_DAYS - (day + 1 - since) + 7
        stocked = np.count_nonzero(self.opening[:, since : day + 1], axis=1)
        sold = self.sold[since : day + 1].sum(axis=0)
        mean = (sold + self.daily * unseen) / (stocked + unseen)
        usual = mean * self.protection
        reorder_point = np.ceil(1.3 * usual + _CUSHION * np.sqrt(usual))
        position = self.stock + self.on_order
        open_today = (day - supply.first_review) % supply.review_days == 0
        item = np.flatnonzero(open_today[supply.supplier] & (position <= reorder_point))
        wanted = (reorder_point + np.ceil(7 * mean) - position)[item]
        pack = supply.case_pack[item]
        units = np.maximum(np.ceil(wanted / pack).astype(np.int64) * pack, supply.moq[item])
        self._place(day, item, units)

    def _place(self, day: int, item: IntArray, units: IntArray) -> None:
        fate = self.fate[item, day]
        cancelled = fate < _CANCELLED
        share = np.where(fate < _CANCELLED + _SHORT, 0.6 + 17.5 * (fate - _CANCELLED), 1.0)
        received = np.where(cancelled, 0, np.floor(units * share)).astype(np.int64)
        arrival = day + self.lead[self.supply.supplier[item], day]
        self.arriving[arrival, item] += received
        self.expected[arrival, item] += units
        self.on_order[item] += units
        self.placed.append((item, np.full(len(item), day), units, arrival, received, cancelled))

    def orders(self) -> Orders:
        return Orders(*(np.concatenate(column) for column in zip(*self.placed, strict=True)))


def _draw_leads(supply: Supply, days: int, random: np.random.Generator) -> IntArray:
    """Draw the lead time of an order at each supplier and day: gamma, now and then very late."""
    mean, sd = supply.lead_days[:, None], supply.lead_sd_days[:, None]
    size = (len(mean), days)
    lead = random.gamma((mean / sd) ** 2, sd**2 / mean, size)
    late = random.random(size) < _LATE
    lead = lead + np.where(late, mean * random.uniform(0.5, 1.0, size), 0.0)
    return np.maximum(np.rint(lead), 1).astype(np.int64)
