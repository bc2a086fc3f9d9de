"""The level of every series, by the mode that the settings ask for.

Obsolescence has three faces. A yearly rate is a cost per unit and day, like storage. A shelf life
and an end of sale are a chance: that the unit left over at the end of its cycle is not sold before
its last day. The chance is read off the forecast: P(demand until then < stock) ÷ P(demand over the
protection interval < stock), with the stock at the target level; the lowest level of the forecast
is taken off, since the curve below it is a line to 0 that nobody forecast. The chance is 0 for tins
that sell in a week and 1 for what is off the shelves before it arrives, and adds its share of the
unit's cost.
"""

from __future__ import annotations

import numpy as np

from stockalert.arrays import FloatArray
from stockalert.quantiles import probability_at_most, quantile_at
from stockalert.service_level import (
    ServiceLevels,
    cost_levels,
    fill_rate_levels,
    overage_cost,
    shortage_cost,
    target_levels,
)
from stockalert.situation import Situation

__all__ = ["service_levels", "shortage_costs", "unsold_probability"]


def service_levels(case: Situation) -> ServiceLevels:
    """Level and source of every series' reorder point."""
    policy, items = case.policy, case.items
    own = items["target_service_level"]
    target = target_levels(own, default=policy.level, source=policy.level_source)
    if policy.mode == "cost":
        over = overage_cost(
            case.holding_per_day, items["unit_cost"], items["obsolescence_rate"], case.overage_days
        )
        unsold = unsold_probability(case, target.level)
        lost = np.where(unsold > 0, unsold * items["unit_cost"], 0.0)
        return cost_levels(
            shortage_costs(case), over + lost, floor=policy.floor, cap=policy.cap, target=target
        )
    if policy.mode == "fill_rate":
        outlook = case.outlook
        return fill_rate_levels(
            *(outlook.values, outlook.levels, case.lot),
            target=target,
            floor=policy.floor,
            cap=policy.cap,
        )
    return target


def shortage_costs(case: Situation) -> FloatArray:
    """Cost of one unit short, shape (n,), currency; NaN = unknown."""
    items = case.items
    return shortage_cost(
        items["unit_price"],
        items["unit_cost"],
        items["stockout_cost_per_unit"],
        goodwill_share=case.policy.goodwill_share,
    )


def unsold_probability(case: Situation, level: FloatArray) -> FloatArray:
    """Chance that a unit left at the end of its cycle is never sold; see the module's text.

    Parameters
    ----------
    level : shape (n,), share; the stock is the quantile at it

    Returns
    -------
    shape (n,), share; 0 where goods keep
    """
    days, levels = case.sellable_days, case.outlook.levels
    stock = quantile_at(case.outlook.values, levels, level)
    until = case.horizons.within(np.where(np.isnan(days), 0.0, days))
    below = np.nextafter(stock, -np.inf)
    still, left = (probability_at_most(x, levels, below) for x in (until, case.outlook.values))
    lowest = levels[0]
    chance = np.divide(still - lowest, left - lowest, out=0 * still, where=left > lowest)
    return np.where(np.isnan(days), 0.0, np.clip(chance, 0.0, 1.0))
