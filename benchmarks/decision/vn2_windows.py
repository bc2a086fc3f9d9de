"""VN2: the challenge on rolling windows, every choice made on windows that were over before.

Windows begin every six weeks, so that no scored week counts twice. Ours orders by projected stock
at a level that is chosen anew for every window: the one that would have cost least on all earlier
windows that were over by then; the theoretical 1 ÷ 1.2 where fewer than two were.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.decision.challenge import (
    HOLDING,
    LEAD,
    ORDERS,
    SHORTAGE,
    WEEKS,
    Game,
    benchmark_policy,
)
from benchmarks.decision.nights import Quantiles
from benchmarks.decision.projection import Projection
from benchmarks.decision.true_demand import Rule, hidden_weeks, true_demand
from benchmarks.forecast.problem import Array, Problem
from stockalert.dependence import increment_correlation
from stockalert.quantiles import quantile_at
from stockalert.simulation import BaseStock

__all__ = ["GRID", "RATIO", "SCORED", "STARTS", "chosen_level", "cutoffs_of", "vn2_result"]

RATIO = SHORTAGE / (SHORTAGE + HOLDING)
SCORED, TUNING = 10, 3
LAST_WEEK = 157
STARTS = LAST_WEEK - WEEKS - ORDERS * np.arange(SCORED + TUNING - 1, -1, -1)
"""First weeks of all windows; the first three are for tuning alone."""
GRID = (0.7, 0.74, 0.78, 0.81, RATIO, 0.86, 0.89)
FIXED = (0.5, 0.6, 0.65, 0.7, 0.75, 0.8, RATIO, 0.87, 0.9, 0.95)
LEAST_EARLIER = 2
RULES: tuple[Rule, ...] = ("other draws", "half more", "sales")


def cutoffs_of(starts: Array = STARTS) -> Array:
    """Weeks after which an order is placed, in all windows."""
    return np.unique(starts[:, None] - 1 + np.arange(ORDERS))


@dataclass(frozen=True)
class _Ours:
    """Our policies for a window."""

    problem: Problem
    quantiles: Quantiles
    cutoffs: Array

    def projection(self, start: int) -> Callable[[float], Projection]:
        """Ours for a window, by level; weeks' correlation is learned from before it."""
        known = slice(0, start)
        seen = (self.problem.observed[:, known] >= 0.5) & (
            np.arange(start) >= self.problem.first[:, None]
        )
        correlation = increment_correlation(self.problem.demand[:, known], seen)
        values, levels = self.quantiles.values, self.quantiles.levels
        return lambda level: Projection(self.cutoffs, values, levels, level, correlation)

    def base_stock(self, level: float) -> BaseStock:
        """Order up to the quantile of demand over lead time and review."""
        tables = self.quantiles.values[:, :, LEAD].astype(np.float64)
        points = [quantile_at(table, self.quantiles.levels, level) for table in tables]
        return BaseStock(np.stack(points, axis=1), since=self.cutoffs + 1)


def vn2_result(problem: Problem, quantiles: Quantiles, starts: Array = STARTS) -> dict[str, Any]:
    """Costs of every window, figures over the scored ones, and what imputation does to them."""
    ours = _Ours(problem, quantiles, cutoffs_of(starts))
    windows = _played(ours, starts, true_demand(problem))
    scored = windows[TUNING:]
    names = ("benchmark", "ours", "ours_at_ratio", "perfect")
    mean = {name: round(float(np.mean([w[name] for w in scored])), 1) for name in names}
    changes = np.array([w["ours"] / w["benchmark"] - 1 for w in scored])
    fixed = {
        f"{level:.3f}": sum(w["fixed"][level] for w in scored) / len(scored) for level in FIXED
    }
    best = min(fixed, key=lambda level: fixed[level])
    return {
        "windows": [
            {**w, "fixed": {f"{k:.3f}": v for k, v in w["fixed"].items()}} for w in windows
        ],
        "scored_windows": len(scored),
        "mean_cost": mean,
        "change": round(mean["ours"] / mean["benchmark"] - 1, 4),
        "change_at_ratio": round(mean["ours_at_ratio"] / mean["benchmark"] - 1, 4),
        "sd": round(float(changes.std(ddof=1)), 4),
        "gap_closed": round(
            (mean["benchmark"] - mean["ours"]) / (mean["benchmark"] - mean["perfect"]), 4
        ),
        "best_fixed_level": best,
        "cost_mode_change": round(mean["ours_at_ratio"] / fixed[best] - 1, 4),
        "imputed_share": round(float(hidden_weeks(problem)[:, starts[TUNING] :].mean()), 4),
        "imputed_otherwise": {rule: _change(ours, starts, rule) for rule in RULES},
    }


def chosen_level(start: int, earlier: Mapping[int, Mapping[float, float]]) -> float:
    """The level that cost least on the windows that were over before week `start`.

    Parameters
    ----------
    earlier : window's first week → level → cost

    Examples
    --------
    >>> costs = {0: {0.8: 10.0, 0.9: 9.0}, 6: {0.8: 8.0, 0.9: 10.0}, 12: {0.8: 1.0, 0.9: 9.0}}
    >>> chosen_level(18, costs), round(chosen_level(13, costs), 3)
    (0.8, 0.833)
    """
    over = [costs for began, costs in earlier.items() if began + WEEKS <= start]
    if len(over) < LEAST_EARLIER:
        return RATIO
    return min(over[0], key=lambda level: sum(costs[level] for costs in over))


def _played(ours: _Ours, starts: Array, demand: Array) -> list[dict[str, Any]]:
    """Every policy on every window, the first window first."""
    tried: dict[int, dict[float, float]] = {}
    windows = []
    for start in map(int, starts):
        benchmark = benchmark_policy(ours.problem, start)
        game, projection = Game.opened(demand, start, benchmark), ours.projection(start)
        tried[start] = {level: game.cost(projection(level)) for level in GRID}
        level = chosen_level(start, tried)
        windows.append(
            {
                "first_week": str(ours.problem.periods[start]),
                "level": round(level, 4),
                "benchmark": round(game.cost(benchmark), 1),
                "ours": round(tried[start][level], 1),
                "ours_at_ratio": round(tried[start][RATIO], 1),
                "perfect": round(game.least_cost(), 1),
                "fixed": {at: round(game.cost(ours.base_stock(at)), 1) for at in FIXED},
            }
        )
    return windows


def _change(ours: _Ours, starts: Array, rule: Rule) -> float:
    """Change of mean cost at the theoretical ratio where hidden demand is imputed otherwise."""
    demand, costs = true_demand(ours.problem, rule), []
    for start in map(int, starts[TUNING:]):
        benchmark = benchmark_policy(ours.problem, start)
        game = Game.opened(demand, start, benchmark)
        costs.append((game.cost(benchmark), game.cost(ours.projection(start)(RATIO))))
    theirs, mine = np.sum(costs, axis=0)
    return round(float(mine / theirs - 1), 4)
