"""Online Retail II and Complete Journey: every policy at every level on the same nights."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.decision.at_once import LESS_STOCK, setting_at
from benchmarks.decision.cost_mode import cost_mode
from benchmarks.decision.equal_stock import AIMED_AT, comparison, interval
from benchmarks.decision.levels import marginal_levels, uniform_levels
from benchmarks.decision.points import SWEEP, Points, empirical_points, formula_points
from benchmarks.decision.shop import Shop, quarter_of
from benchmarks.forecast.problem import Array
from stockalert.simulation import Costs
from stockalert.simulation.comparison import ALL, PERFECT, Play, perfect_play, scoreboard

__all__ = ["HEADLINE", "OURS", "RIVALS", "retail_board", "retail_result"]

RIVALS = ("formula", "formula_weekly", "empirical")
OURS = ("quantile", "quantile_g0", "quantile_g05", "quantile_g075", "quantile_g1")
HEADLINE = "quantile_g05"
"""Chosen before any month was scored: a unit short weighs the square root of its price."""

_GAMMA = {"g0": 0.0, "g05": 0.5, "g075": 0.75, "g1": 1.0}


def retail_result(shop: Shop, ours: Points) -> tuple[dict[str, Any], pd.DataFrame]:
    """Replay everything on one shop; return what goes into the results, and the scoreboard."""
    board = retail_board(shop, ours)
    whole = board[board["class"] == ALL]
    kept = ["policy", "level", "lost_units", "lost_value", "stockout_rate", "short_period_rate",
            "average_stock_value", "average_stock_units", "turnover", "orders"]  # fmt: skip
    result = {
        "facts": _facts(shop),
        "headline": HEADLINE,
        "board": whole[kept]
        .round(4)
        .astype(object)
        .where(whole[kept].notna(), None)
        .to_dict("records"),
        "equal_stock": {name: _equal(whole, board, name) for name in OURS},
        "at_once": {name: _at_once(shop, ours, whole, name) for name in OURS},
        "cost_mode": cost_mode(shop, ours),
    }
    return result, whole


def retail_board(shop: Shop, ours: Points) -> pd.DataFrame:
    """One row per policy, level and series, and per policy and level of all."""
    return _scored(shop, _plays(shop, ours))


def _scored(shop: Shop, plays: Mapping[str, Mapping[float, Play]]) -> pd.DataFrame:
    value = shop.value
    names = tuple(f"{i:06d}" for i in range(len(value)))
    return scoreboard(
        shop.world,
        plays,
        costs=Costs(unit_price=value, unit_cost=value),
        classes=(np.arange(len(value)), names),
        scored_from=shop.scored_from,
    )


def _plays(shop: Shop, ours: Points) -> Mapping[str, Mapping[float, Play]]:
    problem, cutoffs = shop.problem, shop.cutoffs
    quarterly = cutoffs[quarter_of(len(cutoffs), shop.first)]
    rules: dict[str, Points] = {
        "formula": formula_points(problem, quarterly),
        "formula_weekly": formula_points(problem, cutoffs),
        "empirical": empirical_points(problem, cutoffs),
        "quantile": ours,
    }
    uniform = uniform_levels(shop.quantity.shape)
    plays = {name: _at_levels(shop, rule, uniform) for name, rule in rules.items()}
    static = rules["formula"](np.full(shop.quantity.shape, 0.5))
    plays["static"] = {np.nan: shop.play(static)}
    for name in _GAMMA:
        tables = _levels_of(shop, name, SWEEP)
        plays[f"quantile_{name}"] = _at_levels(shop, ours, tables)
        if name in HEADLINE.split("_"):
            for rival in RIVALS:
                plays[f"{rival}_{name}"] = _at_levels(shop, rules[rival], tables)
    return plays | {PERFECT: {np.nan: perfect_play(shop.world)}}


def _levels_of(shop: Shop, name: str, through: Array) -> list[Array]:
    """Tables of levels of one of our policies, by its name."""
    gamma = _GAMMA.get(name.rpartition("_")[2])
    if gamma is None:
        return [np.full(shop.quantity.shape, level) for level in through]
    return marginal_levels(shop.value, shop.span, shop.value**gamma, through=through)


def _at_levels(shop: Shop, rule: Points, tables: Iterable[Array]) -> dict[float, Play]:
    return {
        float(level): shop.play(rule(table)) for level, table in zip(SWEEP, tables, strict=True)
    }


def _equal(whole: pd.DataFrame, board: pd.DataFrame, ours: str) -> dict[str, Any]:
    """Compare one of our policies with each rival at the stock that the rival holds at 0.95."""
    compared = comparison(whole, ours)
    for rival, figures in compared.items():
        if rival in RIVALS:
            for figure in ("lost_units", "lost_value"):
                figures[figure]["interval"] = interval(board, ours, rival, figure)
    return compared


def _at_once(shop: Shop, ours: Points, whole: pd.DataFrame, name: str) -> dict[str, float]:
    """The setting whose stock is 12 % below the quarterly formula's, as near as replays find it."""
    aimed = whole[(whole["policy"] == "formula") & np.isclose(whole["level"], AIMED_AT)].iloc[0]
    stock = (1 - LESS_STOCK) * float(aimed["average_stock_value"])

    def replayed(level: float) -> pd.Series:
        play = shop.play(ours(_levels_of(shop, name, np.array([level]))[0]))
        board = _scored(shop, {name: {level: play}})
        return board[board["class"] == ALL].iloc[0]

    best = setting_at(stock, whole[whole["policy"] == name], replayed)
    return {
        "level": float(best["level"]),
        "stockouts": _change(best["stockout_rate"], aimed["stockout_rate"]),
        "lost_value": _change(best["lost_value"], aimed["lost_value"]),
        "stock_value": _change(best["average_stock_value"], aimed["average_stock_value"]),
    }


def _change(new: float, old: float) -> float:
    return round(float(new / old - 1), 4)


def _facts(shop: Shop) -> dict[str, Any]:
    problem = shop.problem
    scored = problem.periods[shop.scored_from : shop.world.demand.shape[1]]
    return {
        "series": problem.n_series,
        "scored_from": str(scored[0]),
        "scored_to": str(scored[-1]),
        "days": len(scored),
        "units": float(shop.world.demand[:, shop.scored_from :].sum()),
    }
