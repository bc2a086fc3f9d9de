"""How often recent outcomes stayed at or below each quantile that was forecast for them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.calibration import Calibration
from models.outcomes import Outcomes
from models.training import TrainedModel
from stockalert.arrays import BoolArray, FloatArray

__all__ = ["COVERAGE_DAYS", "coverage_by_group", "unseen_outcomes"]

COVERAGE_DAYS = 91
LEAST_OUTCOMES = 100
"""Windows of a group, below which it is judged by the outcomes of all groups."""

Judged = tuple[Outcomes, Calibration]


def unseen_outcomes(trained: TrainedModel, later: Outcomes) -> tuple[Judged, Judged]:
    """Return what the proof forecast without having seen it, and what the final did since.

    Parameters
    ----------
    later : windows that the final's boosters have not seen

    Returns
    -------
    twice: outcomes, and the calibration under which they were forecast
    """
    proved = trained.outcomes.cutoff >= np.datetime64(trained.report.evaluation_start)
    return (
        (trained.outcomes.take(proved), trained.proof.calibration),
        (later, trained.final.calibration),
    )


def coverage_by_group(
    judged: Sequence[Judged], *, last_day: np.datetime64, days: int = COVERAGE_DAYS
) -> dict[str, FloatArray]:
    """Share of outcomes at or below each quantile, per calibration group and of `all`.

    Parameters
    ----------
    judged : outcomes, each with the calibration under which they were forecast
    last_day : last day whose sales are known
    days : windows that ended earlier than so many days before `last_day` do not count

    Returns
    -------
    group → shape (n_levels,); groups of few windows are left out; empty where nothing ended
    """
    groups: list[str] = []
    reached: list[BoolArray] = []
    for outcomes, calibration in judged:
        recent = outcomes.take(outcomes.end > last_day - np.timedelta64(days, "D"))
        groups += calibration.groups_of(recent.expected)
        quantiles = calibration.apply_to(recent.predicted, recent.expected)
        reached.append(recent.demand[:, None] <= quantiles)
    if not groups:
        return {}
    below = np.concatenate(reached)
    names, member = np.unique(groups, return_inverse=True)
    count = np.bincount(member)
    shares = {"all": below.mean(axis=0)}
    for code in np.flatnonzero(count >= LEAST_OUTCOMES):
        shares[str(names[code])] = below[member == code].mean(axis=0)
    return shares
