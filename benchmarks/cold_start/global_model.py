"""The product's own model, asked about series in their first weeks."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.cold_start.launched import Shop
from benchmarks.cold_start.scene import Scene, night
from benchmarks.forecast.problem import LEVELS, Array
from features.build import aligned, build_rows
from features.facts import Facts, read_facts
from flows.fitting import fit
from flows.run import Run
from flows.training_rows import build_training_set
from models.demand import DemandModel

__all__ = ["model_quantiles", "train_model"]


def train_model(shop: Shop, data: Path, out: Path) -> tuple[DemandModel, dict[str, list[str]]]:
    """Train once, on what was known on the day `shop.trained`."""
    with night(shop, data, out, shop.trained) as run:
        training = build_training_set(run, run.as_of)
        return fit(run, training).final, training.vocabulary


def model_quantiles(
    scene: Scene, run: Run, model: DemandModel, vocabulary: dict[str, list[str]]
) -> Array:
    """Return quantiles of every question, (n, n_levels); NaN where the series has not begun."""
    country = run.settings.calendar.country
    facts = read_facts(run.tables, scene.panel, country=country, vocabulary=vocabulary)
    out = np.full((len(scene.questions), len(LEVELS)), np.nan)
    for cutoff in np.unique(scene.questions.cutoff):
        asked = (scene.questions.cutoff == cutoff) & (scene.questions.age_weeks > 0)
        if asked.any():
            out[asked] = _at(scene, facts, model, np.flatnonzero(asked), int(cutoff))
    return out


def _at(scene: Scene, facts: Facts, model: DemandModel, asked: Array, cutoff: int) -> Array:
    """Build rows of the asked series alone; features cannot see past the cutoff."""
    series = scene.questions.series[asked]
    horizons = np.zeros((scene.panel.n_series, 1), dtype=np.int64)
    horizons[series, 0] = scene.questions.horizon[asked]
    rows = build_rows(scene.panel, facts, cutoffs=[cutoff], horizons=horizons, with_target=False)
    rows = aligned(rows, model.names, model.categorical)
    return model.forecast(rows)[np.searchsorted(rows.series, series)]
