"""Replay a policy over a world."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stockalert.arrays import FloatArray
from stockalert.policy import purchasable
from stockalert.simulation.shelf import Shelf
from stockalert.simulation.situation import Policy, Situation
from stockalert.simulation.trace import Totals, Trace
from stockalert.simulation.world import World

__all__ = ["Outcome", "simulate"]


@dataclass(frozen=True)
class Outcome:
    """What a policy did.

    Attributes
    ----------
    totals : sums per series over the scored periods; see `kpis`
    trace : every replayed period, or None where it was not asked for
    """

    totals: Totals
    trace: Trace | None


def simulate(
    world: World,
    policy: Policy,
    *,
    scored_from: int | None = None,
    block_size: int | None = None,
    keep_trace: bool = False,
) -> Outcome:
    """Replay a policy over all series and periods of a world; see `world` for the order of events.

    Parameters
    ----------
    world : what every policy meets
    policy : asked in each night in which some series may order
    scored_from : first period that counts in the totals; those before warm up. None = all count.
    block_size : series replayed together, which bounds memory
        Some 40 bytes per series and period of a block. None = all at once: needed by policies that
        weigh series against each other (a budget).
    keep_trace : keep every period of every series

    Raises
    ------
    ValueError
        The policy answers with something that is not a number of units ≥ 0 per series.

    Examples
    --------
    A shop that sells 4 a day, reviews every night, and waits two days for the supplier:

    >>> from stockalert.simulation import BaseStock, Start
    >>> world = World.of(np.full((1, 10), 4.0), lead_times=2, start=Start(on_hand=[8.0]))
    >>> outcome = simulate(world, BaseStock(12.0), keep_trace=True)
    >>> outcome.trace.ordered[0, :4].tolist(), outcome.totals.lost.tolist()
    ([4.0, 4.0, 4.0, 4.0], [0.0])
    """
    n_series, n_periods = world.demand.shape
    first = world.begins if scored_from is None else scored_from
    if not world.begins <= first <= n_periods:
        expected = f"expected a period of {world.begins}…{n_periods}"
        raise ValueError(f"scored_from: {expected}, found {first}")
    size = block_size or max(n_series, 1)
    totals, traces = [], []
    for start in range(0, max(n_series, 1), size):
        trace = _replay(world, slice(start, min(start + size, n_series)), policy)
        totals.append(Totals.of(trace, skip=first - world.begins))
        if keep_trace:
            traces.append(trace)
    return Outcome(Totals.joined(totals), Trace.joined(traces) if keep_trace else None)


def _replay(world: World, series: slice, policy: Policy) -> Trace:
    """Replay one block of series."""
    shelf = Shelf(world.take(series))
    for period in range(world.begins, world.demand.shape[1]):
        situation = shelf.situation(period, series)
        if situation.review.any():
            shelf.order(period, _granted(policy(situation), situation))
        shelf.trade(period)
    return shelf.trace()


def _granted(asked: FloatArray, situation: Situation) -> FloatArray:
    """What the supplier delivers of what the policy asks for."""
    units = np.asarray(asked, np.float64)
    where = f"the policy's answer before period {situation.period}"
    if units.shape != situation.on_hand.shape:
        expected = situation.on_hand.shape
        raise ValueError(f"{where}: expected the shape {expected}, found {units.shape}")
    wrong = ~(np.isfinite(units) & (units >= 0)) & situation.review
    if wrong.any():
        row = int(np.argmax(wrong))
        found = f"found {units[row]} for series {situation.series.start + row}"
        raise ValueError(f"{where}: expected units ≥ 0, {found}")
    units = np.where(situation.review, units, 0.0)
    return purchasable(units, situation.position, situation.lots)
