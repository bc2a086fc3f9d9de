"""The standard policies, from tables of thresholds that may change as time goes by.

Each level is one number, one per series, or a table with one column per refresh: column j is in
force from the period `since[j]` on (a threshold computed with cutoff c, from c + 1 on). Without
`since`, column t belongs to period t. So thresholds recomputed nightly or weekly are replayed as
they were published. They order by the same function as the nightly job, `policy.order_plan`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stockalert.arrays import FloatArray, IntArray, NumberArray
from stockalert.policy import order_plan
from stockalert.simulation.situation import Situation

__all__ = ["BaseStock", "FixedQuantity", "OrderUpTo"]

Level = NumberArray | float


@dataclass(frozen=True)
class OrderUpTo:
    """(s, S): when the position is at or below s, order up to S.

    Attributes
    ----------
    reorder_point, order_up_to : s and S, units; see the module's text
    since : shape (n_columns,), periods, ascending
    """

    reorder_point: Level
    order_up_to: Level
    since: IntArray | None = None

    def __call__(self, situation: Situation, /) -> FloatArray:
        """Units to order tonight."""
        point = _in_force(self.reorder_point, self.since, situation)
        lot = _in_force(self.order_up_to, self.since, situation) - point
        daily = np.zeros(len(point))
        plan = order_plan(
            situation.position, point, lot, daily, situation.lots, policy="reorder_point"
        )
        return plan.order_quantity


@dataclass(frozen=True)
class FixedQuantity:
    """(s, nQ): when the position is at or below s, order as many lots Q as lift it above s.

    Attributes
    ----------
    reorder_point, quantity : s and Q, units; see the module's text
    since : shape (n_columns,), periods, ascending
    """

    reorder_point: Level
    quantity: Level
    since: IntArray | None = None

    def __call__(self, situation: Situation, /) -> FloatArray:
        """Units to order tonight."""
        point = _in_force(self.reorder_point, self.since, situation)
        lot = _in_force(self.quantity, self.since, situation)
        daily = np.zeros(len(point))
        plan = order_plan(
            situation.position, point, lot, daily, situation.lots, policy="fixed_quantity"
        )
        return plan.order_quantity


@dataclass(frozen=True)
class BaseStock:
    """Order up to S at every review.

    Attributes
    ----------
    level : S, units; see the module's text
    since : shape (n_columns,), periods, ascending
    """

    level: Level
    since: IntArray | None = None

    def __call__(self, situation: Situation, /) -> FloatArray:
        """Units to order tonight."""
        level = _in_force(self.level, self.since, situation)
        none = np.zeros(len(level))
        plan = order_plan(
            situation.position, level, none, none, situation.lots, policy="base_stock"
        )
        return plan.order_quantity


def _in_force(level: Level, since: IntArray | None, situation: Situation) -> FloatArray:
    """Level of each series in the night before the situation's period; shape (n,), units."""
    given = np.asarray(level, np.float64)
    n_series = len(situation.on_hand)
    if given.ndim == 0:
        return np.full(n_series, float(given))
    if given.ndim == 1:
        return given[situation.series]
    column = situation.period
    if since is not None:
        column = int(np.searchsorted(since, situation.period, side="right")) - 1
    if not 0 <= column < given.shape[1]:
        raise ValueError(f"no threshold is in force in period {situation.period}")
    return given[situation.series, column]
