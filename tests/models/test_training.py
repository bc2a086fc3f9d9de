"""The proof is honest: the evaluation window touches nothing that it judges."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models import bags
from models.metrics import weighted_pinball
from models.splits import proof_split
from models.training import MODEL_NAME, TrainedModel, train
from stockalert.errors import ChampionError
from stockalert.rows import Rows

LEVELS = (0.5, 0.9, 0.95)
SETTINGS = {"levels": LEVELS, "seed": 3, "n_estimators": 40, "n_jobs": 1}


@pytest.fixture(scope="module")
def naive(grocer):
    return np.repeat((grocer.scale * grocer.horizon)[:, None], len(LEVELS), axis=1)


@pytest.fixture(scope="module")
def trained(grocer, naive):
    return train(grocer, baselines={"static": naive}, **SETTINGS)


def test_the_proof_never_saw_the_evaluation_window(grocer, trained):
    evaluation = proof_split(grocer).evaluation
    changed = np.where(evaluation, 1_000.0, grocer.demand).astype(np.float32)
    other = train(replace(grocer, demand=changed), **SETTINGS)
    assert np.array_equal(other.proof.forecast(grocer), trained.proof.forecast(grocer))
    assert not np.array_equal(other.final.forecast(grocer), trained.final.forecast(grocer))
    assert trained.proof.trained_until <= trained.report.evaluation_start


def test_the_final_model_saw_everything(trained):
    assert trained.final.trained_until == trained.report.end


def test_the_report_scores_the_proof_and_the_baselines_on_the_same_rows(grocer, naive, trained):
    later = proof_split(grocer).evaluation
    expected = {
        MODEL_NAME: weighted_pinball(
            grocer.demand[later], trained.proof.forecast(grocer.take(later)), LEVELS
        ).mean(),
        "static": weighted_pinball(grocer.demand[later], naive[later], LEVELS).mean(),
    }
    assert trained.report.weighted_pinball(LEVELS) == pytest.approx(expected)
    assert expected[MODEL_NAME] < expected["static"]
    assert set(trained.report.scores["grouping"]) == {"all", "abc", "pattern"}


def test_the_same_seed_trains_the_same_model(grocer, naive, trained):
    again = train(grocer, baselines={"static": naive}, **SETTINGS)
    assert np.array_equal(again.final.forecast(grocer), trained.final.forecast(grocer))
    assert again.report.to_json() == trained.report.to_json()


def test_rows_that_were_never_visible_change_nothing(grocer, trained):
    hidden = grocer.take(np.arange(50))
    hidden = replace(
        hidden, weight=np.zeros(50, np.float32), demand=np.full(50, np.nan, np.float32)
    )
    both = Rows(
        **{
            name: np.concatenate([value, getattr(hidden, name)])
            if isinstance(value, np.ndarray)
            else value
            for name, value in vars(grocer).items()
        }
    )
    assert np.array_equal(
        train(both, **SETTINGS).final.forecast(grocer), trained.final.forecast(grocer)
    )


def test_outcomes_of_earlier_models_count_only_until_the_calibration_window(grocer, trained):
    split = proof_split(grocer)
    window = np.timedelta64(28, "D")
    old = trained.outcomes
    early = replace(
        old,
        cutoff=np.full(len(old), split.calibration_start - window),
        end=np.full(len(old), split.calibration_start),
    )
    late = replace(early, cutoff=np.full(len(old), split.calibration_start))
    unseen = replace(early, end=np.full(len(old), split.evaluation_start + window))
    n_own = len(old)
    for told, kept in ((early, n_own), (late, 0), (unseen, 0)):
        assert len(train(grocer, earlier=told, **SETTINGS).outcomes) == n_own + kept


def test_calibration_goes_on_learning_from_what_came_since(grocer, trained):
    unseen = trained.report.unseen(grocer)
    later = trained.proof.outcomes(replace(unseen, demand=unseen.demand * 3))
    updated = trained.updated(later)
    assert updated.boosters is trained.final.boosters
    assert updated.calibration.windows != trained.final.calibration.windows


def test_a_stored_training_is_read_back_whole(grocer, trained, tmp_path):
    trained.save(tmp_path / "run")
    copy = TrainedModel.load(tmp_path / "run")
    assert copy.report.to_json() == trained.report.to_json()
    assert np.array_equal(copy.final.forecast(grocer), trained.final.forecast(grocer))
    assert np.array_equal(copy.proof.forecast(grocer), trained.proof.forecast(grocer))
    with pytest.raises(ChampionError, match="no usable training report"):
        TrainedModel.load(tmp_path)


def test_progress_is_told_for_every_booster_of_every_stage(grocer):
    heard = []
    train(grocer, progress=lambda *step: heard.append(step), **{**SETTINGS, "n_estimators": 2})
    stages = [(stage, done, 6) for stage in ("scout", "proof", "final") for done in range(7)]
    assert heard == stages


def test_more_rows_than_the_scout_had_change_no_recipe(grocer, monkeypatch):
    heard = []
    few = {**SETTINGS, "n_estimators": 2}
    scout_rows = train(grocer, **few).report.train_rows
    monkeypatch.setattr(bags, "ROWS_PER_TREE", scout_rows)
    trained = train(grocer, progress=lambda *step: heard.append(step), **few)
    assert len(grocer) > scout_rows
    assert {total for _, _, total in heard} == {6}
    assert [part.boosters.n_bags_ for part in (trained.proof, trained.final)] == [2, 2]
