"""What to order now of one item, from a handful of past demands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np

from stockalert.arrays import FloatArray, IntArray
from stockalert.errors import UsageError
from stockalert.one_item.belief import Belief
from stockalert.one_item.quantity import TAIL, best_quantity, shortages
from stockalert.one_item.scenarios import N_ORDERS, N_SCENARIOS, demand_paths, lead_time_draws
from stockalert.one_item.structures import STRUCTURES
from stockalert.one_item.supply import Supply

__all__ = ["LEAST_PAST", "OneItem", "Outlook"]

LEAST_PAST = 5
_LATER_ORDERS = 3  # the window of an order ends when the first of so many later ones comes
_NEVER = 10**6


@dataclass(frozen=True)
class Outlook:
    """What is expected, and how sure it is.

    Attributes
    ----------
    low, median, high : shape (n_periods,), units
        5 %, 50 % and 95 % quantiles of each coming period's demand.
    season : periods; the likeliest season's length, None where no season is likelier
    season_probability : share; of any season
    episode_probability : share; demand is elsewhere for a while (a spike or a dip)
    lead_times : P(0 … longest, never) of an order placed now
    """

    low: FloatArray
    median: FloatArray
    high: FloatArray
    season: int | None
    season_probability: float
    episode_probability: float
    lead_times: FloatArray


class OneItem:
    """Ordering for one item without history or infrastructure.

    Each period it is told the state and returns the order to place now. It follows level, trend,
    season, lasting and passing changes of demand, learns the lead times that are kept, and orders
    what maximises profit × sales − holding cost × units left, unmet demand being lost.

    Parameters
    ----------
    past_demand : shape (n ≥ 5,), units per period, oldest first
    lead_time : whole periods, as promised; 0 = there before the period's demand
    holding_cost : currency per unit left at the end of a period
    profit : currency per unit sold; default: price − cost
    price, cost : currency per unit, where no profit is given
    deliveries_first : a period's deliveries come in before its order is decided
        Otherwise they come in after the decision (and still before the demand).

    Raises
    ------
    UsageError : fewer than 5 demands, or one that is negative or no number; no whole lead time; a
        holding cost or profit that is not above 0

    Examples
    --------
    >>> shop = OneItem([20, 20, 20, 20, 20], lead_time=1, profit=4.0, holding_cost=1.0)
    >>> shop.order(on_hand=20, on_order=0)
    20.0
    >>> shop.order(on_hand=20, on_order=0, last_demand=20, arrivals=20)
    20.0
    """

    def __init__(
        self,
        past_demand: Sequence[float] | FloatArray,
        *,
        lead_time: int,
        holding_cost: float,
        profit: float | None = None,
        price: float | None = None,
        cost: float | None = None,
        deliveries_first: bool = True,
    ) -> None:
        past = _past(past_demand)
        if not isfinite(lead_time) or lead_time != int(lead_time) or lead_time < 0:
            raise UsageError(f"lead_time: expected whole periods ≥ 0, found {lead_time}")
        if profit is None and price is not None and cost is not None:
            profit = price - cost
        if profit is None:
            raise UsageError("profit: expected a profit per unit, or price and cost, found neither")
        self._profit = _positive("profit", profit)
        self._holding_cost = _positive("holding_cost", holding_cost)
        self._whole = bool((past == np.round(past)).all())
        self._belief = Belief(past)
        self._supply = Supply(int(lead_time), deliveries_first=deliveries_first)
        self._deliveries_first = deliveries_first
        self._started = False

    def order(
        self,
        on_hand: float,
        on_order: float,
        *,
        last_demand: float | None = None,
        last_sales: float | None = None,
        sold_out: bool | None = None,
        arrivals: float = 0.0,
    ) -> float:
        """Units to order now; whole units where all past demands were.

        Every call is one period. The order that is returned is taken to be placed.

        Parameters
        ----------
        on_hand : units on the shelf now
        on_order : units ordered and not arrived, as far as the shop knows
        last_demand : units wanted in the last period (None in the first call)
        last_sales : units sold in it, where the demand is not known
        sold_out : the shelf was empty at the end of it; default: told from the stock
        arrivals : units that arrived since the last order was placed

        Raises
        ------
        UsageError : a figure that is negative or no number; both demand and sales; neither, except
            in the first call
        """
        told = {"on_hand": on_hand, "on_order": on_order, "arrivals": arrivals}
        told |= {"last_demand": last_demand or 0.0, "last_sales": last_sales or 0.0}
        for name, units in told.items():
            if not (isfinite(units) and units >= 0):
                raise UsageError(f"{name}: expected units ≥ 0, found {units}")
        self._hear(last_demand, last_sales, self._sold_out(sold_out, on_hand, arrivals))
        if self._started or on_order > 0:
            self._supply.pass_period(arrivals, on_order)
        self._started = True
        units = self._best(on_hand)
        units = float(np.round(units)) if self._whole else units
        self._supply.place(units)
        return units

    def outlook(self, n_periods: int = 1) -> Outlook:
        """What is expected of the coming periods, and how sure it is."""
        demand = demand_paths(self._belief, n_periods)
        low, median, high = np.quantile(demand, [0.05, 0.5, 0.95], axis=0)
        known = self._belief.hypotheses
        lengths = STRUCTURES.season[known.structure].astype(np.int64)
        by_length = np.bincount(lengths, known.weight)
        by_length[0:2] = 0.0
        season, likeliest = float(by_length.sum()), int(by_length.argmax())
        return Outlook(
            low,
            median,
            high,
            season=likeliest if season > 0.5 else None,
            season_probability=season,
            episode_probability=float(known.weight @ known.episode),
            lead_times=self._supply.lead_times(),
        )

    def _hear(self, demand: float | None, sales: float | None, sold_out: bool) -> None:
        """Learn the last period's demand, or what its sales say of it."""
        if demand is not None and sales is not None:
            raise UsageError("last_demand, last_sales: expected one of them, found both")
        if demand is not None:
            self._belief.observe(demand)
        elif sales is not None:
            self._belief.observe(sales, sold_out=sold_out)
        elif self._started:
            raise UsageError("last_demand, last_sales: expected one of them, found neither")

    def _sold_out(self, told: bool | None, on_hand: float, arrivals: float) -> bool:
        """Was the shelf empty when the last period ended?

        What has arrived since then is on it already where deliveries come in first, unless it
        arrived at once (lead time 0).
        """
        if told is not None:
            return told
        since = arrivals if self._deliveries_first and self._supply.promised > 0 else 0.0
        return on_hand - since <= 0

    def _best(self, on_hand: float) -> float:
        start, end, horizon = self._windows()
        demand = self._demand(horizon)
        short = shortages(demand, self._arrivals(horizon), on_hand)
        return best_quantity(
            short, start, end, profit=self._profit, holding_cost=self._holding_cost
        )

    def _demand(self, horizon: int) -> FloatArray:
        """Scenarios of the coming demand; shape (N_SCENARIOS, horizon), units."""
        return demand_paths(self._belief, horizon)

    def _windows(self) -> tuple[IntArray, IntArray, int]:
        """When an order placed now comes, when the next after it, and periods to look ahead."""
        chances = self._supply.lead_times()
        draws = lead_time_draws()[:, : 1 + _LATER_ORDERS]
        comes = _drawn(chances, draws) + np.arange(1 + _LATER_ORDERS)
        comes[comes > self._supply.longest + _LATER_ORDERS] = _NEVER
        start, end = comes[:, 0], comes[:, 1:].min(axis=1)
        some = (start < end) & (start < _NEVER)
        start = np.where(some, start, 0)
        end = np.where(some, np.minimum(end, start + 1 + self._supply.longest), 0)
        return start, end, max(int(end.max()), 1) + TAIL

    def _arrivals(self, horizon: int) -> FloatArray:
        """Units that open orders bring in each period; shape (N_SCENARIOS, horizon)."""
        units, chances = self._supply.open_orders()
        draws = lead_time_draws()
        arrivals = np.zeros((N_SCENARIOS, horizon + 1))
        rows = np.arange(N_SCENARIOS)
        for order in range(len(units)):
            draw = draws[:, 1 + _LATER_ORDERS + order % (N_ORDERS - 1 - _LATER_ORDERS)]
            comes = np.minimum(_drawn(chances[order], draw), horizon)
            arrivals[rows, comes] += units[order]
        return arrivals[:, :horizon]


def _drawn(chances: FloatArray, draws: FloatArray) -> IntArray:
    """Lead times by inversion; the last outcome, never, is far ahead."""
    cumulative = np.cumsum(chances)
    drawn = np.searchsorted(cumulative, draws * cumulative[-1])
    return np.asarray(np.where(drawn >= len(chances) - 1, _NEVER, drawn))


def _past(past_demand: Sequence[float] | FloatArray) -> FloatArray:
    past = np.asarray(past_demand, dtype=np.float64).ravel()
    if len(past) < LEAST_PAST:
        raise UsageError(f"past_demand: expected at least {LEAST_PAST} periods, found {len(past)}")
    wrong = past[~(np.isfinite(past) & (past >= 0))]
    if len(wrong):
        raise UsageError(f"past_demand: expected units ≥ 0 in every period, found {wrong[0]}")
    return past


def _positive(name: str, value: float) -> float:
    if not (isfinite(value) and value > 0):
        raise UsageError(f"{name}: expected an amount above 0, found {value}")
    return float(value)
