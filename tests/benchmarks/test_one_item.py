from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd
import pytest

from benchmarks.one_item.evaluation import RATIOS, Way, difference, play_all
from benchmarks.one_item.game import NEVER, Game, best_reward, lead_times, play
from benchmarks.one_item.paths import HORIZON, PAST, PATTERNS, demand_law
from benchmarks.one_item.rule import CappedBaseStock


class _Planned:
    def __init__(self, orders: tuple[float, ...]) -> None:
        self._orders = list(orders)

    def order(self, on_hand: float, on_order: float, **told: float) -> float:
        return self._orders.pop(0)


def _game(demand: list[float], leads: list[int], profit: float = 2.5) -> Game:
    return Game(np.full(5, 2.0), np.array(demand), np.array(leads), 1, profit, 1.0)


@pytest.mark.parametrize("profit", [0.5, 1.0, 2.5])
@pytest.mark.parametrize(
    ("demand", "leads"),
    [
        ([2.0, 1.0, 2.0, 1.0], [0, 0, 0, 0]),
        ([2.0, 1.0, 2.0, 1.0], [1, NEVER, 1, 0]),
        ([1.0, 2.0, 1.0, 2.0], [2, 0, NEVER, NEVER]),
        ([1.0, 2.0, 0.0, 2.0], [3, 1, NEVER, 2]),
    ],
)
def test_perfect_foresight_is_the_best_of_all_plans(
    demand: list[float], leads: list[int], profit: float
) -> None:
    game = _game(demand, leads, profit)
    plans = product(range(7), repeat=4)
    best = max(play(game, _Planned(tuple(map(float, plan)))) for plan in plans)
    assert best_reward(game) == pytest.approx(best)


def test_a_game_by_hand() -> None:
    game = _game([3.0, 2.0, 4.0], [1, 1, 1], profit=2.0)
    # Period 0: nothing. Period 1: 4 come, 2 sold, 2 held. Period 2: 1 comes, 3 of 4 sold.
    assert play(game, _Planned((4.0, 1.0, 9.0))) == 2.0 * 2 - 2.0 + 2.0 * 3
    assert play(replace(game, order_first=True), _Planned((4.0, 1.0, 9.0))) == 8.0


@pytest.mark.parametrize("order_first", [False, True])
def test_what_is_told_adds_up(order_first: bool) -> None:
    rng = np.random.default_rng(2)
    leads = rng.choice([0, 1, 2, NEVER], 40)
    game = replace(_game([5.0] * 40, leads.tolist()), order_first=order_first, sales_only=True)
    shelf_and_way, ordered = [], [0.0]

    class Bookkeeper:
        def order(self, on_hand: float, on_order: float, **told: float) -> float:
            sold = told.get("last_sales", 0.0)
            shelf_and_way.append((on_hand + on_order, sold))
            ordered.append(float(rng.integers(0, 12)))
            return ordered[-1]

    play(game, Bookkeeper())
    kept = [units if lead >= 0 else 0.0 for units, lead in zip(ordered[1:], leads, strict=True)]
    for week in range(1, 40):
        before, (now, sold) = shelf_and_way[week - 1][0], shelf_and_way[week]
        assert now == before + kept[week - 1] - sold


def test_the_rule_by_hand() -> None:
    game = Game(np.array([8.0, 12.0, 10.0, 9.0, 11.0]), np.zeros(5), np.ones(5, int), 1, 4.0, 1.0)
    # Mean 10, deviation 1.5811, z = 0.8416: up to 20 + 0.8416·√2·1.5811 = 21.88; cap 12.60.
    rule = CappedBaseStock(game)
    assert rule.order(0.0, 0.0) == 12.0
    assert CappedBaseStock(game).order(6.0, 6.0) == 9.0


def test_paths_start_with_a_calm_past_and_repeat_by_seed() -> None:
    for pattern in PATTERNS:
        law, path = demand_law(pattern, 3)
        assert path.shape == (PAST + HORIZON,)
        assert (path == demand_law(pattern, 3)[1]).all()
        assert (path != demand_law(pattern, 4)[1]).any()
        if pattern not in ("seasonal", "autocorrelated"):
            assert law.mean[:PAST] == pytest.approx(1.0)


def test_random_lead_times_are_one_two_three_or_never() -> None:
    leads, promised = lead_times("random", 4_000, 1)
    values, counts = np.unique(leads, return_counts=True)
    assert promised == 2
    assert values.tolist() == [NEVER, 1, 2, 3]
    assert counts / 4_000 == pytest.approx(0.25, abs=0.03)


def test_a_difference_is_that_of_the_seeds_both_played() -> None:
    played = pd.DataFrame(
        {
            "seed": [1, 1, 2, 2, 3, 3],
            "ours": [0.8, 0.6, 0.9, 0.9, 0.1, 0.1],
            "rule": [0.6, 0.6, 0.7, 0.7, np.nan, np.nan],
        }
    )
    estimate = difference(played)
    assert estimate.value == pytest.approx(0.15)
    assert estimate.low == pytest.approx(0.1)
    assert estimate.high == pytest.approx(0.2)


def test_a_seed_plays_every_cell_and_repeats() -> None:
    way = Way(lead_times=("0",), known_law=1)
    played = play_all(way, range(7, 8))
    assert len(played) == len(PATTERNS) * len(RATIOS)
    again = play_all(way, range(7, 8))
    shares = ["ours", "rule", "known_law"]
    pd.testing.assert_frame_equal(played[shares], again[shares])
    assert (played["ours_unclipped"] <= 1.0 + 1e-9).all()
    assert (played["known_law"] >= 0.0).all()
