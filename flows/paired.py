"""Two models before the same decisions, on days that neither of their proofs has seen."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np

from flows.money import stakes_of
from flows.paired_replay import Shop, replay_figures
from flows.proof import Proof
from flows.run import Run
from flows.training_rows import TrainingSet
from models.acceptance import Verdict, judge
from models.metrics import headline_loss
from models.stakes import cycles

__all__ = ["paired_verdict"]


def paired_verdict(
    run: Run,
    training: TrainingSet,
    champion: Proof,
    challenger: Proof,
    *,
    routine: bool,
    as_of: date,
) -> Verdict:
    """Let both decide every row that neither has seen, and judge what that would have cost.

    Parameters
    ----------
    routine : whether both were trained with the same features, settings and code
    as_of : last day of the training set
    """
    since = max(champion.unseen_from, challenger.unseen_from)
    rows = training.rows.take(training.rows.cutoff >= since)
    demand = np.zeros(0) if rows.demand is None else rows.demand.astype(np.float64)
    by_series = stakes_of(run, training.panel, as_of)
    stakes = by_series.take(rows.series)
    told = {"champion": champion, "challenger": challenger}
    quantiles = {name: proof.forecast(run, training, since) for name, proof in told.items()}
    outcome = {
        name: cycles(demand, quantiles[name], proof.model.levels, stakes)
        for name, proof in told.items()
    }
    verdict = judge(
        outcome["champion"],
        outcome["challenger"],
        demand,
        rows.cutoff,
        routine=routine,
        replayed=replay_figures(Shop(run, training.panel, by_series), **told, since=since),
    )
    total = max(float(demand.sum()), np.finfo(float).tiny)
    losses = {
        f"{name}_weighted_pinball": float(
            headline_loss(demand, quantiles[name], proof.model.levels).sum() / total
        )
        for name, proof in told.items()
    }
    return replace(verdict, figures={**verdict.figures, **losses})
