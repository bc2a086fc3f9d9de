"""What to order tonight: the policy's wish, what can be bought of it, what the budget allows.

Where unserved demand is lost and policy `auto` meets a review of a week or more, the wish is the
scenario quantity (`stockalert.scenarios`), else `stockalert.policy`'s. Whatever holds an order back
is said in a note.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from stockalert.arrays import BoolArray, FloatArray
from stockalert.budget import within_budget
from stockalert.mapped import rows_of
from stockalert.outlook import Horizons
from stockalert.pipeline import timeline_of
from stockalert.policy import (
    BASE_STOCK_REVIEW_DAYS,
    LotRules,
    OrderPlan,
    order_plan,
    purchasable,
)
from stockalert.positions import Position
from stockalert.scenarios import scenario_orders
from stockalert.service_level import ServiceLevels
from stockalert.service_modes import shortage_costs
from stockalert.situation import Situation

__all__ = ["Orders", "order_tonight"]

DAYS_PER_WEEK = 7.0
TINY = 1e-9


@dataclass(frozen=True)
class Orders:
    """Order-up-to levels and quantities, and what held them back.

    Attributes
    ----------
    note : one text per series; null = nothing held the order back
    """

    plan: OrderPlan
    note: pd.Series[str]


def order_tonight(case: Situation, service: ServiceLevels, point: FloatArray) -> Orders:
    """Decide every series' order.

    Parameters
    ----------
    service : level of each series
    point : shape (n,), units; reorder point
    """
    at, rules = case.inventory_position, case.lot_rules
    plan = order_plan(
        at, point, case.lot, case.supply.review_days, rules, policy=case.policy.order_policy
    )
    unlimited = replace(
        rules, max_stock=np.full_like(at, np.nan), sellable=np.full_like(at, np.nan)
    )
    wish = order_plan(
        at, point, case.lot, case.supply.review_days, unlimited, policy=case.policy.order_policy
    ).order_quantity
    possible, projected = plan.order_quantity, _projected(case)
    if case.position is not None and projected.any():
        need = np.where(projected, _needed(case, case.position, service, projected), 0.0)
        possible = np.where(projected, purchasable(need, at, rules), possible)
        wish = np.where(projected, purchasable(need, at, unlimited), wish)
    bought = _within_budget(case, possible, rules)
    up_to = np.where(projected, at + bought, plan.order_up_to_level)
    return Orders(OrderPlan(up_to, bought), _notes(point, wish, possible, bought, rules))


def _projected(case: Situation) -> BoolArray:
    """Series whose order is projected by scenarios."""
    asked = case.policy.unmet_demand == "lost" and case.policy.order_policy == "auto"
    periodic = case.supply.review_days >= BASE_STOCK_REVIEW_DAYS
    return np.asarray(asked & periodic & np.isfinite(case.inventory_position))


def _needed(
    case: Situation, position: Position, service: ServiceLevels, which: BoolArray
) -> FloatArray:
    """Scenario quantity of the series in `which`, 0 for the others; weeks are the unit of time."""
    supply = case.supply.take(which)
    line = timeline_of(position.coming.take(which), supply)
    horizons = case.horizons
    needed = np.zeros(len(which))
    needed[which] = scenario_orders(
        (position.on_hand - position.backordered)[which],
        replace(line, ends=line.ends / DAYS_PER_WEEK),
        Horizons(horizons.days / DAYS_PER_WEEK, rows_of(horizons.values, which), horizons.levels),
        level=service.level[which],
        correlation=case.past.correlation,
        whole=case.items.whole[which],
    )
    return needed


def _within_budget(case: Situation, possible: FloatArray, rules: LotRules) -> FloatArray:
    """Orders cut to the budget; a unit short of unknown cost is worth what the unit costs."""
    cost, short = case.items["unit_cost"], shortage_costs(case)
    return within_budget(
        possible,
        case.inventory_position,
        case.outlook,
        rules,
        unit_cost=cost,
        worth=np.where(np.isnan(short), cost, np.clip(short, 0.0, None)),
        budget=case.policy.budget,
    )


def _notes(
    point: FloatArray, wish: FloatArray, possible: FloatArray, bought: FloatArray, rules: LotRules
) -> pd.Series[str]:
    """Say what held each order back, where something did."""
    held, cut = possible < wish - TINY, bought < possible - TINY
    reasons = (
        (rules.max_stock < point, "max_stock {most} is below the reorder point {point}"),
        (held & (possible > 0), "{limit} cut it from {wish} to {possible}"),
        (held & (possible <= 0), "{limit} leaves no room for the {wish} wanted"),
        (cut & (bought > 0), "the budget cut it from {possible} to {bought}"),
        (cut & (bought <= 0), "the budget went elsewhere; {possible} wanted"),
    )
    full = np.fmin(rules.max_stock, np.inf) <= np.fmin(rules.sellable, np.inf)
    figures = {
        "most": rules.max_stock,
        "point": point,
        "wish": wish,
        "possible": possible,
        "bought": bought,
        "limit": np.where(full, "max_stock", "the last day on sale"),
    }
    note = np.full(len(point), "", dtype=object)
    for holds, words in reasons:
        rows = np.flatnonzero(holds)
        told = _worded(words, {name: values[rows] for name, values in figures.items()})
        note[rows] += np.where(note[rows] == "", "", "; ").astype(object) + told
    text = pd.Series(note, dtype="str")
    return text.where(text != "")


def _worded(words: str, figures: Mapping[str, npt.NDArray[Any]]) -> npt.NDArray[np.object_]:
    """Fill figures into words, row by row."""
    names = list(figures)
    rows = zip(*figures.values(), strict=True)
    told = [
        words.format(**{n: _figure(x) for n, x in zip(names, row, strict=True)}) for row in rows
    ]
    return np.array(told, dtype=object)


def _figure(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.6g}"
