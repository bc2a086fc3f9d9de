"""Trainings in a real MLflow store on SQLite: what is logged, registered and promoted."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import mean_pinball_loss

from models.metrics import score_table
from models.registry import champion, promote, set_verdict
from models.tracking import DataFacts, TrainedArtifacts, TrainingRecord, log_training
from models.tracking_store import REGISTERED_MODEL, Store, open_store
from models.training import MODEL_NAME, TrainedModel, train
from stockalert.errors import ChampionError, OutputError
from stockalert.rows import Rows

LEVELS = (0.5, 0.9, 0.95)


@dataclass(frozen=True)
class Shop:
    """A small shop's rows, the model trained on them, and the store it is logged in."""

    out: Path
    store: Store
    rows: Rows
    model: TrainedModel
    record: TrainingRecord
    artifacts: TrainedArtifacts
    run_id: str
    version: str


def grocer_rows(n_series: int = 40, n_weeks: int = 60) -> Rows:
    rng = np.random.default_rng(7)
    series, week = (a.ravel() for a in np.meshgrid(np.arange(n_series), np.arange(n_weeks)))
    pace = rng.gamma(2.0, 2.0, n_series)[series].astype(np.float32)
    horizon = rng.integers(3, 15, len(series)).astype(np.int32)
    season = 1.0 + 0.5 * np.sin(2 * np.pi * week / 52)
    return Rows(
        values=np.stack([season, np.log(pace), horizon], axis=1).astype(np.float32),
        names=("season", "log_scale", "horizon_periods"),
        categorical=(),
        series=series.astype(np.int32),
        cutoff=np.datetime64("2016-11-06") + week * np.timedelta64(7, "D"),
        horizon=horizon,
        scale=pace,
        abc=(series % 3).astype(np.int8),
        pattern=(series % 2).astype(np.int8),
        demand=rng.poisson(pace * horizon * season).astype(np.float32),
        weight=np.ones(len(series), dtype=np.float32),
    )


def input_table(rows: Rows, n: int) -> pd.DataFrame:
    frame = pd.DataFrame(rows.values[:n], columns=list(rows.names))
    some = rows.take(slice(n))
    return frame.assign(horizon=some.horizon, scale=some.scale, abc=some.abc, pattern=some.pattern)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    out = tmp_path_factory.mktemp("épicerie du coin")
    rows = grocer_rows()
    naive = np.repeat((rows.scale * rows.horizon)[:, None], len(LEVELS), axis=1)
    model = train(
        rows, levels=LEVELS, seed=7, baselines={"static": naive}, n_estimators=30, n_jobs=1
    )
    model.save(out / "model")
    record = TrainingRecord(
        name="train 2017-12-31",
        started_at=datetime(2018, 1, 1, 2, 0, tzinfo=UTC),
        trained_until=date(2017, 12, 31),
        data=DataFacts("grocer", "/srv/grocer", "f00dcafe", len(rows)),
        settings_toml='period = "D"\n',
        settings_fingerprint="5e771465",
        features_fingerprint="fea70435",
        params={"n_estimators": 30, "levels": LEVELS},
        scores=model.report.scores,
        importances=model.report.importances,
        examples=pd.DataFrame({"label": ["milk"], "actual": [9.0], "q500": [8.0], "q950": [14.0]}),
    )
    store = open_store(out)
    artifacts = TrainedArtifacts(out / "model", input_table(rows, 5), LEVELS)
    logged = log_training(store, record, artifacts)
    return Shop(out, store, rows, model, record, artifacts, logged.run_id, logged.version)


@pytest.fixture
def served(shop: Shop) -> Iterator[Shop]:
    promote(shop.store, shop.version, "the first model", {"relative_difference": -0.12})
    yield shop
    shop.store.client.delete_registered_model_alias(REGISTERED_MODEL, "champion")


def query(shop: Shop, sql: str, *values: object) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(shop.out / "mlflow.db")
    try:
        return connection.execute(sql, values).fetchall()
    finally:
        connection.close()


def test_a_training_is_one_parent_run_with_one_finished_child_per_level(shop: Shop) -> None:
    children = query(
        shop,
        "select runs.name, runs.status from runs join tags on tags.run_uuid = runs.run_uuid"
        " where tags.key = 'mlflow.parentRunId' and tags.value = ? order by 1",
        shop.run_id,
    )
    assert children == [("q500", "FINISHED"), ("q900", "FINISHED"), ("q950", "FINISHED")]


def test_tracked_loss_agrees_with_scikit_learn(shop: Shop, tmp_path: Path) -> None:
    demand = np.array([4.0, 0.0, 9.0, 2.0])
    ours, theirs = np.full((4, 1), 5.0), np.full((4, 1), 9.0)
    scores = pd.concat(
        [
            score_table(demand, ours, [0.9]).assign(model=MODEL_NAME),
            score_table(demand, theirs, [0.9]).assign(model="static"),
        ]
    )
    record = replace(shop.record, scores=scores)
    logged = log_training(shop.store, record, shop.artifacts)
    tracked = shop.store.client.get_run(logged.run_id).data.metrics
    loss = mean_pinball_loss(demand, ours[:, 0], alpha=0.9)
    rival = mean_pinball_loss(demand, theirs[:, 0], alpha=0.9)
    assert tracked["pinball_loss_q900"] == pytest.approx(loss)
    assert tracked["weighted_pinball"] == pytest.approx(loss * 4 / 15)
    assert tracked["skill_vs_static"] == pytest.approx(1 - loss / rival)
    assert tracked["coverage_q900"] == 0.75
    assert tracked["coverage_error_q900"] == pytest.approx(-0.15)


def test_levels_carry_figures_per_class_and_pattern(shop: Shop) -> None:
    found = shop.store.client.search_runs(
        [shop.store.experiment_id],
        f"tags.`mlflow.parentRunId` = '{shop.run_id}' and params.level = '0.95'",
    )
    metrics = found[0].data.metrics
    scores = shop.model.report.scores.set_index(["model", "grouping", "member", "level"])
    class_a = scores.loc[(MODEL_NAME, "abc", 0, 0.95)]
    assert metrics["weighted_pinball/abc_A"] == pytest.approx(class_a["weighted_pinball"])
    assert metrics["coverage/pattern_erratic"] > 0
    assert metrics["skill_vs_static"] > 0


def test_run_names_its_data_settings_and_figures(shop: Shop) -> None:
    run = shop.store.client.get_run(shop.run_id)
    dataset = run.inputs.dataset_inputs[0].dataset
    assert (dataset.name, dataset.digest) == ("grocer", "f00dcafe")
    files = shop.out / "mlartifacts" / shop.run_id / "artifacts"
    assert (files / "settings.toml").read_text() == 'period = "D"\n'
    assert {file.stem for file in (files / "figures").glob("*.png")} == {
        "calibration",
        "coverage_by_group",
        "examples",
        "feature_importance",
        "pinball_by_group",
    }
    assert run.data.params["n_estimators"] == "30"
    assert Path(run.info.artifact_uri).is_absolute()


def test_registered_model_answers_like_the_trained_one(served: Shop) -> None:
    import mlflow

    folder = champion(served.out).folder.parents[1]
    loaded = mlflow.pyfunc.load_model(str(folder))
    answer = loaded.predict(input_table(served.rows, 50).astype({"scale": float}))
    assert list(answer.columns) == ["q500", "q900", "q950"]
    wanted = served.model.final.forecast(served.rows.take(slice(50)))
    np.testing.assert_array_equal(answer.to_numpy(), wanted)


def test_class_and_pattern_may_be_left_out(served: Shop) -> None:
    import mlflow

    loaded = mlflow.pyfunc.load_model(str(champion(served.out).folder.parents[1]))
    table = input_table(served.rows, 3).drop(columns=["abc", "pattern"])
    assert loaded.predict(table).shape == (3, 3)


def test_model_folder_holds_text_and_plain_arrays_with_signature_and_example(served: Shop) -> None:
    folder = champion(served.out).folder.parents[1]
    files = {file for file in folder.rglob("*") if file.is_file()}
    assert {file.suffix for file in files} <= {"", ".json", ".npz", ".py", ".txt", ".yaml"}
    for file in files:
        if file.suffix == ".npz":
            np.load(file, allow_pickle=False).close()
        else:
            file.read_text(encoding="utf-8")
    assert "signature:" in (folder / "MLmodel").read_text()
    assert len(json.loads((folder / "input_example.json").read_text())["data"]) == 5
    assert "lightgbm==" in (folder / "requirements.txt").read_text()


def test_champion_carries_its_fingerprints(served: Shop) -> None:
    found = champion(served.out)
    assert (found.version, found.run_id) == (served.version, served.run_id)
    assert found.tags["settings_fingerprint"] == "5e771465"
    assert found.tags["trained_until"] == "2017-12-31"
    reloaded = TrainedModel.load(found.folder)
    assert reloaded.final.trained_until == served.model.final.trained_until


def test_reason_is_on_record_on_version_and_run(served: Shop) -> None:
    version = served.store.client.get_model_version(REGISTERED_MODEL, served.version)
    run = served.store.client.get_run(served.run_id)
    for tags in (version.tags, run.data.tags):
        assert tags["verdict"] == "promoted"
        assert tags["verdict_reason"] == "the first model"
        assert tags["verdict_relative_difference"] == "-0.12"


def test_refused_challenger_leaves_the_champion(served: Shop) -> None:
    challenger = log_training(served.store, served.record, served.artifacts)
    set_verdict(served.store, challenger.version, "2 % worse", {"relative_difference": 0.02})
    assert champion(served.out).version == served.version
    tags = served.store.client.get_model_version(REGISTERED_MODEL, challenger.version).tags
    assert (tags["verdict"], tags["verdict_reason"]) == ("not promoted", "2 % worse")


def test_promoted_challenger_names_whom_it_replaces(served: Shop) -> None:
    challenger = log_training(served.store, served.record, served.artifacts)
    promote(served.store, challenger.version, "3 % better", {})
    found = champion(served.out)
    assert found.version == challenger.version
    assert found.tags["replaces_version"] == served.version


def test_failed_training_is_marked_and_registers_nothing(shop: Shop, tmp_path: Path) -> None:
    before = len(shop.store.client.search_model_versions())
    nowhere = replace(shop.artifacts, folder=tmp_path / "never saved")
    with pytest.raises(FileNotFoundError):
        log_training(shop.store, replace(shop.record, name="broken"), nowhere)
    assert query(shop, "select status from runs where name = 'broken'") == [("FAILED",)]
    assert len(shop.store.client.search_model_versions()) == before


def test_store_is_found_from_any_folder_and_mlflow_global_address_stays(
    served: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlflow

    monkeypatch.chdir(tmp_path)
    assert champion(served.out).version == served.version
    assert not list(tmp_path.iterdir())
    assert str(served.out) not in mlflow.get_tracking_uri()


def test_mlflow_reports_nothing_to_anyone() -> None:
    from mlflow.telemetry.client import get_telemetry_client

    assert get_telemetry_client() is None


def test_no_champion_before_the_first_training(tmp_path: Path) -> None:
    with pytest.raises(ChampionError, match="no model has been trained"):
        champion(tmp_path)
    assert not list(tmp_path.iterdir())


def test_no_champion_without_promotion(shop: Shop) -> None:
    with pytest.raises(ChampionError, match=f"no version of {REGISTERED_MODEL}"):
        champion(shop.out)


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (lambda file: file.write_text(file.read_text()[:-20]), "is damaged"),
        (lambda file: file.unlink(), "is damaged"),
        (lambda file: file.parents[2].rename(file.parents[2].with_name("moved")), "has no files"),
    ],
    ids=["truncated", "missing", "moved"],
)
def test_damaged_champion_is_refused(served: Shop, harm, message: str) -> None:
    logged = log_training(served.store, served.record, served.artifacts)
    promote(served.store, logged.version, "for now", {})
    harm(champion(served.out).folder / "final" / "booster_q950.txt")
    with pytest.raises(ChampionError, match=message):
        champion(served.out)


def test_database_that_is_none_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_text("not a database at all")
    with pytest.raises(OutputError, match="is not a SQLite database"):
        open_store(tmp_path)
    with pytest.raises(ChampionError, match="is not a SQLite database"):
        champion(tmp_path)


def test_output_that_is_a_file_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(OutputError, match="cannot be used"):
        open_store(tmp_path / "out")


def test_deleted_experiment_comes_back(shop: Shop) -> None:
    shop.store.client.delete_experiment(shop.store.experiment_id)
    assert open_store(shop.out).experiment_id == shop.store.experiment_id
    experiment = shop.store.client.get_experiment(shop.store.experiment_id)
    assert experiment.lifecycle_stage == "active"
