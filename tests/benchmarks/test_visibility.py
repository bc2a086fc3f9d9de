from __future__ import annotations

from dataclasses import replace

import numpy as np

from benchmarks.forecast.visibility import free_of_stock_out, probability_free, row_weight


def test_only_intervals_wholly_in_stock_are_scored(shop):
    expected = [
        (shop.observed[i, cutoff + 1 : cutoff + 1 + shop.protection_days[i]] == 1).all()
        for cutoff in shop.cutoffs
        for i in range(shop.n_series)
    ]
    np.testing.assert_array_equal(row_weight(shop) > 0, expected)


def test_a_series_that_has_not_begun_is_not_scored(shop):
    demand = shop.demand.copy()
    demand[20] = np.arange(demand.shape[1]) > shop.cutoffs[2] + 3
    scored = free_of_stock_out(replace(shop, demand=demand, observed=np.ones_like(demand)))
    by_cutoff = scored.reshape(len(shop.cutoffs), -1)
    assert not by_cutoff[:3, 20].any()
    assert by_cutoff[3:, 20].all()


def test_data_never_out_of_stock_weigh_one(shop):
    assert (row_weight(replace(shop, observed=np.ones_like(shop.observed))) == 1).all()


def test_the_probability_knows_nothing_after_its_cutoff(shop):
    observed = shop.observed.copy()
    observed[:, shop.cutoffs[0] + 1 :] = 0
    after = probability_free(replace(shop, observed=observed))
    first = slice(0, shop.n_series)
    np.testing.assert_array_equal(after[first], probability_free(shop)[first])


def test_weights_restore_the_mix_of_items_that_stock_outs_distort(shop):
    random = np.random.default_rng(5)
    scarce = np.arange(shop.n_series) % 2 == 0
    risk = np.where(scarce, 0.15, 0.01)[:, None]
    observed = (random.random(shop.observed.shape) >= risk).astype(np.float32)
    problem = replace(shop, observed=observed, protection_days=np.full(shop.n_series, 5))
    weight, free = row_weight(problem), free_of_stock_out(problem)
    is_scarce = scarce[problem.rows[0]]
    plain, weighted = is_scarce[free].mean(), np.average(is_scarce, weights=weight)
    assert plain < 0.37
    assert abs(weighted - 0.5) < 0.04
