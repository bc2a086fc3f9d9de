"""The world that every policy meets: demand, lead times, rules of ordering, the opening stock.

A world is made once and replayed under each policy, so all of them meet the same demand and the
same random lead times (common random numbers): the lead time of an order depends on its series and
on the period in which it is placed, never on what the policy did before.

Periods are the columns of `demand`; those before `begins` are history. What happens in a period:

1. *night*: the policy, knowing everything up to the period before (the cutoff), places orders;
2. *opening*: what is due arrives and is sellable at once; units owed are handed out first;
3. *day*: demand comes and is served from what is left; the rest is lost, or owed;
4. *close*: units at the end of their shelf life are written off; stock is counted.

An order with lead time L placed in the night before period t is sellable from period t + L on, and
the next chance to order comes R periods later. So one decision covers demand of the periods
t … t + L + R − 1: the protection interval P = L + R after its cutoff t − 1. An order placed at the
end of week X that can be sold from week X + 3 on has L = 2.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Literal

import numpy as np

from stockalert.arrays import BoolArray, FloatArray, IntArray, NumberArray
from stockalert.policy import LotRules
from stockalert.simulation.door import check, life_of, periods_of, reviews_of, units_of
from stockalert.simulation.rules import OrderRules, lot_rules

__all__ = ["Start", "UnmetDemand", "World"]

UnmetDemand = Literal["lost", "backordered"]
Rows = slice | IntArray


@dataclass(frozen=True)
class Start:
    """What is there when the replay begins; None = nothing.

    Attributes
    ----------
    on_hand : shape (n_series,), units; counted as fresh
    arrivals : shape (n_series, k), units under way
        Column j is sellable from period `begins` + j on.
    backordered : shape (n_series,), units owed; only where unmet demand is backordered
    """

    on_hand: NumberArray | None = None
    arrivals: NumberArray | None = None
    backordered: NumberArray | None = None


@dataclass(frozen=True)
class World:
    """Everything that is the same for every policy; made by `World.of`.

    Attributes
    ----------
    demand : shape (n_series, n_periods), units; true demand, promotions included
    lead_times : shape (n_series, n_periods), periods, by the period of the order's night
    promised : shape (n_series,), periods; lead time that policies may count on, or None
    lots : what an order must obey
    review : shape (n_series, n_periods)
    shelf_life : shape (n_series,), periods; inf = none
    on_hand, backordered : shape (n_series,), units at the beginning
    arrivals : shape (n_series, k), units under way at the beginning
    unmet : what becomes of demand that is not served at once
    begins : first period that is replayed; those before are history
    """

    demand: FloatArray
    lead_times: IntArray
    promised: IntArray | None
    lots: LotRules
    review: BoolArray
    shelf_life: FloatArray
    on_hand: FloatArray
    arrivals: FloatArray
    backordered: FloatArray
    unmet: UnmetDemand
    begins: int

    @classmethod
    def of(
        cls,
        demand: FloatArray,
        *,
        lead_times: NumberArray | float,
        rules: OrderRules | None = None,
        start: Start | None = None,
        unmet: UnmetDemand = "lost",
        begins: int = 0,
        promised: NumberArray | float | None = None,
    ) -> World:
        """Check what is given and bring it into one form.

        Parameters
        ----------
        demand : shape (n_series, n_periods), units ≥ 0; float32 or float64, not copied
        lead_times : one number, shape (n_series,) or (n_series, n_periods), whole periods
            By series, or by series and period of the order's night; inf = never arrives.
        promised : one number or shape (n_series,), whole periods
            What policies may expect of random lead times; fixed ones are known.

        Raises
        ------
        ValueError
            Names what was expected, what was found and in which series.
        """
        rules, start = rules or OrderRules(), start or Start()
        n_series, n_periods = demand.shape
        check("demand", demand, "units ≥ 0", lambda x: np.isfinite(x) & (x >= 0))
        if not 0 <= begins <= n_periods:
            raise ValueError(f"begins: expected a period of 0…{n_periods}, found {begins}")
        if np.ndim(lead_times) < 2 and promised is None:
            promised = lead_times
        if start.backordered is not None and unmet == "lost":
            raise ValueError("start.backordered: nothing is owed where unmet demand is lost")
        under_way = 0 if start.arrivals is None else np.shape(start.arrivals)[-1]
        return cls(
            demand=demand,
            lead_times=periods_of("lead_times", lead_times, demand.shape),
            promised=None if promised is None else _promised(promised, demand.shape),
            lots=rules.lots or lot_rules(n_series),
            review=reviews_of(rules.review, demand.shape),
            shelf_life=life_of(rules.shelf_life, n_series),
            on_hand=units_of("start.on_hand", start.on_hand, (n_series,)),
            arrivals=units_of("start.arrivals", start.arrivals, (n_series, under_way)),
            backordered=units_of("start.backordered", start.backordered, (n_series,)),
            unmet=unmet,
            begins=begins,
        )

    @property
    def n_replayed(self) -> int:
        """Number of periods that are replayed."""
        return int(self.demand.shape[1]) - self.begins

    def take(self, rows: Rows) -> World:
        """Return the world of some of the series, in the order of `rows`."""
        lots = LotRules(*(getattr(self.lots, f.name)[rows] for f in fields(LotRules)))
        return replace(
            self,
            demand=self.demand[rows],
            lead_times=self.lead_times[rows],
            promised=None if self.promised is None else self.promised[rows],
            lots=lots,
            review=self.review[rows],
            shelf_life=self.shelf_life[rows],
            on_hand=self.on_hand[rows],
            arrivals=self.arrivals[rows],
            backordered=self.backordered[rows],
        )

    def without_limits(self) -> World:
        """Return the same world without MOQ, maximum stock and shelf life; case packs stay."""
        free = lot_rules(len(self.demand), case_pack=self.lots.case_pack, whole=self.lots.whole)
        return replace(self, lots=free, shelf_life=np.full(len(self.demand), np.inf))


def _promised(values: NumberArray | float, shape: tuple[int, int]) -> IntArray:
    """Promised lead time of each series."""
    return periods_of("promised", np.atleast_1d(np.asarray(values)), shape)[:, 0].copy()
