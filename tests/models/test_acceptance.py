"""The gate: routine retraining must not be worse, a changed model must be better."""

from __future__ import annotations

import numpy as np
import pytest

from models.acceptance import first_model, judge


@pytest.fixture
def season():
    rng = np.random.default_rng(5)
    weeks = np.datetime64("2024-03-03") + np.arange(8) * np.timedelta64(7, "D")
    cutoffs = np.repeat(weeks, 200)
    shock = np.repeat(rng.lognormal(0, 0.3, 8), 200)
    champion = rng.gamma(2.0, 1.0, 1600) * shock
    return champion, rng.poisson(9, 1600), cutoffs


def test_an_equal_model_passes_as_routine_but_not_as_a_change(season):
    champion, demand, cutoffs = season
    assert judge(champion, champion, demand, cutoffs, routine=True).promote
    verdict = judge(champion, champion, demand, cutoffs, routine=False)
    assert not verdict.promote
    assert "needed below 0" in verdict.reason


def test_a_model_better_at_every_cutoff_passes_either_way(season):
    champion, demand, cutoffs = season
    for routine in (True, False):
        verdict = judge(champion, 0.95 * champion, demand, cutoffs, routine=routine)
        assert verdict.promote
        assert verdict.figures["relative_difference"] == pytest.approx(-0.05)
        assert verdict.figures["upper_bound"] == pytest.approx(-0.05)


def test_a_model_better_only_by_one_lucky_week_is_refused(season):
    champion, demand, cutoffs = season
    lucky = np.where(cutoffs == cutoffs[0], 0.7 * champion, 1.02 * champion)
    verdict = judge(champion, lucky, demand, cutoffs, routine=False)
    assert verdict.figures["relative_difference"] < 0
    assert not verdict.promote


def test_a_model_two_percent_worse_is_refused_with_figures(season):
    champion, demand, cutoffs = season
    verdict = judge(champion, 1.02 * champion, demand, cutoffs, routine=True)
    assert not verdict.promote
    assert "+2.00%" in verdict.reason
    assert "8 cutoffs" in verdict.reason


def test_too_few_cutoffs_decide_nothing(season):
    champion, demand, cutoffs = season
    short = slice(0, 600)
    verdict = judge(
        champion[short], 0.5 * champion[short], demand[short], cutoffs[short], routine=True
    )
    assert not verdict.promote
    assert "only 3 cutoffs" in verdict.reason


def test_the_same_seed_gives_the_same_bounds_in_any_order_of_rows(season):
    champion, demand, cutoffs = season
    challenger = np.random.default_rng(1).permutation(champion)
    order = np.random.default_rng(2).permutation(len(champion))
    one = judge(champion, challenger, demand, cutoffs, routine=True)
    two = judge(champion[order], challenger[order], demand[order], cutoffs[order], routine=True)
    assert one.figures == pytest.approx(two.figures, rel=1e-9)


def test_the_first_model_is_promoted_with_a_warning(season):
    champion, demand, _ = season
    verdict = first_model(champion, demand)
    assert verdict.promote
    assert "warning" in verdict.reason


def test_without_a_window_that_neither_has_seen_nothing_is_promoted():
    nothing = np.zeros(0)
    weeks = np.zeros(0, dtype="datetime64[D]")
    verdict = judge(nothing, nothing, nothing, weeks, routine=True)
    assert not verdict.promote
    assert "only 0 cutoffs" in verdict.reason
