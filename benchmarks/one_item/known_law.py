"""The same decision with nothing left to learn: a bound on what better forecasts could earn.

It knows the law of the path (every parameter, changes still to come included) and of the lead
times, but no draw of the future.
"""

from __future__ import annotations

import numpy as np

from benchmarks.one_item.game import Game
from benchmarks.one_item.paths import Law
from stockalert.arrays import FloatArray
from stockalert.one_item import OneItem
from stockalert.one_item.scenarios import N_SCENARIOS
from stockalert.one_item.supply import Supply

__all__ = ["KnownLaw"]


class _KnownSupply(Supply):
    """Lead times whose probabilities are given, shape (longest + 2,)."""

    def __init__(self, game: Game, chances: FloatArray) -> None:
        super().__init__(game.promised, deliveries_first=not game.order_first)
        self._chances = chances

    def lead_times(self) -> FloatArray:
        """The given probabilities."""
        return self._chances


class KnownLaw(OneItem):
    """A player of the game that knows its laws."""

    def __init__(self, game: Game, law: Law, seed: int) -> None:
        super().__init__(
            game.past,
            lead_time=game.promised,
            profit=game.profit,
            holding_cost=game.holding_cost,
            deliveries_first=not game.order_first,
        )
        chances = np.zeros(self._supply.longest + 2)
        chances[game.promised] = 1.0
        if len(set(game.lead_times.tolist())) > 1:
            chances[:] = 0.0
            chances[[1, 2, 3, -1]] = 0.25
        self._supply = _KnownSupply(game, chances)
        self._law = law
        self._rng = np.random.default_rng([7, seed])
        self._period = len(game.past)
        self._last = float(game.past[-1])

    def _hear(self, demand: float | None, sales: float | None, sold_out: bool) -> None:
        if demand is not None:
            self._period += 1
            self._last = demand

    def _demand(self, horizon: int) -> FloatArray:
        law, now = self._law, self._period
        noise = np.full(N_SCENARIOS, self._last / law.level - law.mean[now - 1])
        shocks = law.shocks(self._rng, (N_SCENARIOS, horizon))
        periods = np.minimum(np.arange(now, now + horizon), len(law.mean) - 1)
        paths = np.empty((N_SCENARIOS, horizon))
        for h, period in enumerate(periods):
            noise = law.carry * noise + law.sd[period] * shocks[:, h]
            paths[:, h] = law.mean[period] + noise
        return law.units(paths)
