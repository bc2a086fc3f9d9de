from __future__ import annotations

import numpy as np
import pytest

from benchmarks.forecast.evaluation import Evaluation, Forecast
from benchmarks.forecast.groups import series_group
from benchmarks.forecast.problem import LEVELS
from benchmarks.forecast.results import named_figures, read_results, store_result
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


def test_whole_units_count_outcomes_on_the_quantile_as_met(evaluation):
    actual = evaluation.actual[:, None]
    a_little_more = evaluation.score(on_all(evaluation.problem, actual + 0.3 + 0 * LEVELS))
    assert a_little_more["coverage_error_max"] == pytest.approx(0.2)
    assert a_little_more["coverage_error_max_whole"] == 0
    assert evaluation.score(on_all(evaluation.problem, actual + 0.6 + 0 * LEVELS))[
        "coverage_error_max_whole"
    ] == pytest.approx(0.2)


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


def test_ours_on_a_sample_is_the_same_forecast(evaluation):
    problem = evaluation.problem
    quantiles = empirical_totals(problem)
    sample = problem.sample(12)
    part = evaluation.only(on_all(problem, quantiles), sample)
    np.testing.assert_array_equal(part.quantiles, empirical_totals(problem.take(sample)))


def test_every_window_is_in_one_group_and_all_of_them_in_the_first_row(evaluation):
    found = evaluation.calibration(on_all(evaluation.problem, empirical_totals(evaluation.problem)))
    assert found[0].group == "all"
    assert found[0].windows == (evaluation.weight > 0).sum()
    assert all(group.windows < found[0].windows for group in found[1:])
    for group in found:
        assert (group.limits.below <= group.measured.below).all()
        assert (group.measured.at_or_below <= group.limits.at_or_below).all()


def result(skills, **ours):
    peers = {
        peer: {"skill_of_ours": dict(zip(("estimate", "low", "high"), skill, strict=True))}
        for peer, skill in skills.items()
    }
    cost = {"lightgbm_seconds": 30.0, "training_seconds": 40.0}
    errors = {"coverage_error_max": 0.01, "group_coverage_error_max": 0.02}
    return {"peers": peers, "ours": {"cost": cost, **errors, **ours}}


def test_the_best_peer_is_the_one_that_we_are_least_ahead_of():
    skills = {"z_formula": (0.3, 0.2, 0.4), "autoets": (0.05, -0.01, 0.1)}
    named = named_figures({"sets": {"freshretailnet": result(skills)}})
    assert named == {
        "skill_vs_best_peer.freshretailnet": 0.05,
        "skill_vs_best_peer_low.freshretailnet": -0.01,
        "skill_vs_formula.freshretailnet": 0.3,
        "group_coverage_error_max.freshretailnet": 0.02,
        "lightgbm_share_of_training": 0.75,
    }


def test_a_run_of_one_set_leaves_the_others_as_they_were(tmp_path):
    file = tmp_path / "forecast.json"
    (tmp_path / "censoring.json").write_text('{"figures": {"censoring_bias.freshretailnet": 0.01}}')
    store_result(file, {"vn2": result({"z_formula": (0.1, 0.0, 0.2)})})
    store_result(file, scale={"forecast_seconds_30k": 20.0, "rows": 3})
    store_result(file, {"completejourney": result({"z_formula": (0.4, 0.3, 0.5)})})
    store_result(file, {"vn2": result({"z_formula": (0.2, 0.1, 0.3)})})
    document = read_results(file)
    figures = document["figures"]
    assert figures["skill_vs_formula.vn2"] == 0.2
    assert figures["skill_vs_formula.completejourney"] == 0.4
    assert figures["forecast_seconds_30k"] == 20.0
    assert figures["censoring_bias.freshretailnet"] == 0.01
    assert "rows" not in figures
    assert {"commit", "command", "date"} <= set(document)
