"""Flow `train`: read → build → fit → log → judge."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from prefect import flow

from flows.clock import now
from flows.fitting import fit
from flows.intake import Intake
from flows.progress import report
from flows.promotion import Outcome, log_and_judge
from flows.run import Run, open_run
from flows.settings import load_settings
from flows.steps import read_tables, step
from flows.summary import publish_summary, training_summary
from flows.training_rows import build_training_set

__all__ = ["train", "train_model"]


@flow(name="train", validate_parameters=False)
def train(data: Path, out: Path, as_of: date | None = None, config: Path | None = None) -> Outcome:
    """Train on everything known by `as_of`, prove it, and promote it or say why not."""
    settings = load_settings(config)
    with open_run(data, out, settings=settings, as_of=as_of, now=now()) as run:
        intake = read_tables(run)
        outcome = train_model(run, intake)
        publish_summary("training", training_summary(run, intake, outcome))
    return outcome


@step("train, prove and judge a model")
def train_model(run: Run, intake: Intake) -> Outcome:
    """Build rows, fit, log to MLflow and judge, from the canonical tables of the run."""
    report("building training rows", 0, 1)
    training = build_training_set(run, intake.as_of)
    report("building training rows", 1, 1)
    trained = fit(run, training)
    report("logging to MLflow", 0, 1)
    outcome = log_and_judge(run, training, trained, intake.as_of)
    report("logging to MLflow", 1, 1)
    return outcome
