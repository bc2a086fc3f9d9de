"""Mode `cost`: each SKU at its critical ratio, beside every level that is the same for all.

The sets state prices and no costs. So each SKU draws, from a fixed seed, a margin of 10 to 60 % of
its price and a yearly cost of keeping stock (holding and obsolescence) of 20 to 100 % of its unit
cost. Levels come from the product's own functions with its own floor and cap. Orders overlap here
and unserved demand is lost, so `service.overage_span` is `cycle_and_protection`; what the default
`cycle` would have cost is told beside it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.decision.levels import uniform_levels
from benchmarks.decision.points import SWEEP, Points
from benchmarks.decision.shop import Shop
from benchmarks.forecast.problem import Array
from flows.settings import Settings
from stockalert.service_level import (
    cost_levels,
    holding_cost_per_day,
    overage_cost,
    shortage_cost,
    target_levels,
)
from stockalert.simulation import Costs, kpis
from stockalert.simulation.comparison import Play, perfect_play, replayed

__all__ = ["Money", "cost_mode", "drawn_money"]

MARGIN, YEARLY = (0.1, 0.6), (0.2, 1.0)
_SEED = 20_110_301


class Money:
    """What a unit short and a unit kept cost; shape (n_series,) each."""

    def __init__(self, price: Array, margin: Array, yearly: Array) -> None:
        none = np.full(len(price), np.nan)
        self.unit_cost = (1 - margin) * price
        self.shortage = shortage_cost(price, self.unit_cost, none)
        self.holding = holding_cost_per_day(self.unit_cost, yearly, none)

    def levels(self, span: Array) -> Array:
        """Critical ratios, shape as `span` (n_series, n_cutoffs), days."""
        service = Settings().service
        over = [overage_cost(self.holding, self.unit_cost, np.zeros(1), days) for days in span.T]
        target = target_levels(np.full(len(span), np.nan), default=service.level)
        bounds = {"floor": service.floor, "cap": service.cap, "target": target}
        return np.stack([cost_levels(self.shortage, o, **bounds).level for o in over], axis=1)


def drawn_money(price: Array) -> Money:
    """Draw margins and yearly rates for SKUs of which only the price is known."""
    random = np.random.default_rng(_SEED)
    margin, yearly = (random.uniform(*bounds, len(price)) for bounds in (MARGIN, YEARLY))
    return Money(np.asarray(price, np.float64), margin, yearly)


def cost_mode(shop: Shop, ours: Points) -> dict[str, Any]:
    """Total cost of mode `cost`, of each fixed level, and of perfect foresight."""
    money = drawn_money(shop.value)
    levels = money.levels(shop.span)
    fixed = {
        float(level): _cost(shop, money, shop.play(ours(table)))
        for level, table in zip(SWEEP, uniform_levels(shop.quantity.shape), strict=True)
    }
    best = min(fixed, key=lambda level: fixed[level])
    spent = _cost(shop, money, shop.play(ours(levels)))
    over_a_cycle = _cost(shop, money, shop.play(ours(money.levels(shop.cycle))))
    return {
        "cost": round(spent, 1),
        "levels": {f"p{at}": round(float(np.percentile(levels, at)), 4) for at in (5, 50, 95)},
        "best_fixed_level": best,
        "best_fixed_cost": round(fixed[best], 1),
        "fixed": {f"{level:g}": round(cost, 1) for level, cost in fixed.items()},
        "perfect_cost": round(_cost(shop, money, perfect_play(shop.world)), 1),
        "change_vs_best_fixed": round(spent / fixed[best] - 1, 4),
        "change_over_a_cycle": round(over_a_cycle / fixed[best] - 1, 4),
    }


def _cost(shop: Shop, money: Money, play: Play) -> float:
    totals = replayed(shop.world, play, scored_from=shop.scored_from)
    costs = Costs(holding=money.holding * shop.problem.period_days, shortage=money.shortage)
    return float(kpis(totals, costs, groups=np.zeros(len(money.holding), int)).total_cost[0])
