"""Does the champion still fit? Inputs against those of its training, forecasts against facts.

Inputs are compared on the last cutoffs that the champion knew and on those since, of the same
series, and with what they did over as long a time before; what a calendar tells is left out.
Coverage counts only nights that this champion published. So a model trained anew starts with a
clean slate.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd

from features.build import FAMILIES, build_rows, family_columns
from features.facts import FAMILIES_READ, Facts, read_facts
from features.outline import read_outline
from features.panel import MEASURES, Panel
from features.reading import read_block, read_panel
from flows.fitting import vocabulary_of
from flows.intake import Intake
from flows.review_past import coverage_of, nights_between, spaced
from flows.run import Run
from models.registry import Champion
from stockalert.arrays import BoolArray, FloatArray, IntArray
from stockalert.drift import drift_table
from stockalert.review import coverage_with_limits, worst_gap

__all__ = ["NIGHTS_APART_DAYS", "input_drift", "why_drifting"]

MOST_SERIES = 2000
STRETCH = 200
MOST_CUTOFFS = 4
EARLIER = 6
HORIZON_DAYS = 14
NIGHTS_APART_DAYS = 7
COVERAGE_DAYS = 91
_CALENDAR = "horizon_calendar"


def why_drifting(run: Run, intake: Intake, reigning: Champion) -> str:
    """Say why the champion no longer fits; empty = it does, or too little has happened since."""
    if intake.as_of <= reigning.trained_until:
        return ""
    panel = _few_series(run, intake)
    drifted = _inputs(run, input_drift(run, panel, reigning))
    return drifted or _coverage(run, intake, panel, reigning)


def input_drift(run: Run, panel: Panel, reigning: Champion) -> pd.DataFrame:
    """Compare every feature that the champion reads with what it was at its training.

    Returns
    -------
    What `stockalert.drift.drift_table` returns; without rows where no cutoff lies after the
    training, or there is too little before it.
    """
    pairs = _cutoffs(panel, reigning)
    sampled = _sampled(panel, int(min(past.min() for past, _ in pairs)) if pairs else 0)
    if not (pairs and sampled.any()):
        return drift_table([], [], units=1, limit=1.0)
    few = panel.block(sampled)
    few = replace(few, series=few.series.reset_index(drop=True))
    facts = _facts(run, few, reigning)
    read = set(facts.vocabulary[FAMILIES_READ]) - {_CALENDAR}
    cutoffs = np.unique(np.concatenate([side for pair in pairs for side in pair]))
    rows = build_rows(
        few,
        facts,
        cutoffs=cutoffs,
        horizons=np.full((few.n_series, 1), few.periods_in(HORIZON_DAYS)),
        with_target=False,
        families={name: family for name, family in FAMILIES.items() if name in read},
    )
    values = rows.values.reshape(len(cutoffs), few.n_series, -1)
    compared = [
        (_flat(values[np.searchsorted(cutoffs, past)]), _flat(values[np.searchsorted(cutoffs, at)]))
        for past, at in pairs
    ]
    limit = run.settings.review.psi_limit
    found = drift_table(rows.names, compared, units=few.n_series, limit=limit)
    calendar = family_columns(few, facts)[_CALENDAR]
    return pd.concat([_lacking(reigning, {*rows.names, *calendar}), found], ignore_index=True)


def _few_series(run: Run, intake: Intake) -> Panel:
    """Read the panel; of a large shop some stretches of neighbouring series, evenly spaced."""
    period, as_of = run.settings.period, intake.as_of
    outline = read_outline(run.tables, period=period, as_of=as_of)
    n = len(outline.series)
    if n <= MOST_SERIES:
        return read_panel(run.tables, period=period, as_of=as_of)
    begins = np.linspace(0, n - STRETCH, MOST_SERIES // STRETCH).astype(int)
    parts = [read_block(run.tables, outline, slice(at, at + STRETCH)) for at in begins.tolist()]
    measured: dict[str, Any] = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in ("first", *MEASURES)
        if getattr(parts[0], name) is not None
    }
    series = pd.concat([part.series for part in parts], ignore_index=True)
    return replace(parts[0], series=series, **measured)


def _facts(run: Run, few: Panel, reigning: Champion) -> Facts:
    vocabulary = vocabulary_of(reigning.folder)
    country = run.settings.calendar.country
    return read_facts(run.tables, few, country=country, vocabulary=vocabulary)


def _lacking(reigning: Champion, there: set[str]) -> pd.DataFrame:
    """Features that the champion reads and the tables no longer give at all."""
    described = json.loads((reigning.folder / "final" / "model.json").read_text(encoding="utf-8"))
    lost = [name for name in described["names"] if name not in there]
    gone = {"psi": np.inf, "chance": 0.0, "usual": 0.0, "missing_before": 0.0, "missing_now": 1.0}
    return pd.DataFrame({"feature": lost}, dtype="str").assign(**gone, drifted=True)


def _flat(values: FloatArray) -> FloatArray:
    return values.reshape(-1, values.shape[-1])


def _cutoffs(panel: Panel, reigning: Champion) -> list[tuple[IntArray, IntArray]]:
    """Cutoffs a week apart: the last that the champion knew and as many since; then earlier ones.

    Every further pair lies as much earlier as the training lies back, so that it tells what is
    usual over that time.
    """
    week = panel.periods_in(7)
    known = int(np.searchsorted(panel.periods, np.datetime64(reigning.trained_until), "right")) - 1
    since = np.arange(panel.n_periods - 1, known, -week)[:MOST_CUTOFFS]
    past, lag = known - week * np.arange(len(since)), panel.n_periods - 1 - known
    moved = [(past - lag * back, since - lag * back) for back in range(EARLIER + 1)]
    return [pair for pair in moved if len(since) and pair[0].min() >= week]


def _sampled(panel: Panel, cutoff: int) -> BoolArray:
    """At most `MOST_SERIES` series, evenly spaced, of those that had begun."""
    begun = np.flatnonzero(panel.first <= cutoff)
    chosen = np.zeros(panel.n_series, dtype=bool)
    chosen[begun[:: max(1, -(-len(begun) // MOST_SERIES))]] = True
    return chosen


def _inputs(run: Run, drift: pd.DataFrame) -> str:
    drifted = drift[drift["drifted"]]
    gone = drifted[(drifted["missing_now"] > 0.99) & (drifted["missing_before"] < 0.5)]
    if len(gone):
        first = next(iter(gone["feature"]))
        return f"{len(gone)} inputs that it reads are there no longer, such as {first}"
    if len(drifted) <= run.settings.review.max_share_drifted * len(drift):
        return ""
    worst = drifted.iloc[0]
    return (
        f"{len(drifted)} of {len(drift)} inputs are distributed otherwise than at the training, "
        f"most of all {worst['feature']}: stability index {worst['psi']:.2f}, missing in "
        f"{worst['missing_now']:.0%} of rows, before {worst['missing_before']:.0%}"
    )


def _coverage(run: Run, intake: Intake, panel: Panel, reigning: Champion) -> str:
    first = max(reigning.trained_until, intake.as_of - timedelta(days=COVERAGE_DAYS))
    nights = nights_between(run.workspace.out, first, intake.as_of)
    own = [night for night in nights if night.model_version == reigning.version]
    cells = coverage_of(run.workspace.out, spaced(own, NIGHTS_APART_DAYS), panel)
    if not len(cells):
        return ""
    coverage = coverage_with_limits(cells, seed=run.settings.model.seed)
    worst = worst_gap(coverage, least_nights=run.settings.review.least_nights)
    if worst is None or abs(worst[1]) <= run.settings.guard.min_coverage_gap:
        return ""
    level, gap = worst
    return (
        f"{level + gap:.1%} of outcomes lay within the quantile of {level:g} that it published, "
        f"more than {run.settings.guard.min_coverage_gap:g} off and more than chance"
    )
