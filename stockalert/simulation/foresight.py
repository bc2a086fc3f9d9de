"""Perfect foresight: what nobody can beat.

It knows all demand and all lead times, loses only what no order could have saved, and holds the
least stock with which that is possible. Orders can arrive in some periods only (those some night's
order reaches); what is wanted between two of them must come with the earlier one or before. So by
each such arrival all orders together must have brought at least the largest shortfall of the
opening stock up to the next, and bringing exactly that is least in every single period.

It is a bound on units not served at once and, among those who lose as little (and owe as little,
where unmet demand is owed), on stock in every single period. It places as many orders as it likes,
so it bounds neither order costs nor, where losing a sale is cheaper than holding a unit until
then, total cost. MOQ, maximum stock and shelf life can only make both worse; they are left out,
case packs are kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from stockalert.arrays import BoolArray, FloatArray, IntArray
from stockalert.policy import purchasable
from stockalert.simulation.replay import Outcome, simulate
from stockalert.simulation.situation import Situation
from stockalert.simulation.world import World

__all__ = ["PerfectForesight", "perfect_foresight"]


def perfect_foresight(
    world: World,
    *,
    scored_from: int | None = None,
    block_size: int | None = None,
    keep_trace: bool = False,
) -> Outcome:
    """Replay perfect foresight over a world without MOQ, maximum stock and shelf life.

    Parameters
    ----------
    As of `simulate`.

    Examples
    --------
    >>> demand = np.array([[3.0, 0.0, 5.0, 1.0]])
    >>> outcome = perfect_foresight(World.of(demand, lead_times=1), keep_trace=True)
    >>> outcome.trace.ordered.tolist(), outcome.trace.served.tolist()
    ([[0.0, 5.0, 1.0, 0.0]], [[0.0, 0.0, 5.0, 1.0]])
    """
    free = world.without_limits()
    return simulate(
        free,
        PerfectForesight(free),
        scored_from=scored_from,
        block_size=block_size,
        keep_trace=keep_trace,
    )


@dataclass(frozen=True)
class PerfectForesight:
    """The policy itself, for the world it was made for; the only one that may look ahead.

    It is exact where the world has no MOQ, maximum stock or shelf life; see `perfect_foresight`.
    """

    world: World
    _plans: dict[tuple[int, int], FloatArray] = field(
        default_factory=dict, repr=False, compare=False
    )

    def __call__(self, situation: Situation, /) -> FloatArray:
        """Units to order tonight."""
        series = situation.series
        block = (series.start, series.stop)
        if block not in self._plans:
            # One block is replayed after the other: the plan of the last one is done.
            self._plans.clear()
            self._plans[block] = _plan(self.world.take(series))
        return np.asarray(self._plans[block][situation.period - self.world.begins])


def _plan(world: World) -> FloatArray:
    """Units to order in each night; shape (n_replayed, n_series)."""
    n_periods, n_series = world.n_replayed, len(world.demand)
    if n_periods == 0:
        return np.zeros((0, n_series))
    order_night = _order_nights(world)
    reached = order_night >= 0
    shortfall = _shortfall(world, reached)
    needed = np.take_along_axis(shortfall, _last_before_next(reached), axis=0)
    pack_only = world.without_limits().lots
    brought = np.where(reached, purchasable(needed, np.zeros(n_series), pack_only), 0.0)
    brought = np.maximum.accumulate(brought, axis=0)
    lots = np.diff(brought, axis=0, prepend=0.0)
    plan = np.zeros((n_periods, n_series))
    arrival, series = np.nonzero(reached)
    plan[order_night[arrival, series], series] = lots[arrival, series]
    return plan


def _order_nights(world: World) -> IntArray:
    """Latest night whose order arrives in each period, −1 = none; shape (n_replayed, n_series)."""
    n_periods, n_series = world.n_replayed, len(world.demand)
    nights = np.full((n_periods + 1, n_series), -1, np.int32)
    for night in range(n_periods):
        period = world.begins + night
        may = np.flatnonzero(world.review[:, period])
        arrival = np.minimum(night + world.lead_times[may, period], n_periods)
        nights[arrival, may] = night
    return nights[:-1]


def _shortfall(world: World, reached: BoolArray) -> FloatArray:
    """Units that orders must have brought by the end of each period; shape as `reached`.

    Never falling, and 0 before the first period that an order can reach.
    """
    wanted = np.cumsum(world.demand[:, world.begins :].T, axis=0, dtype=np.float64)
    there = np.zeros_like(wanted)
    there[0] = world.on_hand - world.backordered
    for period, units in enumerate(world.arrivals.T[: len(there)]):
        there[period] += units
    missing = wanted - np.cumsum(there, axis=0)
    in_time = np.logical_or.accumulate(reached, axis=0)
    if world.unmet == "backordered":
        missing = np.where(in_time, missing, 0.0)
        return np.maximum.accumulate(np.maximum(missing, 0.0), axis=0)
    worst = np.maximum.accumulate(np.maximum(missing, 0.0), axis=0)
    # What is lost before the first order can arrive is gone and needs no goods any more.
    lost = np.max(worst, axis=0, where=~in_time, initial=0.0)
    return np.where(in_time, worst - lost, 0.0)


def _last_before_next(reached: BoolArray) -> IntArray:
    """Last period before the next that an order reaches; shape as `reached`."""
    n_periods = len(reached)
    at = np.where(reached, np.arange(n_periods)[:, None], n_periods)
    following = np.minimum.accumulate(at[::-1], axis=0)[::-1]
    return np.vstack([following[1:], np.full((1, reached.shape[1]), n_periods)]) - 1
