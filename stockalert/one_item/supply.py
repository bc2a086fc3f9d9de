"""When the open orders of one item will come: learned from arrivals, starting from the promise.

Two beliefs are weighed against each other. The supplier always keeps the promise; the first arrival
at another time, or the first order overdue, ends this. Or lead times are independent draws of
unknown probabilities (Dirichlet, around the promise), the last outcome being "never": an open order
counts with what its age leaves possible, so one that is overdue becomes, little by little, lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from stockalert.arrays import FloatArray

__all__ = ["Supply"]

PUNCTUAL = 0.95  # probability, before any arrival, that the supplier always keeps the promise
PRIOR_ORDERS = 2.0  # what the prior of an unpunctual supplier weighs
PRIOR_NEVER = 0.1
MATCHED_TOGETHER = 3  # at most so many orders are taken to have come on one day
MATCHED_FROM = 10
TINY = 1e-6


@dataclass(eq=False)
class _Open:
    units: float
    age: int


class Supply:
    """Open orders of one item, and the distribution of its lead time.

    Attributes
    ----------
    promised, longest : periods
        A lead time beyond the longest counts as the longest.
    """

    def __init__(self, promised: int, *, deliveries_first: bool) -> None:
        self.promised = promised
        self.longest = 2 * promised + 6
        distance = np.abs(np.arange(self.longest + 1) - promised)
        prior = 1.0 / (1.0 + distance) ** 2
        if deliveries_first and promised > 0:
            prior[0] = 0.0
        prior *= (1.0 - PRIOR_NEVER) / prior.sum()
        self._counts = np.append(prior, PRIOR_NEVER) * PRIOR_ORDERS
        self._log_odds = float(np.log(PUNCTUAL / (1.0 - PUNCTUAL)))
        self._open: list[_Open] = []
        self._deliveries_first = deliveries_first
        self._losses_show = False
        self._forgotten = 0.0

    def pass_period(self, arrivals: float, on_order: float) -> None:
        """Book what has come, what is gone and what others ordered.

        Parameters
        ----------
        arrivals : units that came since the last order was placed
        on_order : units, as it stands now
        """
        for order in self._open:
            order.age += 1
        for order in self._came(arrivals) if arrivals > TINY else []:
            self._learn(self._lead_time(order))
            self._open.remove(order)
        self._reconcile(on_order)
        overdue = max((self._passed(order) for order in self._open), default=0) > self.promised
        if overdue:
            self._log_odds = -np.inf
        for order in [order for order in self._open if self._passed(order) > 2 * self.longest]:
            self._forgotten += order.units
            self._learn(self.longest + 1)
            self._open.remove(order)

    def place(self, units: float) -> None:
        """Book a new order."""
        if units > 0:
            self._open.append(_Open(units, 0))

    def lead_times(self) -> FloatArray:
        """P(lead time = 0 … longest, never) of a new order, shape (longest + 2,)."""
        counts = self._counts.copy()
        for order in self._open:
            if order.age > 0:
                counts += self._still_possible(self._counts, order)
        punctual = 1.0 / (1.0 + np.exp(-self._log_odds))
        mixed = (1.0 - punctual) * counts / counts.sum()
        mixed[self.promised] += punctual
        return np.asarray(mixed)

    def open_orders(self) -> tuple[FloatArray, FloatArray]:
        """Units of each open order, and P(it comes in 0 … longest periods, never).

        Returns
        -------
        shape (n_open,), units · shape (n_open, longest + 2), share
        """
        new, today = self.lead_times(), 1 if self._deliveries_first else 0
        rows = np.zeros((len(self._open), len(new)))
        for row, order in zip(rows, self._open, strict=True):
            ahead = self._still_possible(new, order)[self._passed(order) :]
            row[today : today + len(ahead) - 1] = ahead[:-1]
            row[-1] = ahead[-1] if len(ahead) else 1.0
        return np.array([order.units for order in self._open]), rows

    def _passed(self, order: _Open) -> int:
        """Lead times shorter than this are ruled out for an open order."""
        return order.age + 1 if self._deliveries_first else order.age

    def _still_possible(self, chances: FloatArray, order: _Open) -> FloatArray:
        """The distribution of an open order's lead time, given that it has not come yet."""
        left = chances.copy()
        left[: min(self._passed(order), self.longest + 1)] = 0.0
        if self._losses_show and left[:-1].sum() > 0:
            left[-1] = 0.0
        return np.asarray(left / left.sum())

    def _lead_time(self, order: _Open) -> int:
        """Lead time of an order that is seen to have come.

        Where deliveries come in before the order is decided, lead times of 0 and 1 are seen at the
        same moment: the promise decides.
        """
        seen = order.age if self._deliveries_first else order.age - 1
        at_once = self._deliveries_first and self.promised == 0 and seen == 1
        return 0 if at_once else min(max(seen, 0), self.longest)

    def _came(self, arrivals: float) -> list[_Open]:
        """The open orders that together are what has come, the likeliest first."""
        chances = self.lead_times()
        likely = sorted(self._open, key=lambda o: (-chances[self._lead_time(o)], -o.age))
        for size in range(1, MATCHED_TOGETHER + 1):
            for orders in combinations(likely[:MATCHED_FROM], size):
                if abs(sum(o.units for o in orders) - arrivals) <= TINY * arrivals:
                    return list(orders)
        return self._came_in_part(arrivals)

    def _came_in_part(self, arrivals: float) -> list[_Open]:
        """No orders match: the oldest have come, the last of them in part."""
        came = []
        for order in sorted(self._open, key=lambda o: -o.age):
            if order.units > arrivals + TINY:
                order.units -= arrivals
                break
            arrivals -= order.units
            came.append(order)
        return came

    def _reconcile(self, on_order: float) -> None:
        """Less on order than placed: the newest will never come. More: someone else ordered."""
        gone = sum(order.units for order in self._open) - on_order
        for order in reversed(self._open.copy()):
            if gone > TINY and order.units <= gone + TINY:
                gone -= order.units
                self._open.remove(order)
                self._learn(self.longest + 1)
                self._losses_show = True
        if -gone - self._forgotten > TINY:
            self.place(-gone - self._forgotten)

    def _learn(self, lead_time: int) -> None:
        share = self._counts[lead_time] / self._counts.sum()
        punctual = lead_time == self.promised
        self._log_odds = self._log_odds - float(np.log(share)) if punctual else -np.inf
        self._counts[lead_time] += 1.0
