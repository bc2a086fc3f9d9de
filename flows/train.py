"""Flow `train`: read → build → fit → log and judge."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from prefect import flow

from flows.calibrating import earlier_outcomes
from flows.clock import now
from flows.fitting import fit
from flows.intake import Intake
from flows.promotion import Outcome, log_and_judge
from flows.run import Run, open_run
from flows.run_log import recorded, stages
from flows.settings import load_settings
from flows.steps import read_tables, step
from flows.summary import publish_summary, training_summary
from flows.training_rows import build_training_set
from flows.tuning import told_of_tuning, tuned
from models.tracking import log_summary
from models.tracking_store import open_store
from models.tuning import Trial

__all__ = ["tell_training", "train", "train_model"]

_build = step("build training rows")(build_training_set)
_fit = step("fit and prove", tells=True)(fit)
_tune = step("tune", tells=True)(tuned)
_log = step("log and judge")(log_and_judge)


@flow(name="train", validate_parameters=False)
def train(
    data: Path | str,
    out: Path | str,
    as_of: date | None = None,
    config: Path | None = None,
    tune_minutes: float = 0.0,
) -> Outcome:
    """Train on everything known by `as_of`, prove it, and promote it or say why not.

    Parameters
    ----------
    tune_minutes : spent before on a search for better parameters; 0 = none.
    """
    settings = load_settings(config)
    opened = open_run(data, out, settings=settings, as_of=as_of, now=now())
    with recorded(), opened as run:
        intake = read_tables(run)
        outcome = train_model(run, intake, tune_minutes)
        tell_training(run, intake, outcome)
    return outcome


def tell_training(run: Run, intake: Intake, outcome: Outcome) -> None:
    """Summarise a training with its stages, in Prefect and among its MLflow run's files."""
    summary = {**training_summary(run, intake, outcome), "stages": stages()}
    publish_summary("training", summary)
    store = open_store(run.workspace.out, tracking_uri=run.settings.paths.tracking_uri)
    log_summary(store, outcome.run_id, summary)


def train_model(run: Run, intake: Intake, tune_minutes: float = 0.0) -> Outcome:
    """Train, log to MLflow and judge, from the canonical tables of the run.

    Raises
    ------
    HistoryError
        There is too little history to train or to prove a model.
    """
    training = _build(run, intake.as_of)
    trials: tuple[Trial, ...] = ()
    if tune_minutes:
        run, trials = _tune(run, training, tune_minutes)
    trained = _fit(run, training, earlier_outcomes(run))
    outcome = _log(run, training, trained, intake.as_of, trials)
    return replace(outcome, notes=told_of_tuning(trials)) if tune_minutes else outcome
