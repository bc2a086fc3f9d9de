"""Family: what is known of the world outside, over the window and of late, against normal."""

from __future__ import annotations

import numpy as np

from features.attributes import snake_case
from features.covariates import COVARIATES, Covariates
from features.history import History
from features.ratios import ratio
from stockalert.arrays import FloatArray, IntArray

__all__ = ["outside"]

NORMAL_DAYS = 364
LATE_DAYS = 7


def outside(history: History, horizons: IntArray) -> dict[str, FloatArray]:
    """Features of the covariates; nothing where there are none.

    For each figure, in deviations from its mean over the last year at the series' place:
    outside_NAME_late : mean of the last 7 days
    outside_NAME_ahead : mean over the part of (t, t + h] for which a figure was known at t
    outside_NAME_known : share of the window for which one was
    """
    figures = history.facts.covariates
    if figures is None:
        return {}
    features: dict[str, FloatArray] = {}
    for code, name in enumerate(history.facts.vocabulary.get(COVARIATES, [])):
        late, ahead, known = _against_normal(history, figures, code, horizons)
        spelled = f"outside_{snake_case(name)}"
        features |= {
            f"{spelled}_late": late,
            f"{spelled}_ahead": ahead,
            f"{spelled}_known": known,
        }
    return features


def _against_normal(
    history: History, figures: Covariates, code: int, horizons: IntArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Late and coming values of one figure in deviations from normal, and the share known."""
    end, places = history.cutoff + 1, figures.places
    n_places = int(places.max(initial=0)) + 1
    begin = max(end - history.panel.periods_in(NORMAL_DAYS), 0)
    past = figures.dense(code, begin, end, n_places)
    seen = ~np.isnan(past)
    count, zeroed = seen.sum(axis=1), np.nan_to_num(past)
    mean = ratio(zeroed.sum(axis=1), count)
    deviation = np.sqrt(np.maximum(ratio((zeroed**2).sum(axis=1), count) - mean**2, 0.0))
    span = history.panel.periods_in(LATE_DAYS)
    late = ratio(zeroed[:, -span:].sum(axis=1), seen[:, -span:].sum(axis=1))
    coming = figures.dense(code, end, end + int(horizons.max()), n_places)
    total, known = (
        np.take_along_axis(_running(values)[places], horizons, axis=1)
        for values in (np.nan_to_num(coming), (~np.isnan(coming)).astype(np.float64))
    )
    centre, spread = mean[places], deviation[places]
    ahead = ratio(ratio(total, known) - centre[:, None], spread[:, None])
    return ratio(late[places] - centre, spread), ahead, known / horizons


def _running(values: FloatArray) -> FloatArray:
    return np.cumsum(np.pad(values, ((0, 0), (1, 0))), axis=1)
