"""The demand model answers in units, ascending, and survives being stored."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import nbinom

from models.demand import DemandModel
from stockalert.errors import ChampionError

LEVELS = (0.1, 0.5, 0.9, 0.95)


@pytest.fixture(scope="module")
def model(grocer):
    early = grocer.take(grocer.cutoff < np.datetime64("2017-09-01"))
    fitted = DemandModel.fit(early, levels=LEVELS, n_estimators=60, random_state=1, n_jobs=1)
    later = grocer.take(grocer.cutoff >= np.datetime64("2017-09-24"))
    return fitted.calibrated(fitted.outcomes(later))


def test_forecasts_come_near_the_quantiles_of_the_process(model, grocer):
    mean = grocer.scale * grocer.horizon * np.where(grocer.values[:, 2] == 3, 1.5, 1.0)
    truth = nbinom.ppf(np.array(LEVELS), 2.0, (2.0 / (2.0 + mean))[:, None])
    found = model.forecast(grocer)
    total_error = np.abs(found - truth).sum(axis=0) / truth.sum(axis=0)
    assert (total_error[1:] < 0.2).all()


def test_forecasts_are_never_negative_and_ascend_over_the_levels(model, grocer):
    found = model.forecast(grocer)
    assert found.shape == (len(grocer), len(LEVELS))
    assert (found >= 0).all()
    assert (np.diff(found, axis=1) >= 0).all()


def test_scaling_a_series_scales_its_forecast(model, grocer):
    tenfold = replace(grocer, scale=grocer.scale * 10)
    assert model.raw(tenfold) == pytest.approx(10 * model.raw(grocer), rel=1e-5)


def test_no_rows_give_no_forecasts(model, grocer):
    assert model.forecast(grocer.take(slice(0))).shape == (0, len(LEVELS))


def test_a_stored_model_forecasts_bit_for_bit_the_same(model, grocer, tmp_path):
    model.save(tmp_path / "modèle")
    copy = DemandModel.load(tmp_path / "modèle")
    assert np.array_equal(copy.forecast(grocer), model.forecast(grocer))
    assert copy.trained_until == model.trained_until < "2017-09-24"
    kinds = {path.suffix for path in (tmp_path / "modèle").iterdir()}
    assert kinds == {".txt", ".json"}


def test_a_damaged_or_missing_file_is_refused(model, tmp_path):
    with pytest.raises(ChampionError, match="no usable model"):
        DemandModel.load(tmp_path)
    model.save(tmp_path)
    booster = tmp_path / "booster_q950.txt"
    text = booster.read_text()
    booster.write_text(text[: len(text) // 2])
    with pytest.raises(ChampionError, match="changed or cut off"):
        DemandModel.load(tmp_path)
    booster.unlink()
    with pytest.raises(ChampionError, match=r"booster_q950\.txt"):
        DemandModel.load(tmp_path)


def test_rows_with_other_features_are_refused_by_name(model, grocer):
    renamed = replace(grocer, names=("log_scale", "horizon", "aisle", "views_trend", "discount"))
    with pytest.raises(ChampionError, match="discount, price_against_usual"):
        model.forecast(renamed)
