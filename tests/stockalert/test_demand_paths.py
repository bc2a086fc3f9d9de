"""Paths keep the forecast's totals, and what was learned of how weeks go together."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from stockalert.demand_paths import demand_paths
from stockalert.outlook import Horizons

LEVELS = np.array([0.05, 0.1, 0.25, 0.5, 0.75, 0.8, 0.9, 0.95, 0.975, 0.99])
WEEKS = np.arange(1.0, 7.0)

SHOP = {
    "milk": np.stack([stats.norm(50 * k, 8 * k**0.5).ppf(LEVELS) for k in WEEKS]),
    "tea": np.stack([stats.gamma(2 * k, scale=3).ppf(LEVELS) for k in WEEKS]),
    "vase": np.stack([stats.poisson(0.3 * k).ppf(LEVELS) for k in WEEKS]),
    "spare part": np.stack([stats.nbinom(0.15 * k, 0.05).ppf(LEVELS) for k in WEEKS]),
    "pen refill, sold out for ever": np.zeros((6, len(LEVELS))),
}
FORECAST = Horizons(WEEKS, np.stack(list(SHOP.values())), LEVELS)


def _paths(ends: np.ndarray = WEEKS, correlation: float = 0.3, **options: int) -> np.ndarray:
    wanted = np.tile(ends, (len(SHOP), 1))
    return demand_paths(FORECAST, wanted, correlation=correlation, **options)


@pytest.mark.parametrize("correlation", [0.0, 0.3, 0.8])
def test_totals_have_the_quantiles_of_the_forecast(correlation: float) -> None:
    paths = _paths(correlation=correlation, n_scenarios=1024)
    kept = np.moveaxis(np.quantile(paths, LEVELS, axis=2), 0, 2)
    assert kept[:2] == pytest.approx(FORECAST.values[:2], rel=0.02, abs=0.1)
    # Counts jump at their quantiles: there the mean is the figure to hold, within 5 %.
    expected = _paths(correlation=0.999, n_scenarios=1024).mean(axis=2)
    assert paths.mean(axis=2)[2:4] == pytest.approx(expected[2:4], rel=0.05)


def test_no_path_ever_falls_and_nothing_is_asked_of_what_nobody_wants() -> None:
    paths = _paths()
    assert (np.diff(paths, axis=1, prepend=0.0) >= 0).all()
    assert (paths[-1] == 0).all()


def test_weeks_go_together_as_the_truth_that_the_totals_come_from() -> None:
    """Totals of weeks that share a level, and the correlation of those very weeks.

    Levels down to 0.001: below the first one the forecast's curve falls to 0, a tail of its own.
    """
    levels = np.array([0.001, 0.01, *LEVELS, 0.999])
    for correlation in (0.0, 0.25, 0.6):
        spread = np.sqrt(correlation * WEEKS**2 + (1 - correlation) * WEEKS)
        values = stats.norm.ppf(levels)[None, :] * 12 * spread[:, None] + 60 * WEEKS[:, None]
        horizons = Horizons(WEEKS, values[None], levels)
        paths = demand_paths(horizons, WEEKS[None], correlation=correlation, n_scenarios=1024)
        weeks = np.corrcoef(np.diff(paths[0], axis=0, prepend=0.0))
        apart = weeks[np.triu_indices(6, 1)]
        assert apart.mean() == pytest.approx(correlation, abs=0.02)


def test_what_was_learned_ties_the_weeks_together() -> None:
    def together(correlation: float) -> float:
        weeks = np.diff(_paths(correlation=correlation)[1], axis=0, prepend=0.0)
        return np.corrcoef(weeks)[np.triu_indices(6, 1)].mean()

    assert together(0.0) < together(0.4) < together(0.8)


def test_an_empty_step_asks_for_nothing() -> None:
    steps = np.diff(_paths(np.array([0.0, 2.0, 2.0, 5.0])), axis=1, prepend=0.0)
    assert (steps[:, [0, 2]] == 0).all()


@settings(deadline=None, max_examples=20)
@given(st.permutations(range(len(SHOP))))
def test_neither_order_nor_company_of_the_series_changes_a_path(order: list[int]) -> None:
    shuffled = Horizons(WEEKS, FORECAST.values[order], LEVELS)
    ends = np.tile(WEEKS, (len(order), 1))
    told = demand_paths(shuffled, ends, correlation=0.3)
    assert np.array_equal(told, _paths()[order])
    alone = Horizons(WEEKS, FORECAST.values[order[:1]], LEVELS)
    assert demand_paths(alone, ends[:1], correlation=0.3)[0] == pytest.approx(told[0], rel=1e-12)
