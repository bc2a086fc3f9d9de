"""The gate: routine retraining must not cost more, a changed model must save money."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtri

from models.acceptance import FILL_MARGIN, first_model, judge
from models.stakes import Cycles, Stakes, cycles


@pytest.fixture
def season():
    rng = np.random.default_rng(5)
    weeks = np.datetime64("2024-03-03") + np.arange(8) * np.timedelta64(7, "D")
    cutoffs = np.repeat(weeks, 200)
    shock = np.repeat(rng.lognormal(0, 0.3, 8), 200)
    demand = rng.poisson(9, 1600)
    return Cycles(rng.gamma(2.0, 1.0, 1600) * shock, 0.97 * demand), demand, cutoffs


def costing(champion: Cycles, factor) -> Cycles:
    """What a model would be that costs so many times the champion's."""
    return Cycles(champion.cost * factor, champion.served)


def test_an_equal_model_passes_as_routine_but_not_as_a_change(season):
    champion, demand, cutoffs = season
    assert judge(champion, champion, demand, cutoffs, routine=True).promote
    verdict = judge(champion, champion, demand, cutoffs, routine=False)
    assert not verdict.promote
    assert "needed below 0" in verdict.reason


def test_a_model_better_at_every_cutoff_passes_either_way(season):
    champion, demand, cutoffs = season
    for routine in (True, False):
        verdict = judge(champion, costing(champion, 0.95), demand, cutoffs, routine=routine)
        assert verdict.promote
        assert verdict.figures["relative_difference"] == pytest.approx(-0.05)
        assert verdict.figures["upper_bound"] == pytest.approx(-0.05)


def test_a_model_better_only_by_one_lucky_week_is_refused(season):
    champion, demand, cutoffs = season
    lucky = costing(champion, np.where(cutoffs == cutoffs[0], 0.7, 1.02))
    verdict = judge(champion, lucky, demand, cutoffs, routine=False)
    assert verdict.figures["relative_difference"] < 0
    assert not verdict.promote


def test_a_model_two_percent_worse_is_refused_with_figures(season):
    champion, demand, cutoffs = season
    verdict = judge(champion, costing(champion, 1.02), demand, cutoffs, routine=True)
    assert not verdict.promote
    assert "+2.00%" in verdict.reason
    assert "8 cutoffs" in verdict.reason


def taken(of: Cycles, which) -> Cycles:
    return Cycles(of.cost[which], of.served[which])


def test_too_few_cutoffs_decide_nothing(season):
    champion, demand, cutoffs = season
    few = slice(0, 600)
    short = taken(champion, few)
    verdict = judge(short, costing(short, 0.5), demand[few], cutoffs[few], routine=True)
    assert not verdict.promote
    assert "only 3 cutoffs" in verdict.reason


def test_the_same_seed_gives_the_same_bounds_in_any_order_of_rows(season):
    champion, demand, cutoffs = season
    rng = np.random.default_rng(1)
    challenger = Cycles(rng.permutation(champion.cost), champion.served)
    order = np.random.default_rng(2).permutation(len(demand))
    one = judge(champion, challenger, demand, cutoffs, routine=True)
    two = judge(
        *(taken(model, order) for model in (champion, challenger)),
        demand[order],
        cutoffs[order],
        routine=True,
    )
    assert one.figures == pytest.approx(two.figures, rel=1e-9)


def test_money_saved_by_empty_shelves_does_not_promote_a_changed_model(season):
    champion, demand, cutoffs = season
    for lost, promoted in ((0.5 * FILL_MARGIN, True), (2 * FILL_MARGIN, False)):
        stingy = Cycles(0.9 * champion.cost, champion.served - lost * demand)
        assert judge(champion, stingy, demand, cutoffs, routine=False).promote is promoted
        assert judge(champion, stingy, demand, cutoffs, routine=True).promote


def test_a_cycle_costs_what_the_newsvendor_of_the_textbook_pays():
    # Snyder & Shen, example 4.3: h 0.18, p 0.70, N(50, 8²): level 0.79545, cost 1.9976.
    level = 0.70 / (0.70 + 0.18)
    middles = (np.arange(200_000) + 0.5) / 200_000
    demand = 50 + 8 * ndtri(middles)
    n = len(demand)
    stakes = Stakes(np.full(n, level), np.full(n, 0.70), np.zeros(n, bool))
    stock = np.full((n, 1), 50 + 8 * ndtri(level))
    assert stakes.overage[0] == pytest.approx(0.18)
    assert cycles(demand, stock, [level], stakes).cost.mean() == pytest.approx(1.9976, abs=2e-4)


@given(st.floats(-20, 20).filter(lambda miss: abs(miss) > 1), st.floats(0.6, 0.98))
def test_no_forecast_costs_less_than_the_true_quantile(miss, level):
    middles = (np.arange(4_000) + 0.5) / 4_000
    demand = 100 + 10 * ndtri(middles)
    stakes = Stakes(np.full(4_000, level), np.ones(4_000), np.zeros(4_000, bool))
    true = np.full((4_000, 1), 100 + 10 * ndtri(level))
    told = [cycles(demand, q, [level], stakes).cost.sum() for q in (true, true + miss)]
    assert told[0] < told[1]


def test_the_first_model_is_promoted_with_a_warning(season):
    champion, demand, _ = season
    verdict = first_model(champion.cost, demand)
    assert verdict.promote
    assert "warning" in verdict.reason


def test_without_a_window_that_neither_has_seen_nothing_is_promoted():
    nothing, none = np.zeros(0), Cycles(np.zeros(0), np.zeros(0))
    weeks = np.zeros(0, dtype="datetime64[D]")
    verdict = judge(none, none, nothing, weeks, routine=True)
    assert not verdict.promote
    assert "only 0 cutoffs" in verdict.reason
