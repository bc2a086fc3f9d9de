from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm

from benchmarks.forecast.problem import LEVELS
from benchmarks.peers.conformal import conformal_totals
from benchmarks.peers.empirical import empirical_totals, seasonal_empirical_totals
from benchmarks.peers.formulas import static_formula, z_formula, z_formula_quarterly
from benchmarks.peers.history import origins_before, totals_from, visible_demand

FORMULAS = [static_formula, z_formula, z_formula_quarterly]
CHEAP = [*FORMULAS, empirical_totals, seasonal_empirical_totals]


@pytest.fixture
def in_stock(shop):
    return replace(shop, observed=np.ones_like(shop.observed))


def by_cutoff(problem, quantiles):
    return quantiles.reshape(len(problem.cutoffs), problem.n_series, len(LEVELS))


def test_formulas_are_mean_and_deviation_of_half_a_year(in_stock):
    static, z = (by_cutoff(in_stock, peer(in_stock)) for peer in (static_formula, z_formula))
    for i in (0, 17, 38):
        cutoff, length = in_stock.cutoffs[4], in_stock.protection_days[i]
        y = in_stock.demand[i, max(cutoff - 181, in_stock.first[i]) : cutoff + 1].astype(float)
        expected = y.mean() * length + norm.ppf(LEVELS) * y.std(ddof=1) * np.sqrt(length)
        np.testing.assert_allclose(static[4, i], y.mean() * length)
        np.testing.assert_allclose(z[4, i], expected)


def test_the_quarterly_formula_stays_as_it_was_set(in_stock):
    quarterly = by_cutoff(in_stock, z_formula_quarterly(in_stock))
    weekly = by_cutoff(in_stock, z_formula(in_stock))
    np.testing.assert_array_equal(quarterly, np.broadcast_to(weekly[0], quarterly.shape))


def test_empirical_quantiles_are_those_of_past_totals(in_stock):
    found = by_cutoff(in_stock, empirical_totals(in_stock))
    cutoff, i = in_stock.cutoffs[6], 20
    length = in_stock.protection_days[i]
    y = in_stock.demand[i, : cutoff + 1].astype(float)
    totals = [y[end - length + 1 : end + 1].sum() for end in range(cutoff - 181, cutoff + 1)]
    expected = np.quantile(totals, LEVELS, method="inverted_cdf")
    np.testing.assert_allclose(found[6, i], expected)


@pytest.mark.parametrize("peer", CHEAP)
def test_no_peer_sees_past_its_cutoff(shop, peer):
    changed = replace(shop, demand=shop.demand.copy(), observed=shop.observed.copy())
    changed.demand[:, shop.cutoffs[3] + 1 :] = 99
    changed.observed[:, shop.cutoffs[3] + 1 :] = 0.3
    before, after = (by_cutoff(shop, peer(problem))[:4] for problem in (shop, changed))
    np.testing.assert_array_equal(before, after)


def test_conformal_totals_use_errors_whose_intervals_have_passed(shop):
    origins = origins_before(shop, 26)
    forecast = np.random.default_rng(1).gamma(2, 20, (shop.n_series, len(origins)))
    changed = replace(shop, demand=shop.demand.copy())
    changed.demand[:, shop.cutoffs[3] + 1 :] = 99
    before, after = (
        by_cutoff(shop, conformal_totals(problem, origins, forecast))[:4]
        for problem in (shop, changed)
    )
    np.testing.assert_array_equal(before, after)


def test_conformal_totals_of_a_known_rate_cover_what_they_promise(in_stock):
    steady = replace(in_stock, demand=np.random.default_rng(2).poisson(6.0, in_stock.demand.shape))
    origins = origins_before(steady, 26)
    forecast = np.repeat(6.0 * steady.horizon[:, None], len(origins), axis=1)
    covered = (steady.actual[:, None] <= conformal_totals(steady, origins, forecast)).mean(axis=0)
    np.testing.assert_allclose(covered, LEVELS, atol=0.06)


def test_partly_visible_days_are_scaled_and_hidden_ones_take_the_mean_before_them(shop):
    problem = replace(shop, demand=np.full_like(shop.demand, 4), observed=shop.observed.copy())
    problem.observed[:] = 1
    problem.observed[0, 50], problem.observed[1, 50] = 0.5, 0.1
    demand = visible_demand(problem)
    assert demand[0, 50] == 8
    assert demand[1, 50] == 4


def test_totals_run_over_the_interval_after_each_day():
    totals = totals_from(np.array([[1.0, 2, 4, 8]]), np.array([2]))
    np.testing.assert_array_equal(totals, [[6, 12, np.nan, np.nan]])
