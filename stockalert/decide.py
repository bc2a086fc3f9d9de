"""From quantiles of demand to what is decided: levels, reorder points, orders."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np

from stockalert.arrays import FloatArray
from stockalert.formulas import formula_reorder_point, static_reorder_point
from stockalert.items import Items
from stockalert.outlook import Horizons, Outlook
from stockalert.policy import LotRules, Policy, economic_quantity, lot_size, order_plan
from stockalert.positions import Position, order_by_dates
from stockalert.service_level import (
    ServiceLevels,
    cost_levels,
    cycle_days,
    holding_cost_per_day,
    overage_cost,
    shortage_cost,
    target_levels,
)
from stockalert.thresholds import Decision, Supply, reorder_points

__all__ = ["Horizons", "Past", "ServicePolicy", "decide"]


@dataclass(frozen=True)
class ServicePolicy:
    """The settings that a decision needs.

    Attributes
    ----------
    mode : `target` or `cost`
    level, floor, cap : share
    goodwill_share : share of the price
    order_policy : see `stockalert.policy.order_plan`
    """

    mode: Literal["target", "cost"]
    level: float
    floor: float
    cap: float
    goodwill_share: float
    order_policy: Policy


@dataclass(frozen=True)
class Past:
    """Demand per period of the last 180 days, in-stock periods only; shape (n,), units.

    `period_days` is 1 or 7.
    """

    mean: FloatArray
    sd: FloatArray
    period_days: int


def decide(
    outlook: Outlook,
    horizons: Horizons,
    supply: Supply,
    items: Items,
    past: Past,
    *,
    policy: ServicePolicy,
    position: Position | None,
    as_of: date,
) -> Decision:
    """Decide level, reorder point, order quantity and order-by date of every series.

    Parameters
    ----------
    outlook : demand over the protection intervals
    position : None = no stock table: nothing is ordered
    """
    per_day = outlook.expected_demand / np.maximum(supply.protection_days, 1e-9)
    holding = holding_cost_per_day(
        items["unit_cost"], items["holding_rate"], items["holding_cost_per_unit_day"]
    )
    economic = economic_quantity(per_day, items.order_cost, holding)
    lot = lot_size(economic, items["moq"], horizons.expected_over(supply.review_days))
    lot = np.where(outlook.expected_demand > 0, lot, 0.0)  # nobody restocks what nobody wants
    cycle = cycle_days(supply.review_days, np.fmax(economic, items["moq"]), per_day)
    service = _levels(items, holding, cycle, policy)
    point = reorder_points(outlook.values, outlook.levels, service.level, items.whole)
    nowhere = np.full(len(point), np.nan)
    at = nowhere if position is None else position.inventory_position
    rules = LotRules(
        moq=items["moq"],
        case_pack=items["case_pack"],
        max_stock=items["max_stock"],
        sellable=_sellable(items, supply, per_day),
        whole=items.whole,
    )
    plan = order_plan(at, point, lot, supply.review_days, rules, policy=policy.order_policy)
    periods = supply.protection_days / past.period_days
    return Decision(
        reorder_point=point,
        service=service,
        plan=plan,
        static_reorder_point=static_reorder_point(past.mean, periods),
        formula_reorder_point=formula_reorder_point(past.mean, past.sd, periods, service.level),
        order_by=order_by_dates(at, point, horizons.median, horizons.days, as_of=as_of),
    )


def _levels(
    items: Items, holding: FloatArray, cycle: FloatArray, policy: ServicePolicy
) -> ServiceLevels:
    target = target_levels(items["target_service_level"], default=policy.level)
    if policy.mode == "target":
        return target
    short = shortage_cost(
        items["unit_price"],
        items["unit_cost"],
        items["stockout_cost_per_unit"],
        goodwill_share=policy.goodwill_share,
    )
    over = overage_cost(holding, items["unit_cost"], items["obsolescence_rate"], cycle)
    return cost_levels(short, over, floor=policy.floor, cap=policy.cap, target=target)


def _sellable(items: Items, supply: Supply, per_day: FloatArray) -> FloatArray:
    """Demand until goods ordered now expire; NaN where they do not."""
    life = items["shelf_life_days"]
    usable = np.where(life > 0, life, np.nan)
    return np.asarray(per_day * (supply.lead_times.mean_days + usable))
