"""What a policy is told, and what it must answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from stockalert.arrays import BoolArray, FloatArray
from stockalert.policy import LotRules
from stockalert.simulation.pipeline import Pipeline

__all__ = ["Policy", "Situation"]


@dataclass(frozen=True)
class Situation:
    """The night before a period, as it may be known in that night.

    The arrays are read-only views that end at the cutoff: nothing later can be read from them.

    Attributes
    ----------
    series : rows of the world that are asked for, for policies with tables of their own
    period : the period about to open; what is known ends with the period before
    review : shape (n,); who may order tonight (answers of the others are ignored)
    demand : shape (n, period), units; true demand of all periods up to the cutoff
    served : shape (n, period), units; demand served at once: where unmet demand is lost, this is
        what a shop sees of it. Before the beginning both are the same.
    on_hand, on_order, backordered : shape (n,), units; orders that never arrive stay on order
    lots : what an order must obey; the replay applies it to every answer
    pipeline : orders under way by age, and arrivals by period as promised
    """

    series: slice
    period: int
    review: BoolArray
    demand: FloatArray
    served: FloatArray
    on_hand: FloatArray
    on_order: FloatArray
    backordered: FloatArray
    lots: LotRules
    pipeline: Pipeline

    @property
    def cutoff(self) -> int:
        """Last period whose demand is known; −1 where the replay begins without history."""
        return self.period - 1

    @property
    def position(self) -> FloatArray:
        """Inventory position: on hand + on order − backordered; shape (n,), units."""
        return self.on_hand + self.on_order - self.backordered


class Policy(Protocol):
    """Anything that answers a situation with the units to order, shape (n,), each ≥ 0.

    MOQ, case packs and limits are applied to the answer, so a policy may leave them to the replay.
    """

    def __call__(self, situation: Situation, /) -> FloatArray:
        """Units to order tonight."""
        ...
