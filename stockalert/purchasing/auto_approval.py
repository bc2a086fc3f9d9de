"""Which order lines need nobody's yes: every rule must hold, and the line says so."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from stockalert.arrays import BoolArray, FloatArray
from stockalert.purchasing.grouping import below_minimum
from stockalert.purchasing.lines import Lines

__all__ = ["ApprovalRules", "approved_by_rule"]


@dataclass(frozen=True)
class ApprovalRules:
    """When a line is approved by rule; 0 = no such rule.

    Attributes
    ----------
    classes : ABC classes that may be
    formula : whether lines may be that no model has forecast
    min_units_per_day : expected demand, units per day
    min_service_level : share
    max_line_value, max_order_value : currency; a line without a known cost then never is
    """

    classes: tuple[str, ...] = ("A",)
    formula: bool = False
    min_units_per_day: float = 0.0
    min_service_level: float = 0.0
    max_line_value: float = 0.0
    max_order_value: float = 0.0

    def __str__(self) -> str:
        """Say the rules in words."""
        words = [f"class {' or '.join(self.classes)}"]
        if self.min_units_per_day:
            words.append(f"sells {self.min_units_per_day:g} a day or more")
        if self.min_service_level:
            words.append(f"service level {self.min_service_level:g} or more")
        if self.max_line_value:
            words.append(f"line up to {self.max_line_value:g}")
        if self.max_order_value:
            words.append(f"order up to {self.max_order_value:g}")
        return ", ".join(words)


def approved_by_rule(
    lines: Lines,
    thresholds: pd.DataFrame,
    rules: ApprovalRules,
    *,
    units_per_day: FloatArray,
    troubled: BoolArray,
) -> BoolArray:
    """Whether each line is approved by rule, shape (n,).

    Never are: orders below their supplier's minimum value, lines without a supplier, and lines
    whose supplier has a problem.

    Parameters
    ----------
    thresholds : the contract's table, row by row as in `lines`
    units_per_day : shape (n,), expected demand
    troubled : shape (n,), the line's supplier is down or late
    """
    money = lines.units * lines.price
    of_order = np.append(lines.order_value, np.inf)[lines.supplier]
    holds = (lines.units > 0) & (lines.supplier >= 0) & ~troubled
    holds &= ~below_minimum(lines)[lines.supplier]
    holds &= rules.formula | (thresholds["method"] != "formula").to_numpy(bool)
    holds &= thresholds["abc_class"].isin(rules.classes).to_numpy(bool)
    holds &= units_per_day >= rules.min_units_per_day
    holds &= thresholds["service_level"].to_numpy(np.float64) >= rules.min_service_level
    if rules.max_line_value:
        holds &= money <= rules.max_line_value  # an unknown cost is not below anything
    if rules.max_order_value:
        holds &= (of_order <= rules.max_order_value) & np.isfinite(money)
    return np.asarray(holds)
