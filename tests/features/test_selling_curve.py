"""What a shop sells by each hour is learned from its own half-empty days, and from past ones."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import gamma, poisson

from features.censoring import unmet
from features.selling_curve import BINS, learned_curves

EVENING = np.linspace(0.4, 1.6, BINS) / BINS
MORNING = EVENING[::-1]
DAYS = np.datetime64("2024-01-01") + np.arange(120)


def _orders(profile: np.ndarray, n_series: int = 300, seed: int = 1) -> np.ndarray:
    """Units sold by the end of each sixteenth of a day, (n_series, n_days, 16): all asked for."""
    rng = np.random.default_rng(seed)
    level = rng.gamma(4.0, 2.0, n_series)[:, None]
    demand = rng.poisson(rng.gamma(6.0, level / 6.0, (n_series, len(DAYS))))
    return rng.multinomial(demand, profile).cumsum(axis=2)


def _closed_early(wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Shelves emptied on four days of ten, at an hour that has nothing to do with demand."""
    rng = np.random.default_rng(2)
    days = wanted.shape[:2]
    hours = np.where(rng.random(days) < 0.4, rng.integers(1, BINS, days), BINS)
    return np.take_along_axis(wanted, hours[..., None] - 1, axis=2)[..., 0], hours / BINS


def _sold_out(wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Shelves filled every morning, and empty when all of it is sold."""
    rng = np.random.default_rng(2)
    demand = wanted[..., -1]
    stock = np.maximum(rng.poisson(demand.mean(axis=1) * 1.1, demand.T.shape).T, 1)
    hours = np.where(demand > stock, (wanted >= stock[..., None]).argmax(axis=2) + 1, BINS)
    return np.minimum(demand, stock), np.minimum(hours, BINS) / BINS


@pytest.mark.parametrize("profile", [EVENING, MORNING], ids=["evenings", "mornings"])
@pytest.mark.parametrize("emptied", [_closed_early, _sold_out])
def test_the_hours_that_sell_are_found_however_shelves_came_to_be_empty(emptied, profile) -> None:
    units, observed = emptied(_orders(profile))
    curves = learned_curves(units, observed, DAYS, 1)
    assert curves is not None
    found, true = curves.fraction[:, -1], np.append(0, np.cumsum(profile))
    uniform = np.arange(BINS + 1) / BINS
    assert np.abs(found - true).max() < 0.6 * np.abs(uniform - true).max()
    assert np.all(np.diff(found) >= 0)
    assert found[[0, -1]] == pytest.approx([0, 1])


def test_no_curve_knows_of_later_days() -> None:
    units, observed = _closed_early(_orders(EVENING))
    changed, stocked = units.copy(), observed.copy()
    changed[:, 80:], stocked[:, 80:] = 7, 0.3
    before, after = (
        learned_curves(*shop, DAYS, 1) for shop in ((units, observed), (changed, stocked))
    )
    assert before is not None
    assert after is not None
    np.testing.assert_array_equal(before.fraction[:, :80], after.fraction[:, :80])
    np.testing.assert_array_equal(before.strength[:80], after.strength[:80])
    assert not np.array_equal(before.fraction, after.fraction)


def test_too_few_partial_days_say_that_demand_keeps_step_with_time() -> None:
    units, observed = np.ones((5, 120)), np.ones((5, 120))
    assert learned_curves(units, observed, DAYS, 1) is None
    observed[0, 3] = 0.25
    curves = learned_curves(units, observed, DAYS, 1)
    assert curves is not None
    np.testing.assert_array_equal(curves.exposure(observed), observed)


def test_nothing_sold_at_all_teaches_nothing_and_breaks_nothing() -> None:
    observed = np.full((20, 120), 0.5)
    curves = learned_curves(np.zeros((20, 120)), observed, DAYS, 1)
    assert curves is not None
    assert np.isfinite(curves.fraction).all()
    assert np.all(curves.exposure(observed) > 0)


def test_unmet_demand_is_the_posterior_mean_of_a_gamma_poisson_day() -> None:
    level, shape, share, sold = 8.0, 3.0, 0.4, 6

    def weighed(rate: float, power: int) -> float:
        prior = gamma.pdf(rate, shape, scale=level / shape)
        return rate**power * prior * poisson.pmf(sold, share * rate)

    posterior = quad(weighed, 0, 80, args=(1,))[0] / quad(weighed, 0, 80, args=(0,))[0]
    own, usual = unmet(
        np.array([[float(sold)]]),
        np.array([[share]]),
        level=np.array([[level]]),
        prior_units=np.array([shape]),
    )
    assert own.item() + usual.item() * level == pytest.approx((1 - share) * posterior, rel=1e-6)
