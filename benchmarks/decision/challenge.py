"""The rules of the VN2 inventory planning challenge, as they were published.

Every week, after its sales, one order per store-product; an order placed at the end of week X sells
from week X + 3 on. Six orders, eight weeks. A week costs 0.2 per unit left and 1 per unit of
lost sales; weeks 3 to 8 count. The challenge's own benchmark policy: the average of the last 13
weeks in stock, de-seasonalised by week of year, and an order up to four weeks of the seasonalised
forecast.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.forecast.problem import Array, Problem
from stockalert.simulation import (
    BaseStock,
    Costs,
    OrderRules,
    Policy,
    Start,
    Totals,
    World,
    kpis,
    perfect_foresight,
    simulate,
)

__all__ = [
    "HOLDING", "LEAD", "LEAD_IN", "ORDERS", "SHORTAGE", "WEEKS",
    "Game", "benchmark_levels", "benchmark_policy", "seasonal_index", "week_of_year",
]  # fmt: skip

HOLDING, SHORTAGE = 0.2, 1.0
LEAD, ORDERS, WEEKS, FREE = 2, 6, 8, 2
LEAD_IN = 8
AVERAGED, COVERED = 13, 4


@dataclass(frozen=True)
class Game:
    """One window of the challenge: `world` begins with its week 1, stocked by the benchmark."""

    world: World

    @classmethod
    def opened(cls, demand: Array, start: int, benchmark: BaseStock) -> Game:
        """Play eight weeks under the benchmark, then hand over what is there and on order.

        Parameters
        ----------
        demand : shape (n_series, n_weeks), units; true demand
        start : the window's week 1
        benchmark : order-up-to levels that are in force from eight weeks before it on
        """
        begins = start - LEAD_IN
        opening = np.rint(np.asarray(benchmark.level, np.float64)[:, 0])
        before = World.of(
            demand[:, :start], lead_times=LEAD, start=Start(on_hand=opening), begins=begins
        )
        trace = simulate(before, benchmark, keep_trace=True).trace
        if trace is None:
            raise RuntimeError("the replay kept no trace")
        # Orders of the last two nights are still under way.
        opens = Start(on_hand=trace.on_hand[:, -1], arrivals=trace.ordered[:, -LEAD:])
        nights = np.arange(start + WEEKS)
        may_order = (nights >= start) & (nights < start + ORDERS)
        world = World.of(
            demand[:, : start + WEEKS],
            lead_times=LEAD,
            rules=OrderRules(review=may_order[None, :]),
            start=opens,
            begins=start,
        )
        return cls(world)

    def cost(self, policy: Policy) -> float:
        """Cost of weeks 3 to 8, all store-products together."""
        totals = simulate(self.world, policy, scored_from=self.world.begins + FREE).totals
        return _cost(totals)

    def least_cost(self) -> float:
        """Cost under perfect foresight."""
        return _cost(perfect_foresight(self.world, scored_from=self.world.begins + FREE).totals)


def benchmark_policy(problem: Problem, start: int) -> BaseStock:
    """The challenge's benchmark, from eight weeks before a window to its last order."""
    cutoffs = np.arange(start - LEAD_IN - 1, start + ORDERS - 1)
    levels = [benchmark_levels(problem, int(cutoff)) for cutoff in cutoffs]
    return BaseStock(np.rint(np.stack(levels, axis=1)), since=cutoffs + 1)


def benchmark_levels(problem: Problem, cutoff: int) -> Array:
    """Four weeks of the benchmark's forecast made after week `cutoff`, shape (n_series,), units."""
    weeks = week_of_year(problem.periods)
    index = seasonal_index(problem, cutoff)
    past = slice(max(cutoff + 1 - AVERAGED, 0), cutoff + 1)
    seen = _in_stock(problem)[:, past]
    flat = np.where(seen, problem.demand[:, past] / index[weeks[past]], 0.0)
    base = flat.sum(axis=1) / np.maximum(seen.sum(axis=1), 1)
    step = np.timedelta64(problem.period_days, "D")
    coming = problem.periods[cutoff] + step * np.arange(1, COVERED + 1)
    return np.asarray(base * index[week_of_year(coming)].sum())


def seasonal_index(problem: Problem, cutoff: int) -> Array:
    """Factor of each week of year, mean 1 over the weeks known; 1 where none is known.

    A week's sales in stock beside what the same store-products sell in a mean week, averaged over
    the years before the cutoff; shape (54,).
    """
    seen = _in_stock(problem)[:, : cutoff + 1]
    sold = np.where(seen, problem.demand[:, : cutoff + 1], 0.0)
    usual = sold.sum(axis=1) / np.maximum(seen.sum(axis=1), 1)
    expected = (seen * usual[:, None]).sum(axis=0)
    ratio = np.divide(sold.sum(axis=0), expected, out=np.ones(cutoff + 1), where=expected > 0)
    weeks = week_of_year(problem.periods[: cutoff + 1])
    count = np.bincount(weeks, minlength=54)
    mean = np.bincount(weeks, ratio, minlength=54) / np.maximum(count, 1)
    index = np.where((count > 0) & (mean > 0), mean, 1.0)
    return np.asarray(np.where(count > 0, index / index[count > 0].mean(), 1.0))


def week_of_year(mondays: Array) -> Array:
    """Week of the year, from 0, of each day.

    Examples
    --------
    >>> week_of_year(np.array(["2024-01-01", "2024-01-08"], "datetime64[D]")).tolist()
    [0, 1]
    """
    year = mondays.astype("datetime64[Y]").astype("datetime64[D]")
    return np.asarray((mondays - year).astype(int) // 7)


def _in_stock(problem: Problem) -> Array:
    return np.asarray(problem.observed >= 0.5)


def _cost(totals: Totals) -> float:
    figures = kpis(totals, Costs(holding=HOLDING, shortage=SHORTAGE))
    return float(figures.total_cost.sum())
