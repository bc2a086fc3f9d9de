"""Log a training and decide whether it serves from now on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date

import numpy as np

from features.build import aligned
from flows.fitting import FEATURES_FILE, artifacts_of, record_of
from flows.run import Run
from flows.training_rows import TrainingSet, rows_like
from models.acceptance import Verdict, first_model, judge
from models.metrics import headline_loss
from models.registry import Champion, champion, promote, set_verdict
from models.tracking import TrainingRecord, log_training
from models.tracking_store import open_store
from models.training import TrainedModel
from stockalert.errors import ChampionError
from stockalert.rows import Rows

__all__ = ["Outcome", "log_and_judge"]


@dataclass(frozen=True)
class Outcome:
    """What became of a training.

    Attributes
    ----------
    version : of the registered model
    run_id : of MLflow's parent run
    verdict : promoted or not, and why
    """

    version: str
    run_id: str
    verdict: Verdict


def log_and_judge(run: Run, training: TrainingSet, trained: TrainedModel, as_of: date) -> Outcome:
    """Log the training, compare it with the champion, and move the alias if it may serve."""
    record = record_of(run, training, trained, as_of=as_of)
    out, uri = run.workspace.out, run.settings.paths.tracking_uri
    store = open_store(out, tracking_uri=uri)
    reigning, lost = _reigning(run)
    logged = log_training(store, record, artifacts_of(run, training, trained))
    verdict = _verdict(run, training, trained, reigning, record)
    if lost:
        verdict = Verdict(verdict.promote, f"{verdict.reason} ({lost})", verdict.figures)
    decide = promote if verdict.promote else set_verdict
    decide(store, logged.version, verdict.reason, verdict.figures)
    return Outcome(logged.version, logged.run_id, verdict)


def _reigning(run: Run) -> tuple[Champion | None, str]:
    """The champion, or the reason why there is none that could be compared with."""
    try:
        return champion(run.workspace.out, tracking_uri=run.settings.paths.tracking_uri), ""
    except ChampionError as error:
        return None, str(error)


def _verdict(
    run: Run,
    training: TrainingSet,
    trained: TrainedModel,
    reigning: Champion | None,
    record: TrainingRecord,
) -> Verdict:
    """Compare on the evaluation window, which neither proof model has seen."""
    unseen = _unseen(training.rows, trained)
    demand = np.zeros(0) if unseen.demand is None else unseen.demand
    levels = trained.proof.levels
    challenger = headline_loss(demand, trained.proof.forecast(unseen), levels)
    if reigning is None:
        return first_model(challenger, demand)
    old = TrainedModel.load(reigning.folder).proof
    vocabulary = json.loads((reigning.folder / FEATURES_FILE).read_text(encoding="utf-8"))
    theirs = _unseen(rows_like(training, vocabulary, run, record.trained_until), trained)
    forecast = old.forecast(aligned(theirs, old.names, old.categorical))
    routine = (
        reigning.tags.get("settings_fingerprint") == record.settings_fingerprint
        and reigning.tags.get("features_fingerprint") == record.features_fingerprint
    )
    known = np.datetime64(old.trained_until) <= unseen.cutoff
    return judge(
        headline_loss(demand, forecast, old.levels)[known],
        challenger[known],
        demand[known],
        unseen.cutoff[known],
        routine=routine,
    )


def _unseen(rows: Rows, trained: TrainedModel) -> Rows:
    return rows.take(rows.cutoff >= np.datetime64(trained.report.evaluation_start))
