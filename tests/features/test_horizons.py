"""Sampled horizons depend on the seed, the series and the date, and follow the distribution."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from features.horizons import THINNED_TOGETHER, sample_cutoffs, sample_horizons, thinned
from features.panel import Panel


def _panel(n: int) -> Panel:
    units = np.zeros((n, 60), dtype=np.float32)
    return Panel(
        series=pd.DataFrame({"sku": [f"sku {i:04d}" for i in range(n)], "location": "default"}),
        periods=np.datetime64("2024-01-01") + np.arange(60),
        period_days=1,
        first=np.zeros(n, dtype=np.int32),
        units=units,
        observed=units + 1,
    )


def test_the_same_seed_draws_the_same_horizons_and_another_does_not() -> None:
    panel, atoms = _panel(200), np.tile([3, 7, 14, 28], (200, 1))
    one, again, other = (
        sample_horizons(panel, np.array([9, 30]), atoms=atoms, count=2, seed=seed)
        for seed in (7, 7, 8)
    )
    np.testing.assert_array_equal(one, again)
    assert (one != other).mean() > 0.3
    assert one.shape == (2, 200, 2)


def test_a_series_draws_the_same_whoever_else_is_there() -> None:
    atoms = np.full((300, 1), 40)
    everyone = sample_horizons(_panel(300), np.array([9, 30]), atoms=atoms, count=3, seed=1)
    few = sample_horizons(_panel(50), np.array([30]), atoms=atoms[:50], count=3, seed=1)
    np.testing.assert_array_equal(everyone[1:, :50], few)


def test_draws_follow_the_lead_time_distribution() -> None:
    n = 4000
    atoms, shares = np.tile([5, 10, 20], (n, 1)), np.tile([0.2, 0.5, 0.3], (n, 1))
    drawn = sample_horizons(
        _panel(n), np.array([9]), atoms=atoms, probabilities=shares, count=1, seed=1, explore=0.0
    )
    frequency = [(drawn == atom).mean() for atom in (5, 10, 20)]
    np.testing.assert_allclose(frequency, [0.2, 0.5, 0.3], atol=0.02)


def test_exploring_draws_reach_every_horizon_up_to_the_longest() -> None:
    drawn = sample_horizons(
        _panel(4000), np.array([9, 10]), atoms=np.full(4000, 12), count=2, seed=1, explore=1.0
    )
    assert set(np.unique(drawn[drawn > 0])) == set(range(1, 13))


def test_no_horizon_is_asked_for_twice() -> None:
    drawn = sample_horizons(
        _panel(2000), np.array([9, 16]), atoms=np.full(2000, 12), count=3, seed=1
    )
    asked = np.sort(drawn, axis=2)
    assert not ((np.diff(asked, axis=2) == 0) & (asked[:, :, 1:] > 0)).any()
    assert (asked[:, :, -1] > 0).all()
    assert 1.2 < (drawn > 0).sum(axis=2).mean() < 1.7, "one interval and what was explored"


def test_cutoffs_step_back_from_the_last_and_keep_enough_history() -> None:
    cutoffs = sample_cutoffs(every=8, last=50, least_history=20)
    assert cutoffs.tolist() == [26, 34, 42, 50]
    assert sample_cutoffs(every=8, last=5, least_history=20).tolist() == []


def test_thinning_keeps_about_the_share_asked_for_and_the_same_draws_every_time() -> None:
    panel, cutoffs = _panel(20_000), np.array([9, 16, 23])
    drawn = sample_horizons(panel, cutoffs, atoms=np.full(20_000, 12), count=2, seed=1)
    kept = thinned(drawn, panel, cutoffs, most=40_000, seed=1)
    assert (kept > 0).sum() == pytest.approx(40_000, rel=0.15)
    np.testing.assert_array_equal(kept[kept > 0], drawn[kept > 0])
    np.testing.assert_array_equal(kept, thinned(drawn, panel, cutoffs, most=40_000, seed=1))
    np.testing.assert_array_equal(thinned(drawn, panel, cutoffs, most=120_000, seed=1), drawn)


def test_neighbours_are_thinned_together_wherever_a_block_begins() -> None:
    panel, cutoffs = _panel(1000), np.array([9, 16, 23, 30])
    drawn = sample_horizons(panel, cutoffs, atoms=np.full(1000, 12), count=2, seed=1)
    asked = int(np.count_nonzero(drawn))
    kept = thinned(drawn, panel, cutoffs, most=asked // 2, seed=1)
    whole = (kept > 0).any(axis=2)[:, : 3 * THINNED_TOGETHER].reshape(4, 3, -1)
    assert set(whole.mean(axis=2).ravel()) == {0.0, 1.0}
    which = slice(300, 777)
    part = thinned(
        *(drawn[:, which], panel.block(which), cutoffs),
        **{"most": asked // 2, "seed": 1, "asked": asked, "first": 300},
    )
    np.testing.assert_array_equal(part, kept[:, which])
