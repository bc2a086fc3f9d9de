"""Log a training and decide whether it serves from now on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from flows.fitting import artifacts_of, record_of
from flows.paired import paired_verdict
from flows.proof import Proof
from flows.run import Run
from flows.training_rows import TrainingSet
from models.acceptance import Verdict, first_model
from models.metrics import headline_loss
from models.registry import Champion, champion, promote, set_verdict
from models.tracking import TrainingRecord, log_training
from models.tracking_retention import remove_old_models
from models.tracking_store import open_store
from models.training import TrainedModel
from models.tuning import Trial
from stockalert.errors import ChampionError

__all__ = ["Outcome", "log_and_judge", "verdict_on"]


@dataclass(frozen=True)
class Outcome:
    """What became of a training.

    Attributes
    ----------
    version : of the registered model
    run_id : of MLflow's parent run
    verdict : promoted or not, and why
    notes : what else the user should know
    """

    version: str
    run_id: str
    verdict: Verdict
    notes: tuple[str, ...] = ()


def log_and_judge(
    run: Run,
    training: TrainingSet,
    trained: TrainedModel,
    as_of: date,
    trials: Sequence[Trial] = (),
) -> Outcome:
    """Log the training, compare it with the champion, and move the alias if it may serve."""
    record = record_of(run, training, trained, as_of=as_of, trials=trials)
    out, uri = run.workspace.out, run.settings.paths.tracking_uri
    store = open_store(out, tracking_uri=uri)
    try:
        reigning, lost = champion(out, tracking_uri=uri), ""
    except ChampionError as error:
        reigning, lost = None, f" ({error})"
    logged = log_training(store, record, artifacts_of(run, training, trained))
    verdict = verdict_on(run, training, trained, reigning, record)
    verdict = replace(verdict, reason=verdict.reason + lost)
    decide = promote if verdict.promote else set_verdict
    decide(store, logged.version, verdict.reason, verdict.figures)
    oldest = run.workspace.started_at.astimezone() - timedelta(days=run.settings.keep_days)
    remove_old_models(store, oldest)
    return Outcome(logged.version, logged.run_id, verdict)


def verdict_on(
    run: Run,
    training: TrainingSet,
    trained: TrainedModel,
    reigning: Champion | None,
    record: TrainingRecord,
) -> Verdict:
    """Compare on the evaluation window, which neither proof model has seen."""
    if reigning is None:
        unseen = trained.report.unseen(training.rows)
        demand = np.zeros(0) if unseen.demand is None else unseen.demand
        losses = headline_loss(demand, trained.proof.forecast(unseen), trained.proof.levels)
        return first_model(losses, demand)
    if reigning.trained_until > record.trained_until:
        reason = f"the champion has seen sales up to {reigning.trained_until}"
        return Verdict(False, f"not promoted: {reason}, this model up to {record.trained_until}")
    return paired_verdict(
        run,
        training,
        Proof.load(reigning.folder),
        Proof.of(trained, training.vocabulary),
        routine=_is_routine(reigning, record),
        as_of=record.trained_until,
    )


def _is_routine(reigning: Champion, record: TrainingRecord) -> bool:
    """Whether settings, features and code are those that the champion was trained with."""
    return (
        reigning.tags.get("settings_fingerprint") == record.settings_fingerprint
        and reigning.tags.get("features_fingerprint") == record.features_fingerprint
    )
