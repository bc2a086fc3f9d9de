"""Forecast demand of every series over its protection interval, and at common horizons."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from features.panel import Panel
from flows.answers import Told, put_together
from flows.blocks import COMMON_HORIZONS, Question, answer
from flows.calibrating import up_to_date
from flows.coverage import Coverage
from flows.fitting import vocabulary_of
from flows.memory import tidied
from flows.newcomers import first_weeks
from flows.run import Run
from flows.scale import each_block
from flows.shop import ends, shop_for
from flows.supply import protection_atoms
from flows.textbook import Textbook
from models.analogs import NAMED
from models.registry import Champion
from stockalert.arrays import BoolArray, FloatArray, IntArray
from stockalert.decide import Horizons, Past
from stockalert.outlook import Outlook
from stockalert.thresholds import Supply

__all__ = ["COMMON_HORIZONS", "Forecast", "formula_forecast", "model_forecast"]

METHODS = ("formula", "quantile", "analog")


@dataclass(frozen=True)
class Forecast:
    """Demand over the protection intervals, at common horizons, and what is known of its quality.

    Attributes
    ----------
    abc, pattern : codes of `stockalert.classification`, shape (n,)
    coverage : share of recent outcomes at or below each quantile
    analogs : shape (n, 5), positions of the series that a forecast from analogs was learned from
        first of all; -1 = none
    failures : positions of the series of each block that could not be forecast, and why; they
        carry the formula
    """

    outlook: Outlook
    horizons: Horizons
    abc: IntArray
    pattern: IntArray
    coverage: Coverage
    analogs: IntArray
    failures: tuple[tuple[slice, str], ...] = ()


@tidied
def model_forecast(
    run: Run, panel: Panel, supply: Supply, past: Past, reigning: Champion
) -> Forecast:
    """Ask the champion, and past launches about series in their first weeks.

    A series that has not begun, and of which no launch is known, gets the formula; so does, for
    want of better, one whose block failed. A panel on disk is worked on in blocks.
    """
    shop = shop_for(run, panel, vocabulary_of(reigning.folder))
    current = up_to_date(run, panel, protection_periods(panel, supply), reigning, shop=shop)
    model = current.model
    levels = np.asarray(model.levels)
    asked, own = _asked(panel, supply)
    young = first_weeks(run.tables, panel, horizons=asked, levels=levels)
    cutoffs = ends(panel)
    begun = panel.first < panel.n_periods
    before = np.append(0, np.cumsum(young.which))
    questions = [
        Question(
            source=source,
            model=reigning.folder / "final",
            calibration=model.calibration,
            period_days=panel.period_days,
            cutoffs=cutoffs,
            asked=asked[which],
            own=own[which],
            begun=begun[which],
            supply=supply.take(which),
            young=young.which[which],
            young_values=young.values[before[which.start] : before[which.stop]],
        )
        for which, source in zip(shop.blocks, shop.sources(cutoffs), strict=True)
    ]
    answers = each_block(run.settings, "forecasting", answer, questions)
    told, horizons = put_together(
        shop.blocks, answers, Textbook(supply, past, levels), begun | young.which, _file(run)
    )
    outlook, by_model = _outlook(told, begun, young.which, horizons.levels, reigning.version)
    coverage = Coverage.of(current.coverage, outlook.calibration_group, by_model, len(levels))
    failures = tuple(told.failures)
    return Forecast(outlook, horizons, told.abc, told.pattern, coverage, young.analogs, failures)


def _outlook(
    told: Told, begun: BoolArray, young: BoolArray, levels: FloatArray, version: str
) -> tuple[Outlook, BoolArray]:
    """Demand over the protection intervals, and which series the model alone speaks of."""
    by_model = begun & ~young & told.answered
    outlook = Outlook(
        values=told.values,
        levels=levels,
        method=np.array(METHODS, np.object_)[
            np.where(told.answered, np.where(young, 2, np.where(begun, 1, 0)), 0)
        ],
        model_version=version,
        calibration_group=np.where(by_model, told.groups, ""),
        coverage_recent=np.full(len(begun), np.nan),
    )
    return outlook, by_model


@tidied
def formula_forecast(run: Run, panel: Panel, supply: Supply, past: Past) -> Forecast:
    """Normal demand of the recent mean and deviation: what is left where no model can speak."""
    levels = np.asarray(run.settings.model.levels)
    shop = shop_for(run, panel, {})
    outlook, horizons = Textbook(supply, past, levels).forecast(shop.blocks, _file(run))
    cutoffs = ends(panel)
    kinds = [
        source.rows(
            cutoffs=cutoffs,
            horizons=np.ones((which.stop - which.start, 1), dtype=np.int64),
            with_target=False,
            families={},
        )
        for which, source in zip(shop.blocks, shop.sources(cutoffs), strict=True)
    ]
    abc, pattern = (
        np.concatenate([getattr(k, name) for k in kinds]) for name in ("abc", "pattern")
    )
    unknown = Coverage.unknown(panel.n_series, len(levels))
    nobody = np.full((panel.n_series, NAMED), -1, np.int32)
    return Forecast(outlook, horizons, abc, pattern, unknown, nobody)


def _asked(panel: Panel, supply: Supply) -> tuple[IntArray, IntArray]:
    """Horizons to forecast in periods, ascending per row, and where P is among them.

    They are the common ones, P, and the shortest and longest P that the lead time allows.
    """
    atoms, probabilities = protection_atoms(supply, panel.period_days)
    common = np.unique(np.ceil(COMMON_HORIZONS / panel.period_days)).astype(np.int64)
    mean = protection_periods(panel, supply)
    possible = probabilities > 0
    first = np.where(possible, atoms, atoms.max()).min(axis=1)
    last = np.where(possible, atoms, 0).max(axis=1)
    own = np.stack([first, mean, last], axis=1)
    own = own if (first != last).any() else mean[:, None]
    asked = np.sort(np.concatenate([np.tile(common, (len(own), 1)), own], axis=1), axis=1)
    return asked, np.argmax(asked == mean[:, None], axis=1)


def protection_periods(panel: Panel, supply: Supply) -> IntArray:
    """Protection intervals, to the nearest period; (n_series,)."""
    periods: IntArray = np.rint(supply.protection_days / panel.period_days).astype(np.int64)
    return np.maximum(periods, 1)


def _file(run: Run) -> Path:
    """Where quantiles at the common horizons lie: the most that is known of a series."""
    return run.workspace.work / "horizons.f64"
