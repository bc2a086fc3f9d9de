"""What one training leaves behind in MLflow: a parent run, a child run per level, one model.

A data scientist compares parents by `weighted_pinball` and the `skill_vs_…` figures, opens one,
and sees its levels side by side as child runs with the same metric names.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pandas as pd

from models.quantile import level_name
from models.quiet import quiet_environment
from models.tracked_metrics import label_groups, level_metrics, summary_metrics
from models.tuning import Trial

quiet_environment()

from mlflow.entities import (  # noqa: E402
    Dataset,
    DatasetInput,
    InputTag,
    LoggedModel,
    Metric,
    Param,
)
from mlflow.exceptions import MlflowException  # noqa: E402

from models.tracking_model import ARTIFACT_FOLDER, digest, log_model  # noqa: E402
from models.tracking_store import REGISTERED_MODEL, Store  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "DataFacts",
    "LoggedTraining",
    "TrainedArtifacts",
    "TrainingRecord",
    "log_summary",
    "log_training",
]


@dataclass(frozen=True)
class DataFacts:
    """Which data a model was trained on.

    Attributes
    ----------
    name : of the data set, for instance "shop" or "demo".
    source : where it was read, a path or a label.
    fingerprint : of its contents, at most 36 characters.
    rows : training rows.
    """

    name: str
    source: str
    fingerprint: str
    rows: int


@dataclass(frozen=True)
class TrainingRecord:
    """What is said about a training.

    Attributes
    ----------
    name : of the run.
    started_at : when the training began, with its time zone.
    trained_until : last day whose sales the model saw.
    data : the data set.
    settings_toml : settings in force, without secrets.
    settings_fingerprint, features_fingerprint : what tells a routine retraining from a change.
    params : parameters worth comparing between runs.
    scores, importances : of `models.training.TrainingReport`.
    examples : columns label, actual, and one per quantile (q050 …); may be empty.
    trials : of the search for parameters that came before, each a child run.
    """

    name: str
    started_at: datetime
    trained_until: date
    data: DataFacts
    settings_toml: str
    settings_fingerprint: str
    features_fingerprint: str
    params: Mapping[str, object]
    scores: pd.DataFrame
    importances: Mapping[str, float]
    examples: pd.DataFrame = field(default_factory=pd.DataFrame)
    trials: Sequence[Trial] = ()


@dataclass(frozen=True)
class TrainedArtifacts:
    """The saved model.

    Attributes
    ----------
    folder : what `models.training.TrainedModel.save` wrote.
    example : a few input rows: features, `horizon`, `scale`, `abc`, `pattern`.
    levels : quantile levels, ascending.
    """

    folder: Path
    example: pd.DataFrame
    levels: tuple[float, ...]


@dataclass(frozen=True)
class LoggedTraining:
    """Where a training is found again: its parent run and its registered version."""

    run_id: str
    version: str


def log_training(store: Store, record: TrainingRecord, trained: TrainedArtifacts) -> LoggedTraining:
    """Log a training and register its model; nothing is promoted by it.

    The run is marked FAILED, and no version is registered, when anything goes wrong on the way.
    """
    scores = label_groups(record.scores)
    with _run(store, record, {"mlflow.runName": record.name, **_facts(record)}) as run_id:
        _log_inputs(store, run_id, record)
        _log_files(store, run_id, record, scores)
        model = log_model(
            store, run_id, trained.folder, example=trained.example, levels=trained.levels
        )
        metrics = summary_metrics(scores)
        _log_batch(store, run_id, record, metrics, params=record.params, model_id=model.model_id)
        for level, figures in level_metrics(scores).items():
            _log_level(store, run_id, record, level, figures)
        for number, trial in enumerate(record.trials):
            _log_trial(store, run_id, record, number, trial)
        return LoggedTraining(run_id, _register(store, run_id, record, model))


def log_summary(store: Store, run_id: str, summary: Mapping[str, Any]) -> None:
    """Keep what a run says of itself as `summary.json` among the files of its MLflow run.

    The model is logged and judged by then: a store that fails just now costs this file alone.
    """
    with suppress(MlflowException, OSError):
        store.client.log_dict(run_id, dict(summary), "summary.json")


@contextmanager
def _run(store: Store, record: TrainingRecord, tags: Mapping[str, str]) -> Iterator[str]:
    """Open a run and close it as FINISHED or FAILED."""
    started = int(record.started_at.timestamp() * 1000)
    common = {"mlflow.source.name": "stockalert train", "mlflow.source.type": "JOB"}
    run = store.client.create_run(store.experiment_id, started, tags={**common, **tags})
    try:
        yield run.info.run_id
    except BaseException:
        store.client.set_terminated(run.info.run_id, "FAILED")
        raise
    store.client.set_terminated(run.info.run_id)


def _facts(record: TrainingRecord) -> dict[str, str]:
    """Return the tags that a run and its registered version share."""
    return {
        "settings_fingerprint": record.settings_fingerprint,
        "features_fingerprint": record.features_fingerprint,
        "data_fingerprint": record.data.fingerprint,
        "trained_until": record.trained_until.isoformat(),
        "trained_at": record.started_at.isoformat(timespec="seconds"),
    }


def _log_inputs(store: Store, run_id: str, record: TrainingRecord) -> None:
    """Name the data set by its fingerprint; the data themselves are not copied."""
    data = record.data
    dataset = Dataset(
        name=data.name,
        digest=data.fingerprint,
        source_type="local",
        source=json.dumps({"uri": data.source}),
        profile=json.dumps({"num_rows": data.rows}),
    )
    context = InputTag("mlflow.data.context", "training")
    store.client.log_inputs(run_id, [DatasetInput(dataset, [context])])


def _log_files(store: Store, run_id: str, record: TrainingRecord, scores: pd.DataFrame) -> None:
    """Log settings, score tables and figures in one go."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "settings.toml").write_text(record.settings_toml, encoding="utf-8")
        scores.to_csv(folder / "scores.csv", index=False)
        importances = pd.Series(record.importances, name="share").rename_axis("feature")
        importances.to_csv(folder / "importances.csv")
        (folder / "figures").mkdir()
        from models.figures import training_figures  # matplotlib takes half a second

        figures = training_figures(scores, importances, record.examples)
        for title, figure in figures.items():
            figure.savefig(folder / "figures" / f"{title}.png", metadata={"Software": None})
        store.client.log_artifacts(run_id, name)


def _log_level(
    store: Store,
    parent: str,
    record: TrainingRecord,
    level: float,
    figures: Mapping[str, float],
) -> None:
    tags = {"mlflow.runName": level_name(level), "mlflow.parentRunId": parent}
    with _run(store, record, tags) as run_id:
        _log_batch(store, run_id, record, figures, params={"level": level})


def _log_trial(
    store: Store, parent: str, record: TrainingRecord, number: int, trial: Trial
) -> None:
    tags = {"mlflow.runName": f"trial {number}", "mlflow.parentRunId": parent}
    figures = {"calibration_pinball": trial.loss, "seconds": trial.seconds}
    with _run(store, record, tags) as run_id:
        _log_batch(store, run_id, record, figures, params=trial.parameters)


def _log_batch(
    store: Store,
    run_id: str,
    record: TrainingRecord,
    figures: Mapping[str, float],
    *,
    params: Mapping[str, object],
    model_id: str | None = None,
) -> None:
    """Log all figures and parameters of a run in one transaction."""
    at = int(record.started_at.timestamp() * 1000)
    store.client.log_batch(
        run_id,
        metrics=[Metric(name, value, at, 0, model_id) for name, value in figures.items()],
        params=[Param(name, str(value)) for name, value in params.items()],
    )


def _register(store: Store, run_id: str, record: TrainingRecord, model: LoggedModel) -> str:
    """Register the logged model as the next version and return its number."""
    files = Path(model.artifact_location) / ARTIFACT_FOLDER
    tags = _facts(record) | ({"artifact_digest": digest(files)} if files.is_dir() else {})
    version = store.client.create_model_version(
        REGISTERED_MODEL, model.artifact_location, run_id, tags=tags, model_id=model.model_id
    )
    return str(version.version)
