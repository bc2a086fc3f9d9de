"""The inventory game of one item: what happens in a period, and its best possible reward.

A period: deliveries come in, the policy sees the state and orders, demand occurs. Sales are the
smaller of stock and demand, unmet demand is lost, and the reward is profit × sales − holding cost ×
units left. An order of lead time 0 is there at once, before the period's demand. The game starts
with nothing on the shelf or on order. A lead time of −1 is an order that never comes.

An order that never comes does not count as on order: in the headline a policy sees at once that it
is lost, which spares the rule of base stock more than it spares us. Other ways to play: such orders
stay on order for ever · the order is decided before the period's deliveries come in, as a published
benchmark of this kind does · only sales are told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from stockalert.arrays import FloatArray, IntArray

__all__ = ["NEVER", "Game", "Player", "best_reward", "lead_times", "play"]

NEVER = -1


@dataclass(frozen=True)
class Game:
    """One instance.

    Attributes
    ----------
    past : shape (n_past,), units; given to the policy
    demand : shape (n_periods,), units
    lead_times : shape (n_periods,), periods; of the order placed in each period
    promised : periods
    profit, holding_cost : currency per unit, and per unit and period
    order_first : the order is decided before the period's deliveries come in
    lost_are_open : orders that never come count as on order for ever
    sales_only : a policy is told what was sold, not what was wanted
    """

    past: FloatArray
    demand: FloatArray
    lead_times: IntArray
    promised: int
    profit: float
    holding_cost: float
    order_first: bool = False
    lost_are_open: bool = False
    sales_only: bool = False


class Player(Protocol):
    """A policy: what it is told at each decision, and the order it returns."""

    def order(
        self,
        on_hand: float,
        on_order: float,
        *,
        last_demand: float | None = None,
        last_sales: float | None = None,
        arrivals: float = 0.0,
    ) -> float:
        """Units to order now."""


def lead_times(setting: str, n_periods: int, seed: int) -> tuple[IntArray, int]:
    """Lead times of all orders, and the one that is promised (the mean of those that come).

    Examples
    --------
    >>> lead_times("4", 3, 0)
    (array([4, 4, 4]), 4)
    """
    if setting == "random":
        rng = np.random.default_rng([99, seed])
        return rng.choice(np.array([1, 2, 3, NEVER]), n_periods), 2
    return np.full(n_periods, int(setting)), int(setting)


def play(game: Game, player: Player) -> float:
    """Reward of a policy over the game, currency."""
    n = len(game.demand)
    due = np.zeros(n + int(game.lead_times.max(initial=0)) + 1)
    on_hand, on_order, reward, seen = 0.0, 0.0, 0.0, 0.0
    last: dict[str, float] = {}
    for t in range(n):
        came = 0.0
        if not game.order_first:
            came = due[t]
            on_hand, on_order, seen = on_hand + came, on_order - came, seen + came
        quantity = player.order(on_hand, on_order, arrivals=seen, **last)
        arrives = game.lead_times[t] >= 0
        due[t + game.lead_times[t] if arrives else -1] += quantity if arrives else 0.0
        on_order += quantity if arrives or game.lost_are_open else 0.0
        seen = due[t] if game.order_first else due[t] - came
        on_hand, on_order = on_hand + seen, on_order - seen
        wanted = float(game.demand[t])
        sold = min(on_hand, wanted)
        last = {"last_sales": sold} if game.sales_only else {"last_demand": wanted}
        on_hand -= sold
        reward += game.profit * sold - game.holding_cost * on_hand
    return reward


def best_reward(game: Game) -> float:
    """Reward of perfect foresight, exact: each unit of demand comes by the latest order it can.

    Orders are unlimited and cost nothing by themselves, so units do not compete: demand of period t
    is served from the latest period s ≤ t in which some order can arrive, which earns profit −
    holding cost × (t − s) a unit, and is left unserved where that is negative.
    """
    periods = np.arange(len(game.demand))
    arrival = np.where(game.lead_times >= 0, periods + game.lead_times, len(periods))
    possible = np.isin(periods, arrival)
    latest = np.maximum.accumulate(np.where(possible, periods, -1))
    margin = game.profit - game.holding_cost * (periods - latest)
    return float(game.demand @ np.where(latest >= 0, np.clip(margin, 0.0, None), 0.0))
