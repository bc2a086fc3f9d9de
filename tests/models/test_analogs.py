"""Forecasts from analogs find known launch curves, learn from own weeks, and never fall."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import nbinom

from models.analogs import analog_forecast
from models.launches import Newcomers, past_launches

LEVELS = np.array([0.5, 0.8, 0.9, 0.95, 0.99])
PACE = np.array([1.0, 4.0, 12.0])  # units a day of tea, jam and bread, on average
SHAPE = 2.0  # products of a category differ: their pace is gamma distributed
N_DAYS = 420
HORIZONS = np.array([3, 7, 14, 28, 60])


def grocer(n_series=1500, seed=5):
    """Products launched at random days; Poisson demand at a gamma pace of their category."""
    rng = np.random.default_rng(seed)
    category = rng.integers(0, 3, n_series)
    pace = PACE[category] * rng.gamma(SHAPE, 1 / SHAPE, n_series)
    first = rng.integers(60, N_DAYS - 90, n_series)
    first[: n_series // 5] = 0
    begun = np.arange(N_DAYS) >= first[:, None]
    units = rng.poisson(pace[:, None], (n_series, N_DAYS)) * begun
    traits = np.column_stack([category, rng.integers(0, 8, n_series)])
    return units.astype(np.float32), begun.astype(np.float32), first, traits, pace


SHOP = grocer()
PAST = past_launches(*SHOP[:3], longest=120)


def newcomers(categories, *, age=0, sold=0.0, wait=0):
    """Products that come after the shop's own, and the traits of all."""
    n = len(categories)
    traits = np.concatenate([SHOP[3], np.column_stack([categories, np.full(n, -1)])])
    full = np.full(n, 1.0)
    new = Newcomers(
        np.arange(len(SHOP[3]), len(traits)),
        (full * age).astype(int),
        (full * wait).astype(int),
        full * sold,
        full * age,
    )
    return new, traits


def forecast(new, traits, horizons=HORIZONS, past=PAST):
    asked = np.tile(horizons, (len(new), 1))
    return analog_forecast(past, new, traits, horizons=asked, levels=LEVELS)


@pytest.mark.parametrize("horizon", [7, 28])
def test_before_any_sale_quantiles_are_those_of_the_category(horizon):
    """A gamma pace makes the total of a new product negative binomial."""
    found = forecast(*newcomers([0, 1, 2])).values[:, list(HORIZONS).index(horizon)]
    mean = PACE * horizon
    truth = nbinom.ppf(LEVELS, SHAPE, (SHAPE / (SHAPE + mean))[:, None])
    assert found[:, :4] == pytest.approx(truth[:, :4], rel=0.25, abs=1.0)
    covered = nbinom.cdf(np.floor(found), SHAPE, (SHAPE / (SHAPE + mean))[:, None])
    assert np.abs(covered - LEVELS).max() < 0.09  # two and a half deviations of 400 launches


def test_after_some_weeks_quantiles_are_those_of_bayes():
    """Gamma prior and Poisson sales: the posterior predictive is negative binomial again."""
    age, sold, horizon = 14, np.array([5.0, 14.0, 40.0]), 14
    new, traits = newcomers([0, 0, 0], age=age, sold=sold)
    found = forecast(new, traits).values[:, list(HORIZONS).index(horizon)]
    shape, rate = SHAPE + sold, SHAPE / PACE[0] + age
    truth = nbinom.ppf(LEVELS, shape[:, None], rate / (rate + horizon))
    assert found[:, :4] == pytest.approx(truth[:, :4], rel=0.25, abs=2.0)


def test_coverage_holds_for_launches_that_were_not_learned_from():
    units, observed, first, traits, pace = grocer(n_series=3000, seed=6)
    taught = np.arange(len(first)) < 2000
    past = past_launches(units[taught], observed[taught], first[taught], longest=100)
    rng = np.random.default_rng(8)
    asked = np.flatnonzero(~taught)
    for age in (0, 7, 28):
        sold = rng.poisson(pace[asked] * age).astype(float)
        n = np.full(len(asked), age)
        new = Newcomers(asked, n, 0 * n, sold, n.astype(float))
        found = forecast(new, traits, np.array([21]), past).values[:, 0]
        actual = rng.poisson(pace[asked] * 21)[:, None]
        error = np.maximum((actual < found).mean(0) - LEVELS, LEVELS - (actual <= found).mean(0))
        assert error.max() < 0.04  # two deviations: 1,000 asked, 400 learned from


def test_own_history_outweighs_the_category_as_it_grows():
    own_rate = 9.0
    off = []
    for age in (0, 3, 7, 28, 56):
        new, traits = newcomers([0], age=age, sold=own_rate * age)
        median = forecast(new, traits, np.array([28])).values[0, 0, 0]
        off.append(abs(median / 28 - own_rate))
    assert off == sorted(off, reverse=True)
    assert off[0] > 7
    assert off[-1] < 1.5


@given(
    category=st.integers(-1, 2),
    age=st.integers(0, 56),
    sold=st.floats(0, 500),
    wait=st.integers(0, 20),
)
@settings(max_examples=40, deadline=None)
def test_quantiles_never_fall_with_the_level_or_the_interval(category, age, sold, wait):
    new, traits = newcomers([category], age=age, sold=sold if age else 0.0, wait=0 if age else wait)
    horizons = np.array([1, 2, 5, 9, 20, 50, 90, 200])
    values = forecast(new, traits, horizons).values[0]
    assert np.isfinite(values).all()
    assert (values >= 0).all()
    assert (np.diff(values, axis=0) >= -1e-9).all()
    assert (np.diff(values, axis=1) >= 0).all()


def test_more_sold_means_more_to_come():
    new, traits = newcomers([1] * 30, age=10, sold=np.arange(30) * 4.0)
    means = forecast(new, traits).values.mean(axis=2)
    assert (np.diff(means, axis=0) > -0.05 * means[1:]).all()
    assert means[-1, 0] > 3 * means[3, 0]


def test_demand_is_counted_from_the_launch():
    now, later = (forecast(*newcomers([2], wait=wait)).values[0] for wait in (0, 7))
    assert (later[:2] == 0).all(), "nothing sells before the launch"
    assert later[2] == pytest.approx(now[1]), "14 days, 7 of them on the shelf"


def test_the_order_of_the_series_changes_nothing():
    units, observed, first, traits, _ = SHOP
    order = np.random.default_rng(2).permutation(len(first))
    new, all_traits = newcomers([0, 2], age=7, sold=np.array([3.0, 90.0]))
    mixed = past_launches(units[order], observed[order], first[order], longest=120)
    shuffled = np.concatenate([traits[order], all_traits[len(first) :]])
    one, other = forecast(new, all_traits), forecast(new, shuffled, past=mixed)
    assert other.values == pytest.approx(one.values, rel=1e-9)


def test_analogs_are_of_the_same_category():
    found = forecast(*newcomers([0, 1, 2], age=7, sold=PACE * 7))
    named = SHOP[3][found.analogs, 0]
    assert found.analogs.shape == (3, 5)
    assert (named == np.arange(3)[:, None]).mean() > 0.8


def test_a_series_is_not_its_own_analog():
    units, observed, first, traits, _ = SHOP
    series = np.arange(0, 300, 50)  # established: the pool stands them in
    launch = np.where(first == 0, N_DAYS - 20, first)
    new = Newcomers.of(units, observed, launch, series=series)
    found = forecast(new, traits)
    assert not (found.analogs == series[:, None]).any()


def test_nothing_after_the_cutoff_is_read():
    units, observed, first, traits, _ = SHOP
    cutoff = 300
    told_otherwise = units.copy()
    told_otherwise[:, cutoff + 1 :] += 50
    known = np.minimum(first, cutoff + 1)
    answers = []
    for sales in (units, told_otherwise):
        seen = sales[:, : cutoff + 1], observed[:, : cutoff + 1], known
        series = np.flatnonzero((known > cutoff - 56) & (known <= cutoff))
        past = past_launches(*seen, longest=120)
        answers.append(forecast(Newcomers.of(*seen, series=series), traits, past=past).values)
    assert len(answers[0]) > 50
    assert np.array_equal(*answers)


def test_periods_out_of_stock_are_filled_with_the_launchs_own_rate():
    units = np.zeros((1, 200), np.float32)
    units[0, 80:] = 3.0
    observed = (units > 0).astype(np.float32)
    observed[0, 85:95] = units[0, 85:95] = 0.0
    running = past_launches(units, observed, np.array([80]), longest=150).running[0]
    assert running[[5, 15, 120, 150]] == pytest.approx([15, 45, 360, 450])
