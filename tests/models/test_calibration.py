"""Shifts bring coverage to the level, honestly where data are few."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from models.calibration import Calibration
from stockalert.errors import ChampionError
from stockalert.rows import Rows

LEVELS = (0.5, 0.9, 0.99)


def exchangeable(n: int, seed: int, *, pattern: int = 0, abc: int = 0) -> tuple[Rows, np.ndarray]:
    """Rows whose demand is normal, and forecasts that are too narrow by half."""
    rng = np.random.default_rng(seed)
    scale, horizon = rng.uniform(1, 5, n), rng.integers(8, 15, n)
    exposure = scale * horizon
    rows = Rows(
        values=np.zeros((n, 1), np.float32),
        names=("nothing",),
        categorical=(),
        series=np.arange(n, dtype=np.int32),
        cutoff=np.full(n, "2024-05-05", dtype="datetime64[D]"),
        horizon=horizon.astype(np.int32),
        scale=scale.astype(np.float32),
        abc=np.full(n, abc, np.int8),
        pattern=np.full(n, pattern, np.int8),
        demand=(exposure * (1 + 0.2 * rng.normal(size=n))).astype(np.float32),
    )
    narrow = 1 + 0.1 * np.array([0.0, 1.2816, 2.3263])
    return rows, exposure[:, None] * narrow


def test_calibrated_quantiles_cover_new_rows_at_their_level():
    rows, predicted = exchangeable(20_000, 1)
    calibration = Calibration.learn(rows, predicted, levels=LEVELS)
    later, forecast = exchangeable(20_000, 2)
    covered = (later.demand[:, None] <= calibration.apply(later, forecast)).mean(axis=0)
    assert covered == pytest.approx(LEVELS, abs=0.012)
    assert (later.demand[:, None] <= forecast).mean(axis=0)[1] < 0.78


def test_the_largest_group_shift_is_a_score_at_the_finite_sample_rank():
    rows, predicted = exchangeable(1999, 3)
    calibration = Calibration.learn(rows, predicted, levels=LEVELS)
    scores = (rows.demand[:, None] - predicted) / (rows.scale * rows.horizon)[:, None].astype(float)
    by_hand = [np.sort(scores[:, i])[int(np.ceil(2000 * tau)) - 1] for i, tau in enumerate(LEVELS)]
    tails = 1999 * (1 - np.array(LEVELS))
    shrunk = np.array(by_hand) * (1 - 10 / (10 + tails) * (1000 / (1000 + tails)) ** 3)
    assert calibration.shift(rows)[0] / (rows.scale[0] * rows.horizon[0]) == pytest.approx(shrunk)


def test_a_small_group_takes_its_parents_shift():
    large, predicted = exchangeable(5000, 4)
    small, narrow = exchangeable(8, 5, pattern=3)
    both = Rows(
        **{
            name: np.concatenate([value, getattr(small, name)])
            if isinstance(value, np.ndarray)
            else value
            for name, value in vars(large).items()
        }
    )
    calibration = Calibration.learn(both, np.concatenate([predicted, narrow]), levels=LEVELS)
    assert set(calibration.groups(small)) == {"band=2"}
    assert set(calibration.groups(large)) == {"band=2|pattern=0|abc=0"}


def test_overlapping_windows_of_one_series_count_once():
    rows, predicted = exchangeable(400, 6)
    days = np.arange(400) % 4 * np.timedelta64(1, "D")
    rows = replace(rows, horizon=np.full(400, 14, np.int32))
    repeated = replace(rows, series=rows.series // 4, cutoff=rows.cutoff + days)
    alone = Calibration.learn(rows, predicted, levels=LEVELS)
    together = Calibration.learn(repeated, predicted, levels=LEVELS)
    assert alone.windows["all"] == 400
    assert together.windows["all"] < 200


def test_too_few_rows_shift_nothing():
    rows, predicted = exchangeable(3, 7)
    calibration = Calibration.learn(rows, predicted, levels=LEVELS)
    assert np.array_equal(calibration.apply(rows, predicted), predicted)


def test_the_shift_scales_with_demand():
    rows, predicted = exchangeable(3000, 8)
    calibration = Calibration.learn(rows, predicted, levels=LEVELS)
    tenfold = replace(rows, scale=rows.scale * 10)
    assert calibration.shift(tenfold) == pytest.approx(10 * calibration.shift(rows), rel=1e-6)


def test_json_carries_the_calibration_exactly():
    rows, predicted = exchangeable(3000, 9)
    calibration = Calibration.learn(rows, predicted, levels=LEVELS, period_days=1)
    copy = Calibration.from_json(json.loads(json.dumps(calibration.to_json())))
    assert copy == calibration
    damaged = {**calibration.to_json(), "shifts": {"all": [0.0]}}
    with pytest.raises(ChampionError, match="damaged"):
        Calibration.from_json(damaged)
