from __future__ import annotations

from dataclasses import replace

import numpy as np

from benchmarks.forecast.problem import Problem


def test_a_rows_target_is_the_demand_after_its_cutoff_up_to_its_interval(shop):
    expected = [
        shop.demand[i, cutoff + 1 : cutoff + 1 + shop.protection_days[i]].sum()
        for cutoff in shop.cutoffs
        for i in range(shop.n_series)
    ]
    np.testing.assert_allclose(shop.actual, expected)


def test_trailing_level_is_the_mean_since_the_first_sale(shop):
    expected = [
        shop.demand[i, max(cutoff - 89, shop.first[i]) : cutoff + 1].mean()
        for cutoff in shop.cutoffs
        for i in range(shop.n_series)
    ]
    np.testing.assert_allclose(shop.level(90), expected, rtol=1e-5)


def test_weekly_data_count_the_interval_in_weeks(shop):
    weekly = replace(shop, period_days=7, protection_days=np.full(shop.n_series, 21))
    assert (weekly.horizon == 3).all()


def test_a_larger_sample_contains_a_smaller_one(shop):
    assert set(shop.sample(7)) < set(shop.sample(20))


def test_a_stored_problem_is_the_same_problem(shop, tmp_path):
    shop.save(tmp_path)
    stored = Problem.load(tmp_path)
    assert stored.fingerprint == shop.fingerprint
    np.testing.assert_array_equal(stored.actual, shop.actual)


def test_one_more_unit_sold_is_another_problem(shop):
    demand = shop.demand.copy()
    demand[3, 3] += 1
    assert replace(shop, demand=demand).fingerprint != shop.fingerprint


def test_taking_series_keeps_their_targets(shop):
    kept = shop.sample(9)
    by_cutoff = shop.actual.reshape(len(shop.cutoffs), -1)
    np.testing.assert_array_equal(shop.take(kept).actual, by_cutoff[:, kept].ravel())
