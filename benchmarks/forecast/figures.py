"""Pictures of a benchmark run: calibrated? at which levels, on what, and what does it look like?

Built without pyplot, so that no display is needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from benchmarks.forecast.evaluation import Evaluation, Forecast
from benchmarks.forecast.problem import LEVELS, Array

__all__ = ["examples", "pinball_by_group", "pinball_by_level", "reliability", "run_figures"]

_OURS = "#006ba4"
_COLOURS = ("#ff800e", "#ababab", "#595959", "#c85200", "#898989")
_BAND = "#5f9ed1"
_SHOWN = 4  # peers beside ours, besides the formula
_EXAMPLES = 6
_PAST_DAYS = 182


def run_figures(
    result: Mapping[str, Any], evaluation: Evaluation, ours: Forecast
) -> dict[str, Figure]:
    """Draw all figures of one set, by file name."""
    shown = {"ours": result["ours"], **_rivals(result, evaluation.problem.n_series)}
    return {
        "reliability": reliability(shown),
        "pinball_by_level": pinball_by_level(shown),
        "pinball_by_group": pinball_by_group(shown),
        "examples": examples(evaluation, ours),
    }


def reliability(scored: Mapping[str, Mapping[str, Any]]) -> Figure:
    """Draw coverage against its level, as the error in points.

    The bar of ours spans [share below, share at or below]: with whole units no quantile hits its
    level exactly, and a bar that crosses zero is calibrated.
    """
    figure, axes = _canvas(8.0, 4.2)
    at = np.arange(len(LEVELS))
    axes.axhline(0, color="black", linewidth=0.8)
    for colour, (name, score) in zip((_OURS, *_COLOURS), scored.items(), strict=False):
        points = 100 * (np.array(list(score["coverage"].values())) - LEVELS)
        axes.plot(at, points, "o-", color=colour, ms=4, label=_words(name))
    below = 100 * (np.array(list(scored["ours"]["coverage_below"].values())) - LEVELS)
    reached = 100 * (np.array(list(scored["ours"]["coverage"].values())) - LEVELS)
    axes.vlines(at, below, reached, color=_OURS, lw=5)
    axes.set_xticks(at, [f"{level:g}" for level in LEVELS])
    title, unit = "Share of demands at or below the quantile, minus its level", "points"
    axes.set(title=title, ylabel=unit, xlabel="level")
    axes.legend(frameon=False, fontsize=8)
    return figure


def pinball_by_level(scored: Mapping[str, Mapping[str, Any]]) -> Figure:
    """Draw the weighted pinball loss at each level, ours beside its rivals."""
    values = {name: score["pinball_by_level"] for name, score in scored.items()}
    labels = [f"{level:g}" for level in LEVELS]
    return _bars(values, labels, "Weighted pinball loss by level")


def pinball_by_group(scored: Mapping[str, Mapping[str, Any]]) -> Figure:
    """Draw the headline loss by class of revenue and demand pattern."""
    values = {name: score["pinball_by_group"] for name, score in scored.items()}
    title = "Weighted pinball loss, mean of levels 0.8 to 0.99, by class and pattern"
    return _bars(values, list(scored["ours"]["pinball_by_group"]), title)


def examples(evaluation: Evaluation, ours: Forecast) -> Figure:
    """Draw totals over the protection interval of a few series, and what was forecast of them.

    The median seller of each of the largest groups; no series is picked by how it was forecast.
    """
    series = _examples(evaluation)
    columns = 3
    figure = Figure(figsize=(11, 2.5 * -(-len(series) // columns)), dpi=80, layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.subplots(-(-len(series) // columns), columns, squeeze=False).ravel()
    for axes, one in zip(grid, series, strict=False):
        _draw_series(axes, evaluation, ours, int(one))
    for axes in grid[len(series) :]:
        axes.remove()
    handles, labels = grid[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=5, frameon=False, fontsize=8)
    return figure


def _examples(evaluation: Evaluation) -> Array:
    """Positions of the median seller of each of the groups with most scored windows."""
    problem, scored = evaluation.problem, evaluation.weight > 0
    names, count = np.unique(evaluation.group[scored], return_counts=True)
    group = evaluation.group[: problem.n_series]
    sold = problem.demand[:, : problem.cutoffs[0]].sum(axis=1)
    chosen = []
    for name in names[np.argsort(-count, kind="stable")][:_EXAMPLES]:
        members = np.flatnonzero(group == name)
        chosen.append(members[np.argsort(sold[members], kind="stable")[len(members) // 2]])
    return np.array(chosen)


def _draw_series(axes: Axes, evaluation: Evaluation, ours: Forecast, one: int) -> None:
    problem = evaluation.problem
    n, length = problem.n_series, int(problem.horizon[one])
    start = max(problem.cutoffs[0] - _PAST_DAYS // problem.period_days, int(problem.first[one]))
    summed = np.append(0, np.cumsum(problem.demand[one], dtype=np.float64))
    past = np.arange(start, problem.cutoffs[0] - length + 1)
    axes.plot(problem.periods[past], summed[past + length + 1] - summed[past + 1], color="#898989",
              lw=0.8, label="totals before")  # fmt: skip
    quantiles = ours.quantiles.reshape(-1, n, len(LEVELS))[:, one]
    dates = problem.periods[problem.cutoffs]
    for low, high, shade in ((0, 1, 0.8), (1, 3, 0.5), (3, 5, 0.25)):
        label = f"{LEVELS[low]:g} to {LEVELS[high]:g}"
        axes.fill_between(
            dates,
            quantiles[:, low],
            quantiles[:, high],
            color=_BAND,
            alpha=shade,
            lw=0,
            label=label,
        )
    known = evaluation.weight.reshape(-1, n)[:, one] > 0
    actual = evaluation.actual.reshape(-1, n)[:, one]
    axes.plot(dates[known], actual[known], "o", color=_COLOURS[0], ms=3, label="what came")
    days = length * problem.period_days
    axes.set_title(f"{evaluation.group[one]}: units over {days} days", fontsize=8)
    axes.tick_params(labelsize=7)
    axes.xaxis.set_major_locator(_months())


def _months() -> Any:
    from matplotlib.dates import AutoDateLocator

    return AutoDateLocator(maxticks=5)


def _rivals(result: Mapping[str, Any], n_series: int) -> dict[str, Mapping[str, Any]]:
    """The formula and the best peers of those that ran on all series, the best first."""
    whole = {name: s for name, s in result["peers"].items() if s["series"] == n_series}
    ranked = sorted(whole, key=lambda name: whole[name]["pinball"])
    chosen = [name for name in ranked if name in ranked[:_SHOWN] or name == "z_formula"]
    return {name: whole[name] for name in chosen}


def _bars(values: Mapping[str, Mapping[str, float]], labels: list[str], title: str) -> Figure:
    figure, axes = _canvas(8.0, 4.2)
    width = 0.8 / len(values)
    for place, (colour, (name, of)) in enumerate(
        zip((_OURS, *_COLOURS), values.items(), strict=False)
    ):
        at = np.arange(len(of)) + (place - (len(values) - 1) / 2) * width
        axes.bar(at, list(of.values()), width, color=colour, label=_words(name))
    turned = {"rotation": 30, "ha": "right"} if max(map(len, labels)) > 6 else {}
    axes.set_xticks(range(len(labels)), labels, **turned)
    axes.set(title=title, ylabel="Σ loss ÷ Σ demand (smaller is better)")
    figure.legend(frameon=False, loc="outside lower center", ncols=3, fontsize=8)
    return figure


def _canvas(width: float, height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height), dpi=80, layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.subplots()


def _words(name: str) -> str:
    return name.replace("_", " ")
