"""Tonight's purchase orders: filled up, joined, at the best price, within the budget, explained."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from stockalert.arrays import BoolArray
from stockalert.disruption import Standing
from stockalert.order_proposals import proposals_frame
from stockalert.purchasing.auto_approval import ApprovalRules, approved_by_rule
from stockalert.purchasing.grouping import below_minimum, filled, joined
from stockalert.purchasing.lines import Lines, lines_of
from stockalert.purchasing.price_breaks import breaks_of, priced, with_breaks
from stockalert.situation import Situation

__all__ = ["Buying", "purchase"]


@dataclass(frozen=True)
class Buying:
    """What the settings and the tables say about buying.

    Attributes
    ----------
    suppliers, supplier_items : the contract's tables, or None
    standing : which suppliers are down or late
    moved : by sku, the usual supplier of what is ordered elsewhere
    join, price_breaks : whether to
    approval : None = every line waits for a yes
    refused : shape (n,), lines that somebody has said no to; None = nobody has
    """

    suppliers: pd.DataFrame | None
    supplier_items: pd.DataFrame | None
    standing: Standing
    moved: pd.Series[str]
    join: bool = True
    price_breaks: bool = True
    approval: ApprovalRules | None = None
    refused: BoolArray | None = None


def purchase(case: Situation, thresholds: pd.DataFrame, buying: Buying) -> pd.DataFrame:
    """Table `order_proposals`, put together per supplier.

    Every line of `thresholds` with something to order is in it, unless somebody has refused it.

    Parameters
    ----------
    thresholds : the contract's table, row by row as in `case`
    """
    lines = lines_of(case, thresholds, buying.suppliers, refused=buying.refused)
    breaks = breaks_of(
        thresholds["sku"], case.items.supplier_id, lines.unit_cost, buying.supplier_items
    )
    budget = case.policy.budget or np.inf
    left = budget - float(lines.cost.sum())
    lines = filled(lines, demand_per_day=case.demand_per_day, left=left)
    if buying.join:
        left = budget - float(lines.cost.sum())
        lines = joined(lines, holding_per_day=case.holding_per_day, left=left)
    lines = priced(lines, breaks)
    if buying.price_breaks:
        lines = with_breaks(
            lines,
            breaks,
            holding_per_day=case.holding_per_day,
            demand_per_day=case.demand_per_day,
            left=budget - float(lines.cost.sum()),
        )
    return _explained(case, thresholds, lines, buying)


def _explained(
    case: Situation, thresholds: pd.DataFrame, lines: Lines, buying: Buying
) -> pd.DataFrame:
    """Lines as a table, with what is to be said of supplier, order and approval."""
    problems = buying.standing.problems(case.items.supplier_id)
    approved = np.zeros(len(lines.units), bool)
    words = [lines.note, _elsewhere(thresholds, buying), _troubled(problems), _too_small(lines)]
    if buying.approval is not None:
        approved = approved_by_rule(
            lines,
            thresholds,
            buying.approval,
            units_per_day=case.demand_per_day,
            troubled=problems.notna().to_numpy(bool),
        )
        words.append(np.where(approved, f"approved by rule: {buying.approval}", "").astype(object))
    return proposals_frame(thresholds, lines, words, approved=approved, as_of=case.as_of)


def _elsewhere(thresholds: pd.DataFrame, buying: Buying) -> npt.NDArray[np.object_]:
    """Say that the usual supplier is down."""
    usual = thresholds["sku"].map(buying.moved).astype("str")
    problem = buying.standing.problems(usual).fillna("")
    told = "ordered elsewhere while " + usual + " is down: " + problem.astype("str")
    return np.asarray(told.where(usual.notna(), "").to_numpy(object))


def _troubled(problems: pd.Series[str]) -> npt.NDArray[np.object_]:
    """Say what is wrong with the supplier that is ordered from."""
    return np.asarray(("the supplier: " + problems).fillna("").to_numpy(object))


def _too_small(lines: Lines) -> npt.NDArray[np.object_]:
    """Say that an order stays below its supplier's minimum value."""
    short = below_minimum(lines)
    value = lines.order_value
    least = lines.suppliers["min_order_value"].to_numpy(np.float64)
    words = [
        f"the order's value {value[i]:.2f} stays below the minimum of {least[i]:.6g}, "
        "and nothing else can be added"
        if short[i]
        else ""
        for i in range(len(value))
    ]
    return np.array([*words, ""], dtype=object)[lines.supplier]
