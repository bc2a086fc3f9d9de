"""Rows are binned where they lie, and give the boosters that a matrix in memory gives."""

from __future__ import annotations

from pathlib import Path

import lightgbm as lgb
import numpy as np
import pytest

from models.binning import Batches, sampling_seed
from models.quantile import QuantileBoosters

N_ROWS, N_FEATURES = 4000, 6


@pytest.fixture(scope="module")
def sold() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    features = rng.normal(size=(N_ROWS, N_FEATURES)).astype(np.float32)
    features[:, 2] = rng.integers(-1, 5, N_ROWS)  # categories, some unknown
    features[rng.random(features.shape) < 0.05] = np.nan
    return features, np.exp(np.nan_to_num(features[:, 0])) + rng.random(N_ROWS)


@pytest.fixture
def mapped(sold, tmp_path: Path) -> np.ndarray:
    sold[0].tofile(tmp_path / "rows.f32")
    return np.memmap(tmp_path / "rows.f32", np.float32, "r", shape=sold[0].shape)


def _boosters(features: np.ndarray, target: np.ndarray, **how: object) -> dict[str, str]:
    model = QuantileBoosters((0.5, 0.9), n_estimators=8, categorical_features=[2], n_jobs=1)
    return model.fit(features, target, **how).to_text()


def test_rows_in_a_file_train_the_same_boosters_as_in_memory(sold, mapped) -> None:
    features, target = sold
    assert _boosters(mapped, target) == _boosters(features, target)


def test_chosen_rows_train_the_same_boosters_as_a_copy_of_them(sold, mapped, monkeypatch) -> None:
    features, target = sold
    for few in (np.arange(0, N_ROWS, 3), np.arange(1500), np.r_[0:50, 3900:4000]):
        copied = _boosters(features[few], target[few])
        for batch in (97, 32_768):
            monkeypatch.setattr(Batches, "batch_size", batch)
            assert _boosters(mapped, target[few], which=few) == copied
            assert _boosters(features, target[few], which=few) == copied


def test_bins_are_those_that_lightgbm_makes_of_the_whole_matrix(sold) -> None:
    features, target = sold
    known = features.copy()
    known[known[:, 2] < 0, 2] = np.nan
    params = {"objective": "quantile", "verbosity": -1, "max_bin": 63, "num_threads": 1}
    texts = []
    for data in (known, Batches(features, None, [2])):
        bins = lgb.Dataset(data, target, params=params, categorical_feature=[2])
        texts.append(lgb.train(params, bins, 5).model_to_string())
    assert texts[0] == texts[1]


def test_bins_of_more_rows_than_are_sampled_are_those_of_the_matrix_too() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(210_000, 2)).astype(np.float32)
    target = features[:, 0] + rng.random(len(features))
    params = {"objective": "quantile", "verbosity": -1, "seed": 7, "num_threads": 1}
    texts = []
    for data in (features, Batches(features, None, [])):
        own = {**params, "data_random_seed": sampling_seed(7)} if data is not features else params
        texts.append(lgb.train(params, lgb.Dataset(data, target, params=own), 1).model_to_string())
    assert texts[0] == texts[1]


def test_a_file_of_rows_that_is_cut_off_is_told(mapped, tmp_path: Path) -> None:
    batches = Batches(mapped, None, [])
    path = tmp_path / "rows.f32"
    path.write_bytes(path.read_bytes()[: -4 * N_FEATURES])
    with pytest.raises(OSError, match="cut off"):
        batches[N_ROWS - 10 :]
    batches.close()


def test_many_categories_are_no_news(capfd: pytest.CaptureFixture[str]) -> None:
    """LightGBM warns of more categories than bins, each time and for every column."""
    rng = np.random.default_rng(5)
    features = rng.integers(0, 2_000, (6_000, 1)).astype(np.float32)
    model = QuantileBoosters((0.5,), n_estimators=2, categorical_features=[0], n_jobs=1)
    model.fit(features, rng.poisson(2.0, 6_000).astype(float))
    told = capfd.readouterr()
    assert told.out + told.err == ""
