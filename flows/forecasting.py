"""Forecast demand of every series over its protection interval, and at common horizons."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from features.build import aligned, build_rows
from features.facts import read_facts
from features.panel import Panel
from flows.calibrating import up_to_date
from flows.fitting import COVERAGE_FILE, FEATURES_FILE
from flows.newcomers import first_weeks
from flows.run import Run
from flows.supply import protection_atoms
from models.analogs import NAMED
from models.registry import Champion
from stockalert.arrays import BoolArray, FloatArray, IntArray
from stockalert.classification import CLASSES, PATTERNS
from stockalert.decide import Horizons, Past
from stockalert.formulas import formula_reorder_point
from stockalert.outlook import Outlook
from stockalert.quantiles import at_horizon, mixture
from stockalert.rows import Rows
from stockalert.thresholds import Supply

__all__ = ["COMMON_HORIZONS", "Forecast", "formula_forecast", "model_forecast"]

ScalarArray = npt.NDArray[Any]

COMMON_HORIZONS = np.array([1.0, 7.0, 14.0, 28.0, 56.0, 91.0])


@dataclass(frozen=True)
class Forecast:
    """Demand over the protection intervals, at common horizons, and what is known of its quality.

    Attributes
    ----------
    abc, pattern : codes of `stockalert.classification`, shape (n,)
    coverage : shape (n, n_levels), share of recent outcomes of the series' calibration group at
        or below each quantile; NaN = unknown
    analogs : shape (n, 5), positions of the series that a forecast from analogs was learned from
        first of all; -1 = none
    """

    outlook: Outlook
    horizons: Horizons
    abc: IntArray
    pattern: IntArray
    coverage: FloatArray
    analogs: IntArray


def model_forecast(
    run: Run, panel: Panel, supply: Supply, past: Past, reigning: Champion
) -> Forecast:
    """Ask the champion, and past launches about series in their first weeks.

    A series in its first weeks gets the mean of both quantiles, one to be launched the launches'
    alone; one that has not begun, and of which no launch is known, gets the formula.
    """
    model = up_to_date(run, panel, _protection(panel, supply), reigning)
    levels = np.asarray(model.levels)
    outlook, horizons = _formula(supply, past, levels)
    begun = panel.first < panel.n_periods
    asked, own = _asked(panel, supply)
    rows = _rows(run, panel, np.where(begun[:, None], asked, 0), reigning)
    rows = aligned(rows, model.names, model.categorical)
    told = model.forecast(rows).reshape(-1, asked.shape[1], len(levels))
    values = _spread(told, begun, np.zeros((*asked.shape, len(levels))))
    young = first_weeks(run.tables, panel, horizons=asked, levels=levels)
    both = begun[young.which, None, None]
    values[young.which] = np.where(both, (values[young.which] + young.values) / 2, young.values)
    known, by_model = begun | young.which, begun & ~young.which
    days = asked * float(panel.period_days)
    common = at_horizon(values, days, np.tile(COMMON_HORIZONS, (panel.n_series, 1)))
    at_own = rows.take(np.arange(len(told)) * asked.shape[1] + own[begun])
    groups = np.array(model.calibration.groups(at_own), dtype=np.str_)
    coverage = _coverage(reigning.folder, groups, len(levels))
    coverage = _spread(coverage, begun, np.full((panel.n_series, len(levels)), np.nan))
    groups = _spread(groups, begun, np.full(panel.n_series, "", groups.dtype))
    mixed = _mixed(values, days, supply, levels)
    return Forecast(
        replace(
            outlook,
            values=np.where(known[:, None], mixed, outlook.values),
            method=np.select([young.which, begun], ["analog", "quantile"], "formula"),
            model_version=reigning.version,
            calibration_group=np.where(by_model, groups, ""),
        ),
        replace(horizons, values=np.where(known[:, None, None], common, horizons.values)),
        _spread(at_own.abc, begun, np.full(panel.n_series, CLASSES.index("C"), np.int8)),
        _spread(at_own.pattern, begun, np.full(panel.n_series, PATTERNS.index("new"), np.int8)),
        np.where(by_model[:, None], coverage, np.nan),
        young.analogs,
    )


def formula_forecast(run: Run, panel: Panel, supply: Supply, past: Past) -> Forecast:
    """Normal demand of the recent mean and deviation: what is left where no model can speak."""
    levels = np.asarray(run.settings.model.levels)
    outlook, horizons = _formula(supply, past, levels)
    kinds = build_rows(
        panel,
        read_facts(run.tables, panel, country=""),
        cutoffs=[panel.n_periods - 1],
        horizons=np.ones((panel.n_series, 1), dtype=np.int64),
        with_target=False,
        families={},
    )
    unknown = np.full((panel.n_series, len(levels)), np.nan)
    nobody = np.full((panel.n_series, NAMED), -1)
    return Forecast(outlook, horizons, kinds.abc, kinds.pattern, unknown, nobody)


def _formula(supply: Supply, past: Past, levels: FloatArray) -> tuple[Outlook, Horizons]:
    """Quantiles of the textbook: mean × P + z × deviation × √P."""
    n = len(past.mean)
    common = np.tile(COMMON_HORIZONS, (n, 1))
    days = np.concatenate([common, supply.protection_days[:, None]], axis=1)
    values = formula_reorder_point(
        past.mean[:, None, None],
        past.sd[:, None, None],
        days[:, :, None] / past.period_days,
        levels,
    )
    outlook = Outlook(
        values=values[:, -1],
        levels=levels,
        method=np.full(n, "formula"),
        model_version=None,
        calibration_group=np.full(n, ""),
        coverage_recent=np.full(n, np.nan),
    )
    return outlook, Horizons(COMMON_HORIZONS, values[:, :-1], levels)


def _spread(found: ScalarArray, begun: BoolArray, others: ScalarArray) -> ScalarArray:
    """Put what was found for the series that have begun among all series."""
    out = others.copy()
    out[begun] = found
    return out


def _rows(run: Run, panel: Panel, asked: IntArray, reigning: Champion) -> Rows:
    """Features at the end of the panel, with the category codes of the champion."""
    vocabulary = json.loads((reigning.folder / FEATURES_FILE).read_text(encoding="utf-8"))
    facts = read_facts(
        run.tables, panel, country=run.settings.calendar.country, vocabulary=vocabulary
    )
    last = [panel.n_periods - 1]
    return build_rows(panel, facts, cutoffs=last, horizons=asked, with_target=False)


def _asked(panel: Panel, supply: Supply) -> tuple[IntArray, IntArray]:
    """Horizons to forecast in periods, ascending per row, and where P is among them.

    They are the common ones, P, and the shortest and longest P that the lead time allows.
    """
    atoms, probabilities = protection_atoms(supply, panel.period_days)
    common = np.unique(np.ceil(COMMON_HORIZONS / panel.period_days)).astype(np.int64)
    mean = _protection(panel, supply)
    possible = probabilities > 0
    first = np.where(possible, atoms, atoms.max()).min(axis=1)
    last = np.where(possible, atoms, 0).max(axis=1)
    own = np.stack([first, mean, last], axis=1)
    own = own if (first != last).any() else mean[:, None]
    asked = np.sort(np.concatenate([np.tile(common, (len(own), 1)), own], axis=1), axis=1)
    return asked, np.argmax(asked == mean[:, None], axis=1)


def _protection(panel: Panel, supply: Supply) -> IntArray:
    """Protection intervals, to the nearest period; (n_series,)."""
    periods: IntArray = np.rint(supply.protection_days / panel.period_days).astype(np.int64)
    return np.maximum(periods, 1)


def _mixed(
    values: FloatArray, horizons: FloatArray, supply: Supply, levels: FloatArray
) -> FloatArray:
    """Quantiles of demand over the protection interval, lead times mixed in; (n, n_levels)."""
    possible = supply.lead_times.atoms_days + supply.review_days[:, None]
    components = at_horizon(values, horizons, possible)
    return mixture(components, supply.lead_times.probabilities, levels)


def _coverage(folder: Path, groups: npt.NDArray[np.str_], n_levels: int) -> FloatArray:
    """What the champion's proof measured for each series' group; of all, where it is small."""
    measured = json.loads((folder / COVERAGE_FILE).read_text(encoding="utf-8"))
    names, member = np.unique(groups, return_inverse=True)
    table = [measured.get(name, measured["all"]) for name in names.tolist()]
    return np.array(table, dtype=np.float64).reshape(-1, n_levels)[member]
