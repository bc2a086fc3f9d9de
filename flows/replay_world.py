"""The world that a backtest is played in, and what things cost in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.panel import Panel
from features.true_demand import true_demand
from flows.settings import Settings
from flows.supply import SupplyFacts
from stockalert.arrays import FloatArray
from stockalert.formulas import formula_window, moments
from stockalert.items import Items
from stockalert.service_level import holding_cost_per_day, shortage_cost
from stockalert.simulation import Costs, OrderRules, World, draw_lead_times, lot_rules, review_every

__all__ = ["Priced", "costs_of", "world_of"]


def world_of(panel: Panel, facts: SupplyFacts, *, begins: int, settings: Settings) -> World:
    """Make the world: true demand, lead times drawn once for all, rules of ordering.

    Lead times are drawn from what was learned before the first night. Shelf lives and MOQs are the
    products'; what sells before it spoils is judged by the mean before the first night.

    Parameters
    ----------
    panel : up to the last day of the replay
    facts : known before the first night, aligned with the panel
    begins : first period that is replayed
    """
    items, supply, length = facts.items, facts.supply, panel.period_days
    leads = draw_lead_times(
        supply.lead_times, panel.n_periods, seed=settings.model.seed, period_days=length
    )
    every = np.maximum(np.rint(supply.review_days / length), 1).astype(np.int64)
    life = items["shelf_life_days"]
    lots = lot_rules(
        panel.n_series,
        moq=items["moq"],
        case_pack=items["case_pack"],
        max_stock=items["max_stock"],
        sellable=_sellable(panel, facts, begins),
        whole=items.whole,
    )
    shelf = np.where(life > 0, np.maximum(np.floor(life / length), 1), np.inf)
    return World.of(
        true_demand(panel, items.whole),
        lead_times=leads,
        rules=OrderRules(lots, review_every(every, panel.n_periods, first=begins), shelf),
        unmet=settings.unmet_demand,
        begins=begins,
        promised=np.rint(supply.lead_times.mean_days / length),
    )


def _sellable(panel: Panel, facts: SupplyFacts, begins: int) -> FloatArray:
    """Units that sell before what is ordered spoils, at the mean before the first night."""
    past = slice(max(begins - formula_window(panel.period_days), 0), begins)
    mean, _ = moments(panel.units[:, past], panel.observed[:, past] >= 0.5)
    life = facts.items["shelf_life_days"]
    days = facts.supply.lead_times.mean_days + np.where(life > 0, life, np.nan)
    # A series without a past has no mean to be held to.
    return np.where(mean > 0, mean / panel.period_days * days, np.nan)


@dataclass(frozen=True)
class Priced:
    """Costs of the replay, and in words what had to be assumed."""

    costs: Costs
    notes: tuple[str, ...]


def costs_of(panel: Panel, items: Items, *, begins: int, settings: Settings) -> Priced:
    """Prices and costs of every series; what is unknown is assumed, and said.

    A price that products do not tell is the last one paid before the first night; a cost that they
    do not tell is the price; with neither a unit is worth 1. A unit short of unknown cost counts as
    what the unit is worth.
    """
    price = items["unit_price"]
    if panel.price is not None:
        price = np.where(np.isnan(price), panel.price[:, begins - 1], price)
    cost = items["unit_cost"]
    nothing = np.isnan(price) & np.isnan(cost)
    value = np.where(nothing, 1.0, np.where(np.isnan(cost), price, cost))
    sold_at = np.where(np.isnan(price), value, price)
    daily = holding_cost_per_day(value, items["holding_rate"], items["holding_cost_per_unit_day"])
    short = shortage_cost(
        price,
        cost,
        items["stockout_cost_per_unit"],
        goodwill_share=settings.service.goodwill_share,
    )
    rate = np.nan_to_num(np.clip(items["obsolescence_rate"], 0.0, None))
    assumed = {
        "have neither price nor cost: a unit counts as 1": nothing,
        "have no unit cost: stock is valued at their price": np.isnan(cost) & ~nothing,
        "have no holding cost: holding them is free": np.isnan(daily),
        "have no margin: a unit short costs what it is worth": np.isnan(short),
    }
    costs = Costs(
        unit_price=sold_at,
        unit_cost=value,
        holding=np.nan_to_num(daily) * panel.period_days,
        obsolescence=rate * value / 365.0 * panel.period_days,
        ordering=np.nan_to_num(np.clip(items.order_cost, 0.0, None)),
        shortage=np.where(np.isnan(short), value, np.clip(short, 0.0, None)),
    )
    told = tuple(
        f"{int(n.sum()):,} of {len(n):,} series {words}" for words, n in assumed.items() if n.any()
    )
    return Priced(costs, told)
