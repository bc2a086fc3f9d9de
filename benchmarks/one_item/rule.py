"""The rule to beat: capped base stock with mean and deviation of all history.

With promised lead time L, mean μ and deviation σ (n − 1) of all demands so far, the given past
included, and z = Φ⁻¹(profit ÷ (profit + holding cost)):

    up to = (1 + L)·μ + z·√(1 + L)·σ,  cap = μ + Φ⁻¹(0.95)·σ,
    order = max(min(up to − on hand − on order, cap), 0), in whole units.

Base stock with a cap on each order is the classic for lost sales (Xin, 2021, Operations Research
69(1):61–70); the cap used here is the 95 % quantile of one period's normal demand.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from benchmarks.one_item.game import Game

__all__ = ["CappedBaseStock"]

CAP_LEVEL = 0.95


class CappedBaseStock:
    """A player of the game that follows the rule.

    Parameters
    ----------
    game : what it may know of it is its past, promise and costs
    write_off : an order of more than twice the promised lead time ago no longer counts as on order
    """

    def __init__(self, game: Game, *, write_off: bool = False) -> None:
        self._demands = game.past.tolist()
        self._periods = 1.0 + game.promised
        self._z = float(ndtri(game.profit / (game.profit + game.holding_cost)))
        self._orders: list[float] = []
        self._counted = 2 * game.promised if write_off else None

    def order(
        self,
        on_hand: float,
        on_order: float,
        *,
        last_demand: float | None = None,
        last_sales: float | None = None,
        arrivals: float = 0.0,
    ) -> float:
        """Units to order now; sales are taken for demand where nothing else is known."""
        heard = last_sales if last_demand is None else last_demand
        if heard is not None:
            self._demands.append(heard)
        if self._counted is not None:
            on_order = min(on_order, sum(self._orders[max(len(self._orders) - self._counted, 0) :]))
        mean, sd = float(np.mean(self._demands)), float(np.std(self._demands, ddof=1))
        up_to = self._periods * mean + self._z * np.sqrt(self._periods) * sd
        cap = mean + float(ndtri(CAP_LEVEL)) * sd
        self._orders.append(float(np.floor(max(min(up_to - on_hand - on_order, cap), 0.0))))
        return self._orders[-1]
