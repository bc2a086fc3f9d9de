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
from stockalert.arrays import FloatArray
from stockalert.errors import HistoryError
from stockalert.formulas import formula_window
from stockalert.rows import Rows

__all__ = ["TrainingSet", "baselines", "build_training_set", "rows_like"]

EXPLORE = 0.2
LEAST_HISTORY_DAYS = 28


@dataclass(frozen=True)
class TrainingSet:
    """Rows with known demand, the panel they were cut from, and the vocabulary of their codes."""

    rows: Rows
    panel: Panel
    facts: Facts

    @property
    def vocabulary_json(self) -> str:
        """The names behind every category code, as JSON to be kept with the model."""
        return json.dumps(self.facts.vocabulary, ensure_ascii=False, indent=1)


def build_training_set(run: Run, as_of: date) -> TrainingSet:
    """Cut rows at evenly spaced cutoffs, with horizons drawn from the protection intervals.

    Raises
    ------
    HistoryError
        There are fewer than four weeks of sales, or no window of demand is over yet.
    """
    panel = read_panel(run.tables, period=run.settings.period, as_of=as_of)
    facts = read_facts(run.tables, panel, country=run.settings.calendar.country)
    return TrainingSet(_rows(run, panel, facts, as_of), panel, facts)


def rows_like(
    training: TrainingSet, vocabulary: dict[str, list[str]], run: Run, as_of: date
) -> Rows:
    """Cut the same rows once more with the category codes of another model."""
    country = run.settings.calendar.country
    facts = read_facts(run.tables, training.panel, country=country, vocabulary=vocabulary)
    return _rows(run, training.panel, facts, as_of)


def _rows(run: Run, panel: Panel, facts: Facts, as_of: date) -> Rows:
    model = run.settings.model
    supply = read_supply(run.tables, panel, settings=run.settings, as_of=as_of).supply
    atoms, probabilities = protection_atoms(supply, panel.period_days)
    history = model.history_days // panel.period_days
    cutoffs = sample_cutoffs(
        every=max(1, model.cutoff_every_days // panel.period_days),
        last=panel.n_periods - 2,
        least_history=panel.periods_in(LEAST_HISTORY_DAYS),
    )
    cutoffs = cutoffs[cutoffs >= panel.n_periods - history] if history else cutoffs
    if not len(cutoffs):
        raise HistoryError.found(panel.n_periods * panel.period_days)
    horizons = sample_horizons(
        panel,
        cutoffs,
        atoms=atoms,
        probabilities=probabilities,
        count=model.horizons_per_cutoff,
        seed=model.seed,
        explore=EXPLORE,
    )
    horizons = thinned(horizons, panel, cutoffs, most=model.max_rows, seed=model.seed)
    rows = build_rows(panel, facts, cutoffs=cutoffs, horizons=horizons, with_target=True)
    if not len(rows):
        raise HistoryError.found(panel.n_periods * panel.period_days)
    return rows


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
    seen = panel.observed > 0.5
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
