from __future__ import annotations

import numpy as np
import pytest

from benchmarks.forecast.evaluation import Evaluation, Forecast
from benchmarks.forecast.groups import series_group
from benchmarks.forecast.problem import LEVELS
from benchmarks.forecast.report import figures
from benchmarks.peers.empirical import empirical_totals


@pytest.fixture
def evaluation(shop):
    return Evaluation(shop)


def on_all(problem, quantiles):
    return Forecast(np.arange(problem.n_series), quantiles, {"seconds": 0.0})


def test_knowing_the_future_costs_nothing(evaluation):
    perfect = np.repeat(evaluation.actual[:, None], len(LEVELS), axis=1)
    score = evaluation.score(on_all(evaluation.problem, perfect))
    assert score["pinball"] == score["pinball_revenue"] == score["pinball_scaled"] == 0
    assert score["coverage_error_max"] == 0


def test_a_peer_on_a_sample_is_compared_on_that_sample(evaluation):
    problem = evaluation.problem
    quantiles = empirical_totals(problem)
    sample = problem.sample(12)
    part = quantiles.reshape(len(problem.cutoffs), -1, len(LEVELS))[:, sample]
    peer = Forecast(sample, 2 * part.reshape(-1, len(LEVELS)), {})
    skill = evaluation.compare(on_all(problem, quantiles), peer)
    alone = Evaluation(problem.take(sample))
    ours_score = alone.score(on_all(alone.problem, part.reshape(-1, len(LEVELS))))
    peer_score = alone.score(on_all(alone.problem, peer.quantiles))
    # Weights pool the chance of a stock-out over all series, so that the two differ a little.
    expected = 1 - ours_score["pinball"] / peer_score["pinball"]
    assert skill.estimate == pytest.approx(expected, abs=0.02)
    assert evaluation.score(peer)["windows_scored"] == peer_score["windows_scored"]


def test_groups_are_judged_by_what_was_known_at_the_first_cutoff(shop):
    group = series_group(shop)
    shop.demand[:, shop.cutoffs[0] + 1 :] *= 100
    np.testing.assert_array_equal(series_group(shop), group)


def test_the_best_peer_is_the_one_that_we_are_least_ahead_of():
    skills = {"z_formula": (0.3, 0.2, 0.4), "autoets": (0.05, -0.01, 0.1)}
    peers = {
        peer: {"skill_of_ours": dict(zip(("estimate", "low", "high"), skill, strict=True))}
        for peer, skill in skills.items()
    }
    ours = {"coverage_error_max": 0.01, "group_coverage_error_max": 0.02}
    named = figures({"freshretailnet": {"peers": peers, "ours": ours}})
    assert named == {
        "skill_vs_best_peer.freshretailnet": 0.05,
        "skill_vs_best_peer_low.freshretailnet": -0.01,
        "skill_vs_formula.freshretailnet": 0.3,
        "group_coverage_error_max.freshretailnet": 0.02,
    }
