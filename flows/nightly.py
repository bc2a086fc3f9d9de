"""Flow `nightly`: train when the champion is missing or old, then refresh."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from prefect import flow

from flows.clock import now
from flows.drifting import why_drifting
from flows.intake import Intake
from flows.promotion import Outcome
from flows.refresh import Night, publish_night_of, refuse_hindsight, refuse_other_period
from flows.refusals import told_run
from flows.run import Run, open_run
from flows.run_log import recorded
from flows.settings import load_settings
from flows.steps import read_tables, step
from flows.summary import publish_summary
from flows.train import tell_training, train_model
from models.registry import Champion, champion
from stockalert.errors import ChampionError, ClusterError, HistoryError

__all__ = ["NightlyOutcome", "nightly"]


@dataclass(frozen=True)
class NightlyOutcome:
    """What a nightly run did.

    Attributes
    ----------
    night : what was published
    why_training : empty where the champion was fresh enough
    training : None where nothing was trained; the night's notes say why
    """

    night: Night
    why_training: str
    training: Outcome | None


@flow(name="nightly", validate_parameters=False)
def nightly(
    data: Path | str,
    out: Path | str,
    as_of: date | None = None,
    config: Path | None = None,
    *,
    force: str | None = None,
) -> NightlyOutcome:
    """Publish tonight's tables; train first where the champion is missing or too old.

    Parameters
    ----------
    force : why to publish even where a guard refuses
    """
    settings, began = load_settings(config), now()
    opened = open_run(data, out, settings=settings, as_of=as_of, now=began)
    with recorded(), told_run(opened, out, settings, now=began) as run:
        intake = read_tables(run)
        reigning, why = look_for_champion(run, intake)
        training, notes = _train(run, intake, reigning) if why else (None, ())
        if training is not None:
            notes = (f"a model was trained because {why}",)
            tell_training(run, intake, training)
            reigning, _ = look_for_champion(run, intake)
        night = publish_night_of(run, intake, reigning, notes, force)
        publish_summary("night", night.summary)
    return NightlyOutcome(night, why, training)


@step("look for the champion", io=True)
def look_for_champion(run: Run, intake: Intake) -> tuple[Champion | None, str]:
    """Find the version that serves, and the reason to train another; empty = none.

    Raises
    ------
    ChampionError
        It was trained on sales after the night's as-of.
    """
    try:
        found = champion(run.workspace.out, tracking_uri=run.settings.paths.tracking_uri)
    except ChampionError as error:
        return None, str(error)
    refuse_hindsight(found, intake.as_of)
    refuse_other_period(found, run)
    age, most = (intake.as_of - found.trained_until).days, run.settings.model.retrain_every_days
    if age < most:
        return found, why_drifting(run, intake, found)
    return found, f"the champion is {age} days old, retraining is due every {most}"


def _train(
    run: Run, intake: Intake, reigning: Champion | None
) -> tuple[Outcome | None, tuple[str, ...]]:
    """Train; with too little history, or no cluster, the night goes on with what there is."""
    try:
        return train_model(run, intake), ()
    except (HistoryError, ClusterError) as error:
        left = (
            "every reorder point comes from the formula"
            if reigning is None
            else f"model version {reigning.version} goes on serving"
        )
        return None, (f"nothing was trained, and {left}: {error}",)
