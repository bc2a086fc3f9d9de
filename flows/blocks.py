"""What is asked about one block of series, by itself and wherever it is worked on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from features.build import aligned
from flows.shop import Source
from models.calibration import Calibration
from models.demand import DemandModel
from models.outcomes import Outcomes
from stockalert.arrays import BoolArray, FloatArray, IntArray, TextArray
from stockalert.classification import CLASSES, PATTERNS
from stockalert.quantiles import at_horizon, mixture
from stockalert.thresholds import Supply

__all__ = ["COMMON_HORIZONS", "Answer", "Hindsight", "Question", "answer", "hindsight"]

COMMON_HORIZONS = np.array([1.0, 7.0, 14.0, 28.0, 56.0, 91.0])

ScalarArray = npt.NDArray[Any]


@dataclass(frozen=True)
class Hindsight:
    """Which windows of a block are over, so that the model can be judged by them.

    Attributes
    ----------
    model : folder of a `DemandModel`
    horizons : periods, shape (n_cutoffs, n_series_of_block, 1); 0 = not asked
    """

    source: Source
    model: Path
    cutoffs: IntArray
    horizons: IntArray


@dataclass(frozen=True)
class Question:
    """What demand will be, of one block.

    Attributes
    ----------
    model : folder of a `DemandModel`, asked with `calibration` in place of its own
    cutoffs : the last period alone
    asked : shape (n_series_of_block, n_horizons), periods, ascending per row
    own : shape (n_series_of_block,), where the protection interval is among them
    begun : bool, (n_series_of_block,); the others are not asked about
    supply : of the block's series
    young, young_values : series in their first weeks, bool (n_series_of_block,), and what past
        launches say of them, (n_young, n_horizons, n_levels), units
    """

    source: Source
    model: Path
    calibration: Calibration
    period_days: int
    cutoffs: IntArray
    asked: IntArray
    own: IntArray
    begun: BoolArray
    supply: Supply
    young: BoolArray
    young_values: FloatArray


@dataclass(frozen=True)
class Answer:
    """Forecasts of one block.

    Attributes
    ----------
    values : shape (n, n_levels), units, over the protection intervals, lead times mixed in
    common : shape (n, n_common_horizons, n_levels), units
    abc, pattern : codes, shape (n,)
    groups : calibration group, shape (n,), text; "" where the model was not asked
    """

    values: FloatArray
    common: FloatArray
    abc: IntArray
    pattern: IntArray
    groups: TextArray


def hindsight(asked: Hindsight) -> Outcomes:
    """Forecast the windows that are over, beside what came; ordered by cutoff, then series."""
    model = _loaded(asked.model)
    rows = asked.source.rows(cutoffs=asked.cutoffs, horizons=asked.horizons, with_target=True)
    return model.outcomes(aligned(rows, model.names, model.categorical))


def answer(asked: Question) -> Answer:
    """Forecast the series of a block.

    A series in its first weeks gets the mean of what model and launches say, one to be launched
    the launches' alone.
    """
    model = replace(_loaded(asked.model), calibration=asked.calibration)
    levels, begun = np.asarray(model.levels), asked.begun
    horizons = np.where(begun[:, None], asked.asked, 0)
    rows = asked.source.rows(cutoffs=asked.cutoffs, horizons=horizons, with_target=False)
    rows = aligned(rows, model.names, model.categorical)
    values = _with_launches(model.forecast(rows), asked, len(levels))
    days = asked.asked * float(asked.period_days)
    at_own = rows.take(np.arange(begun.sum()) * asked.asked.shape[1] + asked.own[begun])
    groups = np.array(model.calibration.groups(at_own), dtype=np.object_)
    n = len(begun)
    return Answer(
        values=_mixed(values, days, asked.supply, levels),
        common=at_horizon(values, days, np.tile(COMMON_HORIZONS, (n, 1))),
        abc=_spread(at_own.abc, begun, np.full(n, CLASSES.index("C"), np.int8)),
        pattern=_spread(at_own.pattern, begun, np.full(n, PATTERNS.index("new"), np.int8)),
        groups=_spread(groups, begun, np.full(n, "", np.object_)),
    )


def _with_launches(told: FloatArray, asked: Question, n_levels: int) -> FloatArray:
    """What the model told of the series that have begun, with what past launches say of others."""
    begun, young, shape = asked.begun, asked.young, asked.asked.shape
    spread = told.reshape(int(begun.sum()), shape[1], n_levels)
    values = _spread(spread, begun, np.zeros((*shape, n_levels)))
    both, launched = begun[young, None, None], asked.young_values
    values[young] = np.where(both, (values[young] + launched) / 2, launched)
    return values


@lru_cache(maxsize=2)
def _loaded(folder: Path) -> DemandModel:
    return DemandModel.load(folder)


def _spread(found: ScalarArray, begun: BoolArray, others: ScalarArray) -> ScalarArray:
    """Put what was found for the series that have begun among all series."""
    out = others.copy()
    out[begun] = found
    return out


def _mixed(
    values: FloatArray, horizons: FloatArray, supply: Supply, levels: FloatArray
) -> FloatArray:
    """Quantiles of demand over the protection interval, lead times mixed in; (n, n_levels)."""
    possible = supply.lead_times.atoms_days + supply.review_days[:, None]
    components = at_horizon(values, horizons, possible)
    return mixture(components, supply.lead_times.probabilities, levels)
