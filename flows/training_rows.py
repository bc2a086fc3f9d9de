"""The matrix that a model is trained on, and the baselines it must beat."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np

from features.build import build_rows
from features.facts import Facts, read_facts
from features.horizons import sample_cutoffs, sample_horizons, thinned
from features.panel import Panel
from features.reading import read_panel
from flows.run import Run
from flows.supply import protection_atoms, read_supply
from models.baseline import empirical_quantiles, static_formula, z_formula
from models.splits import proof_split
from stockalert.arrays import FloatArray, IntArray
from stockalert.errors import HistoryError
from stockalert.formulas import formula_window
from stockalert.rows import Rows

__all__ = ["TrainingSet", "baselines", "build_training_set", "rows_since"]

EXPLORE = 0.2
SETTLED_DAYS = 182


@dataclass(frozen=True)
class TrainingSet:
    """Rows with known demand, what they were cut from, and where.

    Attributes
    ----------
    panel : series that have begun; the others have nothing to teach
    facts : its `vocabulary` names the category codes of the rows
    cutoffs, horizons : of `features.build.build_rows`
    """

    rows: Rows
    panel: Panel
    facts: Facts
    cutoffs: IntArray
    horizons: IntArray

    @property
    def vocabulary_json(self) -> str:
        """The names behind every category code, as JSON to be kept with the model."""
        return json.dumps(self.facts.vocabulary, ensure_ascii=False, indent=1)


def build_training_set(run: Run, as_of: date) -> TrainingSet:
    """Cut rows at evenly spaced cutoffs, with horizons drawn from the protection intervals.

    Raises
    ------
    HistoryError
        No series has begun, or no window of demand is over yet.
    """
    panel = read_panel(run.tables, period=run.settings.period, as_of=as_of).begun()
    cutoffs = _cutoffs(run, panel)
    if not (panel.n_series and len(cutoffs)):
        raise _too_short(panel)
    facts = read_facts(
        run.tables,
        panel,
        country=run.settings.calendar.country,
        families=run.settings.model.families,
    )
    horizons = _horizons(run, panel, cutoffs, as_of)
    rows = build_rows(panel, facts, cutoffs=cutoffs, horizons=horizons, with_target=True)
    if not len(rows):
        raise _too_short(panel)
    return TrainingSet(rows, panel, facts, cutoffs, horizons)


def rows_since(
    training: TrainingSet, since: np.datetime64, run: Run, vocabulary: dict[str, list[str]]
) -> Rows:
    """Cut the rows of cutoffs from `since` on with the category codes of another model."""
    if vocabulary == training.facts.vocabulary:
        return training.rows.take(training.rows.cutoff >= since)
    panel, country = training.panel, run.settings.calendar.country
    late = panel.last_days(training.cutoffs) >= since
    return build_rows(
        panel,
        read_facts(run.tables, panel, country=country, vocabulary=vocabulary),
        cutoffs=training.cutoffs[late],
        horizons=training.horizons[late],
        with_target=True,
    )


def _cutoffs(run: Run, panel: Panel) -> IntArray:
    model = run.settings.model
    cutoffs = sample_cutoffs(
        every=max(1, model.cutoff_every_days // panel.period_days),
        last=panel.n_periods - 2,
        least_history=min(panel.periods_in(SETTLED_DAYS), panel.n_periods // 2),
    )
    if not model.history_days:
        return cutoffs
    return cutoffs[cutoffs >= panel.n_periods - panel.periods_in(model.history_days)]


def _horizons(run: Run, panel: Panel, cutoffs: IntArray, as_of: date) -> IntArray:
    model = run.settings.model
    supply = read_supply(run.tables, panel, settings=run.settings, as_of=as_of).supply
    atoms, probabilities = protection_atoms(supply, panel.period_days)
    horizons = sample_horizons(
        panel,
        cutoffs,
        atoms=atoms,
        probabilities=probabilities,
        count=model.horizons_per_cutoff,
        seed=model.seed,
        explore=EXPLORE,
    )
    return thinned(horizons, panel, cutoffs, most=model.max_rows, seed=model.seed)


def _too_short(panel: Panel) -> HistoryError:
    return HistoryError.found(panel.n_periods * panel.period_days)


def baselines(training: TrainingSet, run: Run) -> dict[str, FloatArray]:
    """Forecast the evaluation rows with the rules that shops use; NaN in all other rows.

    Returns
    -------
    name → quantiles, shape (n_rows, n_levels), units
    """
    rows, panel, model = training.rows, training.panel, run.settings.model
    split = proof_split(
        rows,
        period_days=panel.period_days,
        evaluation_days=model.evaluation_days,
        calibration_days=model.calibration_days,
    )
    rules: dict[str, tuple[Callable[..., FloatArray], dict[str, int]]] = {
        "static formula": (static_formula, {"window": formula_window(panel.period_days)}),
        "z formula": (z_formula, {"window": formula_window(panel.period_days)}),
        "empirical quantiles": (empirical_quantiles, {"year": panel.periods_in(364)}),
    }
    found = {name: np.full((len(rows), len(model.levels)), np.nan) for name in rules}
    seen = panel.observed >= 0.5
    cutoffs = rows.cutoff[split.evaluation]
    for day in np.unique(cutoffs):
        at = np.flatnonzero(split.evaluation & (rows.cutoff == day))
        cutoff = int((day - panel.periods[0]).astype(int)) // panel.period_days
        for name, (rule, options) in rules.items():
            found[name][at] = rule(
                panel.units,
                seen,
                cutoff=cutoff,
                series=rows.series[at],
                horizons=rows.horizon[at],
                levels=model.levels,
                **options,
            )
    return found
