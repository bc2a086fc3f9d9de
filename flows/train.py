"""Flow `train`: read → build → fit → log and judge."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from prefect import flow

from flows.clock import now
from flows.fitting import fit
from flows.intake import Intake
from flows.promotion import Outcome, log_and_judge
from flows.run import Run, open_run
from flows.settings import load_settings
from flows.steps import read_tables, step
from flows.summary import publish_summary, training_summary
from flows.training_rows import build_training_set

__all__ = ["train", "train_model"]

_build = step("build training rows")(build_training_set)
_fit = step("fit and prove", tells=True)(fit)
_log = step("log and judge")(log_and_judge)


@flow(name="train", validate_parameters=False)
def train(data: Path, out: Path, as_of: date | None = None, config: Path | None = None) -> Outcome:
    """Train on everything known by `as_of`, prove it, and promote it or say why not."""
    settings = load_settings(config)
    with open_run(data, out, settings=settings, as_of=as_of, now=now()) as run:
        intake = read_tables(run)
        outcome = train_model(run, intake)
        publish_summary("training", training_summary(run, intake, outcome))
    return outcome


def train_model(run: Run, intake: Intake) -> Outcome:
    """Train, log to MLflow and judge, from the canonical tables of the run.

    Raises
    ------
    HistoryError
        There is too little history to train or to prove a model.
    """
    training = _build(run, intake.as_of)
    trained = _fit(run, training)
    return _log(run, training, trained, intake.as_of)
