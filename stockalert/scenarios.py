"""What to order at a review where unserved demand is lost: project the stock, path by path.

An inventory position counts stock that will be sold out before the order arrives: once the shelf
is empty, further demand is lost and uses up nothing. So each demand path (`demand_paths`) is
played through the orders under way until the order placed now can be sold. From then until the
next order takes over, the path lacks

    need = the largest of (demand since − stock on that day − arrivals since), at least 0,

and the q-th unit ordered is sold in that time exactly on the paths with need ≥ q. With a unit
short costing c_u and a unit left c_o, the unit pays as long as P(need ≥ q) > c_o ÷ (c_u + c_o): the
order is the quantile of the need at the service level. Method after the VN2 inventory challenge's
winner (arXiv 2601.18919), with joint paths in place of independent weeks.

Limits: with N paths a level above 1 − ½ ÷ N counts as that; what this order does to later ones is
left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from stockalert.arrays import BoolArray, FloatArray, IntArray, NumberArray
from stockalert.demand_paths import common_draws, demand_paths
from stockalert.outlook import Horizons

__all__ = ["Timeline", "scenario_orders"]

BLOCK_NUMBERS = 2_000_000
TINY = 1e-9


@dataclass(frozen=True)
class Timeline:
    """When what is under way arrives, and which steps an order placed now can serve.

    Steps follow each other from now on; a step may be empty. A series has one or more possible
    lead times, each with its probability.

    Attributes
    ----------
    ends : shape (n, n_steps), in the unit of the forecast's horizons, non-decreasing
    arrivals : shape (n, n_steps), units sellable from the start of the step on
    first : shape (n, n_leads), number of the first step that the order serves
    last : shape (n, n_leads), number of the first step that the next order serves
    probabilities : shape (n, n_leads), share; each row sums to 1
    """

    ends: FloatArray
    arrivals: FloatArray
    first: IntArray
    last: IntArray
    probabilities: FloatArray

    @classmethod
    def regular(cls, arrivals: NumberArray, *, review_steps: int = 1, width: float = 1.0) -> Self:
        """Steps of one length and a fixed lead time.

        Parameters
        ----------
        arrivals : shape (n, L), units sellable from the start of steps 0 … L−1 on
            L is the lead time in steps: the order placed now is sellable from step L on.
        review_steps : steps between two orders
        width : length of a step, in the unit of the forecast's horizons

        Examples
        --------
        >>> Timeline.regular(np.array([[5.0, 0.0]])).arrivals.tolist()
        [[5.0, 0.0, 0.0]]
        """
        known = np.asarray(arrivals, np.float64)
        n, lead = known.shape
        steps = lead + review_steps
        return cls(
            ends=np.tile(width * np.arange(1.0, steps + 1), (n, 1)),
            arrivals=np.pad(known, ((0, 0), (0, review_steps))),
            first=np.full((n, 1), lead),
            last=np.full((n, 1), steps),
            probabilities=np.ones((n, 1)),
        )

    def take(self, which: slice | BoolArray) -> Timeline:
        """Return the series that `which` selects."""
        return Timeline(
            ends=self.ends[which],
            arrivals=self.arrivals[which],
            first=self.first[which],
            last=self.last[which],
            probabilities=self.probabilities[which],
        )


def scenario_orders(
    on_hand: NumberArray,
    timeline: Timeline,
    horizons: Horizons,
    *,
    level: NumberArray,
    correlation: float,
    whole: BoolArray,
    n_scenarios: int = 256,
) -> FloatArray:
    """Order the quantile, at the service level, of what each series will need.

    Parameters
    ----------
    on_hand : shape (n,), units; below zero = owed, and served first by what arrives
    timeline : what is under way, and what the order serves
    horizons : quantiles of demand from now over common horizons, in the timeline's unit
    level : critical ratio, a number or shape (n,)
    correlation : of demand in two intervals of one unit; see `stockalert.dependence`
    whole : shape (n,); demand and orders come in whole units
    n_scenarios : paths per series, best a power of two

    Returns
    -------
    shape (n,), units, before MOQ, case pack and limits

    Examples
    --------
    Sold out, and nothing arrives for two weeks: what is asked for meanwhile is lost, so the
    third week's quantile is enough, where a base stock orders the quantile of all three.

    >>> weeks = np.array([[[5.0, 5.0], [10.0, 10.0], [15.0, 15.0]]])
    >>> horizons = Horizons(np.array([1.0, 2.0, 3.0]), weeks, np.array([0.05, 0.95]))
    >>> timeline = Timeline.regular(np.array([[0.0, 0.0]]))
    >>> scenario_orders(np.zeros(1), timeline, horizons,
    ...                 level=0.8, correlation=0.0, whole=np.array([True])).tolist()
    [5.0]
    """
    held = np.asarray(on_hand, np.float64)
    wanted = np.broadcast_to(np.asarray(level, np.float64), len(held))
    orders = np.zeros(len(held))
    rows = max(1, BLOCK_NUMBERS // (n_scenarios * timeline.ends.shape[1]))
    for start in range(0, len(held), rows):
        block = slice(start, start + rows)
        part = Horizons(horizons.days, horizons.values[block], horizons.levels)
        when = timeline.take(block)
        paths = demand_paths(part, when.ends, correlation=correlation, n_scenarios=n_scenarios)
        # To the nearest unit: rounding up would raise every total by half a unit.
        paths = np.where(whole[block, None, None], np.floor(paths + 0.5), paths)
        need = _needs(held[block], when, paths)
        orders[block] = _quantile(need, wanted[block], whole[block])
    return orders


def _needs(on_hand: FloatArray, when: Timeline, paths: FloatArray) -> FloatArray:
    """Play each path through its arrivals; shape (n, n_scenarios), units."""
    _, steps, n_scenarios = paths.shape
    draw = common_draws(steps + 2, n_scenarios)[-1]
    lead = np.sum(np.cumsum(when.probabilities, axis=1)[:, :-1, None] < draw, axis=1)
    first, last = (np.take_along_axis(at, lead, axis=1) for at in (when.first, when.last))
    stock = np.repeat(on_hand[:, None], n_scenarios, axis=1)
    worst, before = np.zeros_like(stock), np.zeros_like(stock)
    for step in range(steps):
        stock = stock + when.arrivals[:, step, None]
        left = stock - (paths[:, step] - before)
        before = paths[:, step]
        # Until the order arrives what is asked for beyond the stock is lost, what is owed stays;
        # from then on the shortfall is what the order is for.
        stock = np.where(step < first, np.maximum(left, np.minimum(stock, 0.0)), left)
        served = (first <= step) & (step < last)
        worst = np.where(served, np.minimum(worst, left), worst)
    return -worst


def _quantile(need: FloatArray, level: FloatArray, whole: BoolArray) -> FloatArray:
    """Order statistic in whole units (the smallest that covers the level), else interpolated."""
    n_scenarios = need.shape[1]
    ranked = np.sort(need, axis=1)
    covering = np.ceil(level * n_scenarios - TINY) - 1
    place = np.where(whole, covering, level * n_scenarios - 0.5).clip(0, n_scenarios - 1)
    low = np.floor(place).astype(np.intp)
    high = np.minimum(low + 1, n_scenarios - 1)
    below, above = (np.take_along_axis(ranked, at[:, None], axis=1)[:, 0] for at in (low, high))
    return np.asarray(below + (place - low) * (above - below))
