from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import poisson
from sklearn.metrics import mean_pinball_loss

from benchmarks.forecast import scores
from benchmarks.forecast.problem import LEVELS


@pytest.fixture
def random():
    return np.random.default_rng(11)


def poisson_weeks(random, rate=20.0, n_cutoffs=40, n_items=200):
    actual = random.poisson(rate, n_cutoffs * n_items).astype(float)
    predicted = np.tile(poisson.ppf(LEVELS, rate), (len(actual), 1))
    cutoff = np.repeat(np.arange(n_cutoffs), n_items)
    return actual, predicted, np.ones(len(actual)), cutoff


def test_pinball_loss_agrees_with_scikit_learn(random):
    actual, predicted = random.gamma(2, 5, 300), random.gamma(2, 5, (300, len(LEVELS)))
    loss = scores.pinball_loss(actual, predicted).mean(axis=0)
    expected = [
        mean_pinball_loss(actual, predicted[:, i], alpha=level) for i, level in enumerate(LEVELS)
    ]
    np.testing.assert_allclose(loss, expected)


def test_weighted_pinball_is_loss_per_unit_of_demand():
    actual, predicted = np.array([10.0, 0.0]), np.full((2, len(LEVELS)), 5.0)
    per_unit = scores.weighted_pinball(
        scores.pinball_loss(actual, predicted), actual, np.array([1.0, 3.0])
    )
    np.testing.assert_allclose(per_unit, (5 * LEVELS + 3 * 5 * (1 - LEVELS)) / 10)


def test_the_true_quantiles_of_counts_have_next_to_no_coverage_error(random):
    actual, predicted, weight, _ = poisson_weeks(random)
    covered = scores.coverage(actual, predicted, weight)
    assert (covered.below <= covered.at_or_below).all()
    assert scores.coverage_error(covered).max() < 0.01


def test_coverage_error_is_the_distance_from_what_counts_can_attain():
    covered = scores.Coverage(LEVELS - 0.3, LEVELS - 0.02)
    np.testing.assert_allclose(scores.coverage_error(covered), 0.02)


def test_chance_explains_the_coverage_of_true_quantiles_but_not_of_halved_ones(random):
    actual, predicted, weight, cutoff = poisson_weeks(random)
    assert scores.excess_beyond_limits(actual, predicted, weight, cutoff, block=4).max() < 0.002
    halved = scores.excess_beyond_limits(actual, predicted / 2, weight, cutoff, block=4)
    assert halved.min() > 0.4


def test_shocks_shared_by_a_cutoff_widen_the_limits(random):
    n_cutoffs, n_items = 30, 300
    shock = np.repeat(random.normal(0, 3, n_cutoffs), n_items)
    actual = 50 + shock + random.normal(0, 1, n_cutoffs * n_items)
    predicted = np.tile(np.quantile(actual, LEVELS) - 0.3, (len(actual), 1))
    cutoff = np.repeat(np.arange(n_cutoffs), n_items)
    weight = np.ones(len(actual))
    shuffled = random.permutation(cutoff)
    shared = scores.excess_beyond_limits(actual, predicted, weight, cutoff, block=1)
    alone = scores.excess_beyond_limits(actual, predicted, weight, shuffled, block=1)
    assert (shared <= alone).all()
    assert shared.sum() < alone.sum()


def test_an_equal_forecast_has_no_skill_and_a_paired_interval_of_no_width(random):
    loss, series = random.gamma(1, 1, (400, len(LEVELS))), np.arange(400) % 50
    assert scores.skill(loss, loss, np.ones(400), series) == scores.Skill(0, 0, 0)


def test_the_paired_interval_holds_the_true_skill_nine_times_in_ten(random):
    inside = 0
    for _ in range(60):
        peer = random.gamma(2, 1, (150, len(LEVELS)))
        ours = peer * random.gamma(20, 0.9 / 20, (150, 1))
        found = scores.skill(ours, peer, np.ones(150), np.arange(150))
        inside += found.low <= 0.1 <= found.high
    assert 47 <= inside <= 60


def test_crossing_rate_counts_rows_not_levels():
    ordered, crossed = np.arange(6.0), np.array([0, 2, 1, 3, 2, 4.0])
    assert scores.crossing_rate(np.stack([ordered, crossed, ordered, ordered])) == 0.25
