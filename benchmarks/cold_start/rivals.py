"""Every way to answer a question about a series in its first weeks, from what was known then."""

from __future__ import annotations

import numpy as np

from benchmarks.cold_start.scene import Scene
from benchmarks.forecast.problem import LEVELS, Array
from flows.newcomers import ANALOG_DAYS
from models.analogs import analog_forecast
from models.launches import Newcomers, past_launches
from stockalert.formulas import formula_reorder_point, formula_window, moments

__all__ = ["analogs", "category_quantiles", "own_formula"]

_FEWEST = 20  # members that a category needs to have quantiles of its own


def analogs(scene: Scene) -> Array:
    """Forecast from past launches, as the nights do; (n_questions, n_levels)."""
    panel, questions = scene.panel, scene.questions
    out = np.empty((len(questions), len(LEVELS)))
    longest = ANALOG_DAYS // panel.period_days + int(questions.horizon.max())
    for cutoff in np.unique(questions.cutoff):
        asked = np.flatnonzero(questions.cutoff == cutoff)
        units, observed = panel.units[:, : cutoff + 1], panel.observed[:, : cutoff + 1]
        first = np.minimum(panel.first, cutoff + 1)
        options = {"longest": longest, "period_days": panel.period_days}
        found = analog_forecast(
            past_launches(units, observed, first, **options),
            Newcomers.of(units, observed, first, series=questions.series[asked]),
            scene.traits.codes,
            horizons=questions.horizon[asked, None],
            levels=LEVELS,
            period_days=panel.period_days,
        )
        out[asked] = found.values[:, 0]
    return out


def category_quantiles(scene: Scene) -> Array:
    """Take quantiles over the last h periods of the category's series, of all where it is small."""
    panel, questions = scene.panel, scene.questions
    category = np.zeros(panel.n_series, dtype=np.int64)
    if "attribute_category" in scene.traits.names:
        category = scene.traits.codes[:, scene.traits.names.index("attribute_category")]
    running = np.pad(np.cumsum(panel.units, axis=1, dtype=np.float64), ((0, 0), (1, 0)))
    out = np.empty((len(questions), len(LEVELS)))
    key = np.stack([questions.cutoff, questions.horizon, category[questions.series]])
    for cutoff, horizon, group in np.unique(key, axis=1).T:
        end, begin = cutoff + 1, max(cutoff + 1 - horizon, 0)
        existed = np.flatnonzero(panel.first <= begin)
        mine = existed[category[existed] == group]
        members = mine if len(mine) >= _FEWEST else existed
        totals = running[members, end] - running[members, begin]
        asked = (key == np.array([[cutoff], [horizon], [group]])).all(axis=0)
        out[asked] = np.quantile(totals, LEVELS)
    return out


def own_formula(scene: Scene) -> Array:
    """Apply the textbook's formula to the series' own weeks; 0 where there are none."""
    panel, questions = scene.panel, scene.questions
    out = np.empty((len(questions), len(LEVELS)))
    for cutoff in np.unique(questions.cutoff):
        asked = np.flatnonzero(questions.cutoff == cutoff)
        series = questions.series[asked]
        past = slice(max(cutoff + 1 - formula_window(panel.period_days), 0), cutoff + 1)
        mean, sd = moments(panel.units[series, past], panel.observed[series, past] >= 0.5)
        periods = questions.horizon[asked, None].astype(np.float64)
        out[asked] = formula_reorder_point(mean[:, None], sd[:, None], periods, LEVELS)
    return out
