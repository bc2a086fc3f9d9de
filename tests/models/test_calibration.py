"""Shifts bring coverage to the level where a miss persists, and only there."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from models.calibration import LEAST_BLOCKS, Calibration
from models.outcomes import Outcomes
from stockalert.errors import ChampionError
from stockalert.rows import Rows

LEVELS = (0.5, 0.9, 0.99)
CUTOFFS = np.arange("2024-01-07", "2024-05-05", 14, dtype="datetime64[D]")
NARROW = 1 + 0.1 * np.array([0.0, 1.2816, 2.3263])
"""Quantiles, relative to the mean, of forecasts that are too narrow by half."""


def shop(n: int, seed: int, *, shock: float = 0.0, volume: float = 1.0) -> Rows:
    """Windows of normal demand over 9 cutoffs; `shock` moves all windows of a cutoff together."""
    rng = np.random.default_rng(seed)
    cutoff = np.arange(n) % len(CUTOFFS)
    horizon = rng.integers(8, 15, n)
    scale = volume * rng.uniform(0.9, 1.1, n)
    common = shock * rng.normal(size=len(CUTOFFS))[cutoff]
    demand = scale * horizon * (1 + 0.2 * rng.normal(size=n) + common)
    return Rows(
        values=np.zeros((n, 1), np.float32),
        names=("nothing",),
        categorical=(),
        series=np.arange(n, dtype=np.int32),
        cutoff=CUTOFFS[cutoff],
        horizon=horizon.astype(np.int32),
        scale=scale.astype(np.float32),
        abc=np.zeros(n, np.int8),
        pattern=np.zeros(n, np.int8),
        demand=demand.astype(np.float32),
    )


def narrow(rows: Rows) -> np.ndarray:
    return (rows.scale * rows.horizon)[:, None].astype(float) * NARROW


def learned(rows: Rows) -> Calibration:
    return Calibration.learn(Outcomes.of(rows, narrow(rows)), levels=LEVELS)


def covered(rows: Rows, quantiles: np.ndarray) -> np.ndarray:
    return (rows.demand[:, None] <= quantiles).mean(axis=0)


def test_calibrated_quantiles_cover_new_rows_at_their_level():
    calibration, later = learned(shop(40_000, 1)), shop(40_000, 2)
    assert covered(later, calibration.apply(later, narrow(later))) == pytest.approx(
        LEVELS, abs=0.012
    )
    assert covered(later, narrow(later))[1] < 0.78


def test_a_persistent_shift_is_the_score_at_the_finite_sample_rank_less_what_may_be_chance():
    rows = shop(4_499, 3)
    expected = (rows.scale * rows.horizon).astype(float)
    scores = (rows.demand - expected * NARROW[1]) / expected
    mine = (expected / np.median(expected) >= 0.5) & (expected / np.median(expected) < 1.5)
    own = np.sort(scores[mine])[int(np.ceil((mine.sum() + 1) * 0.9)) - 1]
    blocks = [np.sort(scores[mine & (rows.cutoff == day)]) for day in CUTOFFS]
    each = np.array([b[int(np.ceil((len(b) + 1) * 0.9)) - 1] for b in blocks])
    sizes = np.array([len(b) for b in blocks]) / mine.sum()
    error = sizes @ (each - own) ** 2 / (1 / (sizes**2).sum() - 1)
    by_hand = own * max(0, 1 - 9 * error / own**2)
    found = learned(rows).shifts["volume 0.5-1.5"][1]
    assert found == pytest.approx(by_hand, rel=1e-4)
    assert 0.8 * own < found < own


def test_a_shock_that_comes_and_goes_shifts_almost_nothing():
    steady, shaken = learned(shop(9_000, 4)), learned(shop(9_000, 4, shock=0.6))
    assert abs(shaken.shifts["volume 0.5-1.5"][0]) <= 0.05
    assert steady.shifts["volume 0.5-1.5"][1] > 0.1


def test_best_sellers_keep_their_forecast_where_only_slow_sellers_are_missed():
    slow, best = shop(9_000, 5), shop(27, 6, volume=100.0)
    best = replace(best, demand=(best.scale * best.horizon).astype(np.float32))
    both = Outcomes.concatenate(*(Outcomes.of(rows, narrow(rows)) for rows in (slow, best)))
    calibration = Calibration.learn(both, levels=LEVELS)
    assert np.array_equal(calibration.shift(best), np.zeros((27, 3)))
    assert (calibration.shift(slow)[:, 1] > 0).all()


def test_too_few_blocks_shift_nothing():
    rows = shop(9_000, 7)
    rows = rows.take(np.isin(rows.cutoff, CUTOFFS[: LEAST_BLOCKS - 1]))
    assert np.array_equal(learned(rows).apply(rows, narrow(rows)), narrow(rows))
    none = Calibration.learn(Outcomes.none(3), levels=LEVELS)
    assert np.array_equal(none.apply(rows, narrow(rows)), narrow(rows))


def test_a_shop_ten_times_as_large_is_shifted_ten_times_as_far():
    rows = shop(9_000, 8)
    tenfold = replace(rows, scale=rows.scale * 10, demand=rows.demand * 10)
    small, large = learned(rows).shift(rows), learned(tenfold).shift(tenfold)
    assert large == pytest.approx(10 * small, rel=1e-3)
    assert set(learned(tenfold).groups(tenfold)) == set(learned(rows).groups(rows))


def test_json_carries_the_calibration_exactly():
    calibration = learned(shop(9_000, 9))
    copy = Calibration.from_json(json.loads(json.dumps(calibration.to_json())))
    assert copy == calibration
    damaged = {**calibration.to_json(), "shifts": {"volume<0.5": [0.0]}}
    with pytest.raises(ChampionError, match="damaged"):
        Calibration.from_json(damaged)
