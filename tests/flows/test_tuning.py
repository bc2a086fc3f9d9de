"""`train --tune`: a real search on the corner shop, found again in MLflow."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from flows.cli import app
from flows.train import train
from models.tracking_store import open_store
from tests.flows.corner_shop import FIRST_NIGHT, SETTINGS, corner_shop


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(part) for part in arguments])


@pytest.mark.slow
def test_a_tuned_training_uses_the_best_trial_and_logs_them_all(
    prefect_server: None, tmp_path: Path
) -> None:
    config = tmp_path / "settings.toml"
    config.write_text(SETTINGS)
    data, out = corner_shop(tmp_path / "data"), tmp_path / "out"
    outcome = train(data, out, FIRST_NIGHT, config, tune_minutes=0.1)
    (note,) = outcome.notes
    store = open_store(out)
    parent = store.client.get_run(outcome.run_id)
    children = store.client.search_runs(
        [store.experiment_id], f"tags.`mlflow.parentRunId` = '{outcome.run_id}'"
    )
    told = json.loads(
        Path(store.client.download_artifacts(outcome.run_id, "summary.json")).read_text()
    )
    assert told["model_version"] == outcome.version
    assert {"build training rows", "tune", "fit and prove"} <= {s["name"] for s in told["stages"]}
    trials = [child for child in children if child.info.run_name.startswith("trial ")]
    assert trials
    best = min(trials, key=lambda trial: trial.data.metrics["calibration_pinball"])
    assert best.data.params.items() <= parent.data.params.items()
    assert f"{len(trials)} trials" in note
    first = next(trial for trial in trials if trial.info.run_name == "trial 0")
    assert first.data.params == {}
    if best.data.params:
        assert f"num_leaves = {best.data.params['num_leaves']}" in note
    else:
        assert "they stay" in note


def test_the_help_names_the_option() -> None:
    shown = run("train", "--help").stdout
    assert "--tune MINUTES" in " ".join(shown.split())


@pytest.mark.parametrize("minutes", ["-1", "nan", "inf", "soon"])
def test_what_is_no_length_of_time_is_a_usage_error(tmp_path: Path, minutes: str) -> None:
    result = run("train", "--data", tmp_path, "--out", tmp_path / "out", "--tune", minutes)
    assert result.exit_code == 2
    assert "--tune" in result.stderr
    assert not (tmp_path / "out").exists()
