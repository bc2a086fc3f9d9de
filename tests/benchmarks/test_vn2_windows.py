"""The VN2 challenge: its rules and benchmark by hand, and what its windows may know."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import poisson

from benchmarks.decision.challenge import (
    Game,
    benchmark_levels,
    benchmark_policy,
    seasonal_index,
    week_of_year,
)
from benchmarks.decision.nights import Quantiles
from benchmarks.decision.true_demand import hidden_weeks, true_demand
from benchmarks.decision.vn2_windows import RATIO, chosen_level, cutoffs_of, vn2_result
from benchmarks.forecast.problem import Problem
from stockalert.simulation import BaseStock, Start, World


def chain(demand, observed=None):
    """Store-products by week from Monday 2021-04-12 on."""
    demand = np.asarray(demand, np.float32)
    n_series, n_weeks = demand.shape
    observed = np.ones_like(demand) if observed is None else np.asarray(observed, np.float32)
    series = pd.DataFrame({"sku": [f"{i}" for i in range(n_series)]})
    return Problem(
        name="vn2",
        period_days=7,
        periods=np.datetime64("2021-04-12") + 7 * np.arange(n_weeks),
        demand=demand,
        observed=observed,
        price=np.full_like(demand, np.nan),
        promoted=np.zeros_like(demand),
        series=series.assign(location="default", category="all"),
        unit_value=np.ones(n_series, np.float32),
        cutoffs=np.arange(80, n_weeks - 3, dtype=np.int32),
        protection_days=np.full(n_series, 21, np.int32),
    )


@pytest.fixture
def random():
    return np.random.default_rng(5)


class TestRules:
    def test_an_order_at_the_end_of_a_week_sells_from_the_third_week_on(self):
        """Two a week, ten at the start: the shelf lasts five weeks, then what is ordered counts."""
        ordered = iter([0.0, 0.0, 0.0, 3.0, 0.0, 0.0])
        world = World.of(
            np.full((1, 8), 2.0),
            lead_times=2,
            start=Start(on_hand=[10.0]),
        )
        game = Game.opened(np.full((1, 16), 2.0), 8, BaseStock(np.full((1, 16), 6.0)))
        assert game.world.n_replayed == 8
        game = Game(replace(game.world, on_hand=world.on_hand, arrivals=np.zeros((1, 2))))
        cost = game.cost(lambda _: np.array([next(ordered)]))
        # Left at the close of weeks 3 … 8: 4, 2, 0, 1, 0, 0 (three arrive in week 6: the order of
        # the night before week 4); lost: 1 in week 7, 2 in week 8.
        assert cost == pytest.approx(0.2 * (4 + 2 + 0 + 1) + 1.0 * (1 + 2))

    def test_there_are_six_orders_in_eight_weeks(self):
        asked = []
        game = Game.opened(np.full((1, 16), 2.0), 8, BaseStock(np.full((1, 16), 6.0)))
        game.cost(lambda situation: asked.append(situation.period) or np.ones(1))
        assert asked == [8, 9, 10, 11, 12, 13]

    def test_a_window_opens_with_what_the_benchmark_left_and_had_on_order(self, random):
        demand = random.poisson(3.0, (4, 30)).astype(float)
        level = 11.0
        opened = Game.opened(demand, 20, BaseStock(np.full((4, 30), level))).world
        for series in range(4):
            shelf, coming = level, {}
            for week in range(12, 20):
                coming[week + 2] = max(level - shelf - sum(coming.values()), 0.0)
                shelf = max(shelf + coming.pop(week, 0.0) - demand[series, week], 0.0)
            assert opened.on_hand[series] == shelf
            assert opened.arrivals[series].tolist() == [coming[20], coming[21]]

    def test_foresight_is_never_dearer_than_a_base_stock(self, random):
        game = Game.opened(
            random.poisson(3.0, (20, 30)).astype(float), 20, BaseStock(np.full((20, 30), 11.0))
        )
        assert game.least_cost() <= min(game.cost(BaseStock(level)) for level in (5.0, 9.0, 13.0))


class TestBenchmark:
    def test_steady_demand_is_covered_for_four_weeks(self):
        assert benchmark_levels(chain(np.full((2, 120), 10.0)), 110) == pytest.approx([40.0, 40.0])

    def test_the_season_of_the_coming_weeks_is_in_the_level(self):
        """Two full years of a pattern by week of year: the next four weeks come out exactly."""
        problem = chain(np.ones((1, 157)))
        weeks = week_of_year(problem.periods)
        pattern = np.where((weeks >= 20) & (weeks < 30), 12.0, 4.0)
        problem = chain(np.stack([pattern, 10 * pattern]))
        cutoff = int(np.flatnonzero(weeks == 17)[-1])
        coming = pattern[cutoff + 1 : cutoff + 5].sum()
        assert coming == 4.0 + 4.0 + 12.0 + 12.0
        assert benchmark_levels(problem, cutoff) == pytest.approx([coming, 10 * coming])

    def test_weeks_without_stock_are_left_out_of_the_average(self):
        observed = np.ones((2, 120))
        observed[0, 100:105] = 0
        demand = np.where(observed > 0, 10.0, 0.0)
        assert benchmark_levels(chain(demand, observed), 110)[0] == pytest.approx(40.0)

    def test_nothing_after_the_cutoff_matters(self, random):
        demand = random.poisson(4.0, (5, 120)).astype(float)
        other = demand.copy()
        other[:, 101:] += 50
        known, changed = (benchmark_levels(chain(d), 100) for d in (demand, other))
        assert known.tolist() == changed.tolist()

    def test_seasonal_factors_have_mean_one(self, random):
        index = seasonal_index(chain(random.poisson(4.0, (5, 120))), 119)
        assert index[:52].mean() == pytest.approx(1.0, abs=0.02)


class TestHiddenDemand:
    def test_weeks_in_stock_stay_as_they_were(self, random):
        demand, observed = random.poisson(4.0, (6, 80)), random.random((6, 80)) > 0.2
        problem = chain(demand * observed, observed)
        filled = true_demand(problem)
        assert (filled[observed] == problem.demand[observed]).all()
        assert (filled >= problem.demand).all()

    def test_a_hidden_week_gets_the_sales_of_a_near_one(self):
        demand, observed = np.tile([[5.0, 7.0]], (1, 40)), np.ones((1, 80))
        demand[0, :20], demand[0, 60:] = 1.0, 1.0
        demand[0, 40], observed[0, 40] = 0.0, 0.0
        problem = chain(demand, observed)
        assert true_demand(problem)[0, 40] in (5.0, 7.0)
        assert true_demand(problem, "half more")[0, 40] in (8.0, 10.0)
        assert true_demand(problem, "sales")[0, 40] == 0.0

    def test_what_was_not_yet_sold_is_not_hidden(self):
        demand, observed = np.zeros((1, 30)), np.zeros((1, 30))
        demand[0, 10:], observed[0, 10:] = 3.0, 1.0
        assert not hidden_weeks(chain(demand, observed)).any()
        assert true_demand(chain(demand, observed)).sum() == 60.0


def test_the_level_is_chosen_on_windows_that_were_over():
    costs = {0: {0.8: 10.0, 0.9: 9.0}, 6: {0.8: 8.0, 0.9: 10.0}, 12: {0.8: 1.0, 0.9: 9.0}}
    assert chosen_level(18, costs) == 0.8
    assert chosen_level(13, costs) == RATIO


@pytest.fixture
def result(random):
    """Poisson demand that jumps from item to item, and forecasts that know its law."""
    rate = random.gamma(2.0, 2.0, 30)
    problem = chain(random.poisson(rate[:, None], (30, 157)), random.random((30, 157)) > 0.03)
    levels = np.array([0.05, 0.25, 0.5, 0.75, 0.9, 0.99])
    weeks = np.arange(1, 4)[:, None]
    starts = np.array([95, 101, 107, 113, 119])
    one = poisson.ppf(levels, rate[:, None, None] * weeks)
    known = Quantiles(np.tile(one, (len(cutoffs_of(starts)), 1, 1, 1)), levels, {})
    return vn2_result(problem, known, starts)


def test_ours_with_the_true_law_lies_between_foresight_and_the_benchmark(result):
    mean = result["mean_cost"]
    assert mean["perfect"] < mean["ours"] < mean["benchmark"]
    assert 0 < result["gap_closed"] < 1
    assert result["scored_windows"] == 2
    assert json.loads(json.dumps(result)) == result


def test_windows_follow_each_other_without_a_week_scored_twice():
    assert (np.diff(cutoffs_of()) == 1).all()


def test_the_benchmark_never_orders_for_a_week_it_cannot_know(random):
    policy = benchmark_policy(chain(random.poisson(3.0, (3, 120))), 100)
    assert policy.since.tolist() == list(range(92, 106))
