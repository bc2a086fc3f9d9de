"""Fit, prove and keep a model: the heart of training."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from features.build import FORMER_FAMILIES
from features.facts import FAMILIES_READ
from flows.dask_training import cluster_for
from flows.progress import report
from flows.run import Run
from flows.settings_sections import ModelSettings
from flows.training_rows import TrainingSet, baselines
from models.outcomes import Outcomes
from models.quantile import level_name
from models.tracking import DataFacts, TrainedArtifacts, TrainingRecord
from models.training import TrainedModel, train
from models.tuning import Trial
from stockalert.rows import Rows

__all__ = [
    "FEATURES_FILE",
    "artifacts_of",
    "booster_parameters",
    "features_fingerprint",
    "fit",
    "record_of",
    "vocabulary_of",
]

FEATURES_FILE = "features.json"
_BOOSTER = {
    "num_leaves",
    "learning_rate",
    "n_estimators",
    "min_child_samples",
    "tail_samples",
    "feature_fraction",
    "extra_trees",
    "n_bags",
    "exposure_power",
    "trust_power",
    "early_stopping_rounds",
}
_EXAMPLE_ROWS = 5
_EXAMPLES = 20


def fit(run: Run, training: TrainingSet, earlier: Outcomes | None = None) -> TrainedModel:
    """Train on all rows, prove on the last weeks beside the baselines.

    Parameters
    ----------
    earlier : what the calibrations of the models before were learned from
    """
    model = run.settings.model
    with cluster_for(run, len(training.rows)) as cluster:
        return train(
            training.rows,
            levels=model.levels,
            seed=model.seed,
            period_days=run.period_days,
            evaluation_days=model.evaluation_days,
            calibration_days=model.calibration_days,
            baselines=baselines(training, run),
            earlier=earlier,
            progress=lambda stage, done, total: report(f"training: {stage}", done, total),
            cluster=cluster,
            **booster_parameters(model),
        )


def booster_parameters(model: ModelSettings) -> dict[str, Any]:
    """Parameters of `DemandModel.fit` that the settings name; the others have its defaults."""
    chosen = model.model_dump(include=_BOOSTER, exclude_none=True)
    return {**chosen, "n_jobs": model.threads or None}


def artifacts_of(run: Run, training: TrainingSet, trained: TrainedModel) -> TrainedArtifacts:
    """Save the model with the vocabulary of its codes, and cut an example of its input."""
    folder = run.workspace.work / "model"
    trained.save(folder)
    (folder / FEATURES_FILE).write_text(training.vocabulary_json, encoding="utf-8")
    return TrainedArtifacts(folder, _example(training.rows), tuple(run.settings.model.levels))


def vocabulary_of(folder: Path) -> dict[str, list[str]]:
    """Read the names behind a model's codes, and the families that it reads, from its folder."""
    text = (folder / FEATURES_FILE).read_text(encoding="utf-8")
    stored: dict[str, list[str]] = json.loads(text)
    return {FAMILIES_READ: list(FORMER_FAMILIES)} | stored


def record_of(
    run: Run,
    training: TrainingSet,
    trained: TrainedModel,
    *,
    as_of: date,
    trials: Sequence[Trial] = (),
) -> TrainingRecord:
    """Gather what MLflow is told about a training."""
    report_, settings = trained.report, run.settings
    return TrainingRecord(
        name=f"train {as_of}",
        started_at=run.workspace.started_at.astimezone(),
        trained_until=as_of,
        data=DataFacts(
            name=run.data.name or "data",
            source=str(run.data),
            fingerprint=run.data_fingerprint(),
            rows=len(training.rows),
        ),
        settings_toml=settings.to_toml(),
        settings_fingerprint=run.model_fingerprint,
        features_fingerprint=features_fingerprint(trained.final.names),
        params={
            **settings.model.model_dump(exclude={"levels"}, exclude_none=True),
            "levels": " ".join(level_name(level) for level in settings.model.levels),
            "period": settings.period,
            "series": training.panel.n_series,
            "features": len(training.rows.names),
            "rows_train": report_.train_rows,
            "rows_calibration": report_.calibration_rows,
            "rows_evaluation": report_.evaluation_rows,
            "evaluation_start": report_.evaluation_start,
            "evaluation_end": report_.end,
        },
        scores=report_.scores,
        importances=report_.importances,
        examples=_examples(training, trained),
        trials=trials,
    )


def features_fingerprint(names: Sequence[str]) -> str:
    """Name the features and the code that a model depends on, 16 hex digits."""
    text = "\n".join([version("stockalert-pipeline"), *names])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _example(rows: Rows) -> pd.DataFrame:
    """A few input rows in the form that the registered model reads."""
    few = rows.take(slice(0, _EXAMPLE_ROWS))
    frame = pd.DataFrame(few.values.astype(np.float64), columns=list(few.names))
    return frame.assign(
        horizon=few.horizon.astype(np.int64),
        scale=few.scale.astype(np.float64),
        abc=few.abc.astype(np.int64),
        pattern=few.pattern.astype(np.int64),
    )


def _examples(training: TrainingSet, trained: TrainedModel) -> pd.DataFrame:
    """Forecast and outcome of the last cutoffs of the rows that sell most."""
    rows = training.rows
    unseen = trained.report.unseen(rows)
    demand = np.zeros(len(unseen)) if unseen.demand is None else unseen.demand
    few = unseen.take(np.argsort(-demand, kind="stable")[:_EXAMPLES])
    quantiles = trained.proof.forecast(few)
    names = training.panel.series["sku"].to_numpy()[few.series]
    labels = [f"{sku}, {day}" for sku, day in zip(names, few.cutoff, strict=True)]
    columns = {level_name(level): quantiles[:, i] for i, level in enumerate(trained.proof.levels)}
    return pd.DataFrame({"label": labels, "actual": few.demand, **columns})
