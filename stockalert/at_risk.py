"""What tonight's stock is expected to miss before an order placed now could arrive."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stockalert.quantiles import expected_excess
from stockalert.service_modes import shortage_costs
from stockalert.situation import Situation

__all__ = ["AtRisk", "at_risk"]


@dataclass(frozen=True)
class AtRisk:
    """Of the whole shop.

    Attributes
    ----------
    units : expected demand that the inventory position does not cover, units
    cost : what missing it costs, currency; of the items whose cost of a unit short is known
    unknown : items at risk whose cost is not known
    """

    units: float
    cost: float
    unknown: int


def at_risk(case: Situation) -> AtRisk | None:
    """Σ E[(D − position)⁺] over the protection interval, in units and money; None without stock."""
    if case.position is None:
        return None
    held = np.maximum(case.inventory_position, 0.0)
    missed = expected_excess(case.outlook.values, case.outlook.levels, held)
    cost = np.asarray(shortage_costs(case), np.float64)
    known = np.isfinite(cost)
    return AtRisk(
        units=float(missed.sum()),
        cost=float((missed * np.where(known, np.maximum(cost, 0.0), 0.0)).sum()),
        unknown=int((~known & (missed > 0)).sum()),
    )
