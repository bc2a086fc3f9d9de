"""Playing every cell of the benchmark, and the shares of the best reward with their intervals."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd

from benchmarks.one_item.game import Game, Player, best_reward, lead_times, play
from benchmarks.one_item.known_law import KnownLaw
from benchmarks.one_item.paths import HORIZON, PAST, PATTERNS, Law, demand_law
from benchmarks.one_item.rule import CappedBaseStock
from stockalert.one_item import OneItem

__all__ = ["LEAD_TIMES", "RATIOS", "Estimate", "Way", "difference", "games", "play_all"]

LEAD_TIMES = ("0", "4", "random")
RATIOS = (1.0, 4.0, 19.0)
_RESAMPLES = 2_000


@dataclass(frozen=True)
class Way:
    """One way to play: see `game`; `known_law` is the number of seeds that the known law plays."""

    order_first: bool = False
    lost_are_open: bool = False
    sales_only: bool = False
    lead_times: tuple[str, ...] = LEAD_TIMES
    known_law: int = 0


@dataclass(frozen=True)
class Estimate:
    """A mean with its 95 % interval, bootstrapped over seeds."""

    value: float
    low: float
    high: float


def shop(game: Game) -> OneItem:
    """The library, as a shop would construct it."""
    return OneItem(
        game.past,
        lead_time=game.promised,
        profit=game.profit,
        holding_cost=game.holding_cost,
        deliveries_first=not game.order_first,
    )


def games(way: Way, seeds: range) -> Iterator[tuple[str, str, int, Game, Law]]:
    """Every instance: pattern, lead-time setting, seed, game and the law of its demand."""
    for seed, pattern in product(seeds, PATTERNS):
        law, path = demand_law(pattern, seed)
        for setting, ratio in product(way.lead_times, RATIOS):
            leads, promised = lead_times(setting, HORIZON, seed)
            game = Game(
                path[:PAST],
                path[PAST:],
                leads,
                promised,
                profit=ratio,
                holding_cost=1.0,
                order_first=way.order_first,
                lost_are_open=way.lost_are_open,
                sales_only=way.sales_only,
            )
            yield pattern, setting, seed, game, law


def play_all(way: Way, seeds: range) -> pd.DataFrame:
    """One row per instance: shares of the best reward (not below 0), and seconds per decision."""
    rows = []
    for pattern, setting, seed, game, law in games(way, seeds):
        players: dict[str, Player] = {"ours": shop(game), "rule": CappedBaseStock(game)}
        if way.lost_are_open:
            players["rule"] = CappedBaseStock(game, write_off=True)
        if seed < seeds.start + way.known_law:
            players["known_law"] = KnownLaw(game, law, seed)
        best, whole = best_reward(game), game.profit * float(game.demand.sum())
        row = {"pattern": pattern, "lead_time": setting, "ratio": game.profit, "seed": seed}
        for name, player in players.items():
            start = time.process_time()
            reward = play(game, player)
            row[f"{name}_ms"] = (time.process_time() - start) / HORIZON * 1_000
            row[name], row[f"{name}_unclipped"] = max(reward / best, 0.0), reward / best
            row[f"{name}_of_all_demand"] = max(reward / whole, 0.0)
        rows.append(row)
    return pd.DataFrame(rows)


def difference(played: pd.DataFrame, of: str = "ours", to: str | None = "rule") -> Estimate:
    """Mean difference of two shares (or one share's mean); whole seeds are resampled.

    Every pattern, lead time and ratio counts the same, as every seed plays them all.
    """
    values = (played[of] - (played[to] if to else 0.0)).dropna()
    by_seed = values.groupby(played["seed"]).mean().to_numpy()
    rng = np.random.default_rng(0)
    means = by_seed[rng.integers(0, len(by_seed), (_RESAMPLES, len(by_seed)))].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return Estimate(float(by_seed.mean()), float(low), float(high))
