"""Flow `nightly`: train when the champion is missing or old, then refresh."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from prefect import flow

from flows.clock import now
from flows.intake import Intake
from flows.promotion import Outcome
from flows.refresh import Night, publish_night_of
from flows.run import Run, open_run
from flows.settings import load_settings
from flows.steps import read_tables, step
from flows.summary import publish_summary, training_summary
from flows.train import train_model
from models.registry import Champion, champion
from stockalert.errors import ChampionError, HistoryError

__all__ = ["NightlyOutcome", "nightly"]


@dataclass(frozen=True)
class NightlyOutcome:
    """What a nightly run did.

    Attributes
    ----------
    night : what was published
    why_trained : empty where the champion was fresh enough
    training : None where nothing was trained
    """

    night: Night
    why_trained: str
    training: Outcome | None


@flow(name="nightly", validate_parameters=False)
def nightly(
    data: Path, out: Path, as_of: date | None = None, config: Path | None = None
) -> NightlyOutcome:
    """Publish tonight's tables; train first where the champion is missing or too old."""
    settings = load_settings(config)
    with open_run(data, out, settings=settings, as_of=as_of, now=now()) as run:
        intake = read_tables(run)
        reigning, why = look_for_champion(run, intake)
        training = None
        if why:
            training, problem = _train(run, intake)
            reigning, _ = look_for_champion(run, intake)
            why = f"{why}; {problem}" if problem else why
        night = publish_night_of(run, intake, reigning)
        if training is not None:
            publish_summary("training", training_summary(run, intake, training))
        publish_summary("night", night.summary)
    return NightlyOutcome(night, why, training)


@step("look for a champion", io=True)
def look_for_champion(run: Run, intake: Intake) -> tuple[Champion | None, str]:
    """The version that serves, and the reason to train another; empty = none."""
    try:
        found = champion(run.workspace.out, tracking_uri=run.settings.paths.tracking_uri)
    except ChampionError as error:
        return None, str(error)
    trained_until = date.fromisoformat(found.tags["trained_until"])
    age, most = (intake.as_of - trained_until).days, run.settings.model.retrain_every_days
    if age >= most:
        return found, f"the champion is {age} days old, retraining is due every {most}"
    if age < 0:
        return None, f"the champion has seen days after {intake.as_of}: {trained_until}"
    return found, ""


def _train(run: Run, intake: Intake) -> tuple[Outcome | None, str]:
    """Train; with too little history the night goes on with what there is."""
    try:
        return train_model(run, intake), ""
    except HistoryError as error:
        return None, str(error)
