from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import integrate, stats

from stockalert.quantiles import (
    MAX_LEVEL,
    at_horizon,
    mean,
    mixture,
    probability_at_most,
    quantile_at,
    rearrange,
)

LEVELS = np.array([0.05, 0.1, 0.25, 0.5, 0.75, 0.8, 0.9, 0.95, 0.975, 0.99])

demand = arrays(np.float64, (3, len(LEVELS)), elements=st.integers(0, 400).map(lambda n: n / 4))


def _reorderable(values: np.ndarray) -> np.ndarray:
    return np.sort(values, axis=1)


def test_crossing_quantiles_are_sorted_and_nothing_else_changes() -> None:
    assert rearrange(np.array([[5.0, 4.0], [1.0, 2.0]])).tolist() == [[4.0, 5.0], [1.0, 2.0]]


@settings(deadline=None, max_examples=40)
@given(demand)
def test_a_forecast_level_returns_exactly_what_was_forecast(values: np.ndarray) -> None:
    values = _reorderable(values)
    np.testing.assert_allclose(quantile_at(values, LEVELS, LEVELS[None, :]), values, atol=1e-9)


@settings(deadline=None, max_examples=40)
@given(demand, st.floats(0, 1), st.floats(0, 1))
def test_a_higher_level_never_has_a_lower_quantile(
    values: np.ndarray, one: float, other: float
) -> None:
    low, high = quantile_at(
        _reorderable(values), LEVELS, np.array([[min(one, other), max(one, other)]])
    ).T
    assert (low <= high + 1e-9).all()


@settings(deadline=None, max_examples=40)
@given(demand, st.floats(0.001, 0.999))
def test_looking_up_and_inverting_agree(values: np.ndarray, level: float) -> None:
    values = _reorderable(values)
    x = quantile_at(values, LEVELS, level)
    assert (probability_at_most(values, LEVELS, x + 1e-6) >= level - 1e-9).all()
    assert (probability_at_most(values, LEVELS, x - 1e-6) <= level + 1e-9).all()


@settings(deadline=None, max_examples=40)
@given(demand, st.integers(2, 50))
def test_demand_in_boxes_of_k_has_quantiles_divided_by_k(values: np.ndarray, k: int) -> None:
    values = _reorderable(values)
    level = np.array([[0.01, 0.3, 0.97, 0.999]])
    one = quantile_at(values, LEVELS, level)
    np.testing.assert_allclose(quantile_at(values * k, LEVELS, level), one * k, rtol=1e-12)
    np.testing.assert_allclose(mean(values * k, LEVELS), mean(values, LEVELS) * k, rtol=1e-12)


def test_an_exponential_demand_keeps_its_own_tail() -> None:
    weekly = stats.expon(scale=7.0)
    values = weekly.ppf(LEVELS)[None, :]
    assert quantile_at(values, LEVELS, 0.999).item() == pytest.approx(weekly.ppf(0.999))
    assert probability_at_most(values, LEVELS, 60.0).item() == pytest.approx(weekly.cdf(60.0))


def test_the_mean_is_the_area_under_the_quantile_function() -> None:
    values = np.array([[0, 0, 1, 3, 6, 7, 11, 15, 22, 40.0]])
    area, _ = integrate.quad(
        lambda u: quantile_at(values, LEVELS, u).item(), 0, MAX_LEVEL, points=LEVELS, limit=500
    )
    beyond = (1 - MAX_LEVEL) * (quantile_at(values, LEVELS, MAX_LEVEL).item() + 25 / np.log(5))
    assert mean(values, LEVELS).item() == pytest.approx(area + beyond, rel=1e-6)


def test_a_service_level_of_one_is_taken_as_the_highest_level_and_stays_finite() -> None:
    values = np.arange(1.0, 11.0)[None, :]
    assert quantile_at(values, LEVELS, 1.0) == quantile_at(values, LEVELS, MAX_LEVEL)


def test_an_item_that_never_sells_needs_no_stock() -> None:
    values = np.zeros((1, len(LEVELS)))
    assert quantile_at(values, LEVELS, 0.999).item() == 0
    assert probability_at_most(values, LEVELS, 0.0).item() == 1
    assert mean(values, LEVELS).item() == 0


def test_zero_demand_has_the_probability_of_all_levels_whose_quantile_is_zero() -> None:
    values = np.array([[0, 0, 0, 0, 1, 1, 2, 3, 4, 6.0]])
    assert probability_at_most(values, LEVELS, 0.0).item() == pytest.approx(0.5)
    assert probability_at_most(values, LEVELS, -0.5).item() == 0


def test_each_row_may_have_its_own_level_and_its_own_position() -> None:
    values = np.vstack([np.arange(10.0), np.arange(10.0) * 2])
    assert quantile_at(values, LEVELS, np.array([0.5, 0.9])).tolist() == [3.0, 12.0]
    positions = probability_at_most(values, LEVELS, np.array([3.0, 12.0]))
    assert positions.tolist() == pytest.approx([0.5, 0.9])


def test_a_mixture_of_normals_agrees_with_its_published_distribution_function() -> None:
    fine = np.concatenate([np.linspace(0.001, 0.99, 990)])
    short, long = stats.norm(100, 10), stats.norm(160, 15)
    values = np.stack([short.ppf(fine), long.ppf(fine)])[None]
    mixed = mixture(values, np.array([[0.7, 0.3]]), fine)[0]
    wanted = np.array([0.1, 0.5, 0.9, 0.95])
    at = mixed[np.searchsorted(fine, wanted)]
    np.testing.assert_allclose(0.7 * short.cdf(at) + 0.3 * long.cdf(at), wanted, atol=2e-3)


@settings(deadline=None, max_examples=40)
@given(arrays(np.float64, (2, 3, len(LEVELS)), elements=st.integers(0, 60).map(float)))
def test_a_mixture_is_the_smallest_demand_whose_mixed_probability_reaches_the_level(
    values: np.ndarray,
) -> None:
    values = np.sort(values, axis=2)
    weights = np.array([[0.2, 0.5, 0.3], [0.0, 0.5, 0.5]])
    mixed = mixture(values, weights, LEVELS)
    for row, quantiles in enumerate(mixed):
        for level, x in zip(LEVELS, quantiles, strict=True):
            share = [
                probability_at_most(values[row], LEVELS, x + d) @ weights[row]
                for d in (1e-7, -1e-7)
            ]
            assert share[0] >= level - 1e-9
            assert share[1] <= level + 1e-9


def test_a_certain_lead_time_leaves_the_quantiles_as_they_are() -> None:
    values = np.stack([np.arange(10.0) / 3, np.arange(10.0)])[None]
    assert (mixture(values, np.array([[1.0, 0.0]]), LEVELS)[0] == values[0, 0]).all()


@pytest.mark.parametrize("size", [1, 3, 7, 64])
def test_a_mean_is_the_same_to_the_last_bit_in_blocks_of_any_size(size: int) -> None:
    values = np.sort(np.random.default_rng(3).gamma(1.0, 9.0, (1001, len(LEVELS))), axis=1)
    parts = [mean(values[at : at + size], LEVELS) for at in range(0, len(values), size)]
    np.testing.assert_array_equal(np.concatenate(parts), mean(values, LEVELS))


def test_no_series_gives_no_quantiles() -> None:
    assert mixture(np.zeros((0, 3, 10)), np.zeros((0, 3)), LEVELS).shape == (0, 10)
    assert quantile_at(np.zeros((0, 10)), LEVELS, 0.9).shape == (0,)


def test_between_two_horizons_demand_grows_in_a_straight_line() -> None:
    values = np.array([[[7.0, 9.0], [14.0, 20.0]]])
    found = at_horizon(values, np.array([7, 14]), np.array([[7.0, 8.5, 14.0, 28.0]]))
    expected = [[7.0, 9.0], [8.5, 9 + 11 * 1.5 / 7], [14.0, 20.0], [28.0, 40.0]]
    np.testing.assert_allclose(found[0], expected)


@settings(deadline=None, max_examples=40)
@given(
    arrays(np.float64, (2, 4, 2), elements=st.integers(0, 99).map(float)),
    st.floats(0, 40),
    st.floats(0, 40),
)
def test_a_longer_interval_never_has_less_demand(
    values: np.ndarray, one: float, other: float
) -> None:
    horizons = np.array([[1, 7, 14, 28], [2, 2, 3, 3]])
    wanted = np.tile([min(one, other), max(one, other)], (2, 1))
    found = at_horizon(np.sort(values, axis=2), horizons, wanted)
    assert (found[:, 0] <= found[:, 1] + 1e-9).all()
