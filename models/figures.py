"""Pictures of a training: is it calibrated, where does it lose, what does it look at.

Figures are built without pyplot, so they need no display and may be drawn in any thread.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from models.tracked_metrics import MODEL, headline

__all__ = [
    "coverage_by_group",
    "forecast_examples",
    "importance_bars",
    "pinball_by_group",
    "reliability",
    "training_figures",
]

_COLOURS = ("#006ba4", "#ff800e", "#ababab", "#595959", "#5f9ed1", "#c85200")
_MODEL_NAME = {MODEL: "stockalert"}
_FEATURES_SHOWN = 25
_WORST_POINTS = 10.0


def training_figures(
    scores: pd.DataFrame, importance: pd.Series[float], examples: pd.DataFrame
) -> dict[str, Figure]:
    """Draw all figures of a training, by file name.

    Parameters
    ----------
    scores : as `models.tracked_metrics.label_groups` returns it.
    importance : share of the gain per feature name.
    examples : see `forecast_examples`; none is drawn when empty.
    """
    figures = {
        "calibration": reliability(scores),
        "coverage_by_group": coverage_by_group(scores),
        "pinball_by_group": pinball_by_group(scores),
        "feature_importance": importance_bars(importance),
    }
    return figures if examples.empty else {**figures, "examples": forecast_examples(examples)}


def reliability(scores: pd.DataFrame) -> Figure:
    """Draw the share of outcomes at or below each quantile against its level.

    The bar of the model spans [share below, share at or below]: with whole units no quantile can
    hit its level exactly, and a bar that crosses the diagonal is calibrated.
    """
    figure, axes = _canvas(7.0, 6.0)
    axes.plot([0, 1], [0, 1], color="black", linewidth=0.8, label="calibrated")
    overall = scores[scores["grouping"] == "all"]
    for colour, method in zip(_COLOURS, _methods(overall), strict=False):
        part = overall[overall["method"] == method].sort_values("level")
        name = _MODEL_NAME.get(method, method)
        axes.plot(part["level"], part["coverage"], "o-", color=colour, markersize=4, label=name)
        if method == MODEL:
            axes.vlines(part["level"], part["share_below"], part["coverage"], color=colour, lw=5)
    axes.set(
        title="Calibration on weeks the model had not seen",
        xlabel="level promised",
        ylabel="share of outcomes at or below the quantile",
    )
    axes.legend(frameon=False)
    return figure


def coverage_by_group(scores: pd.DataFrame) -> Figure:
    """Draw the model's coverage error per group and level, in points, as a coloured table."""
    model = scores[scores["method"] == MODEL]
    name = np.where(model["grouping"] == "all", "all", model["grouping"] + " " + model["group"])
    points = 100 * model.assign(name=name).pivot_table(
        index="name", columns="level", values="coverage_error", sort=False
    )
    figure, axes = _canvas(1.5 + 0.75 * points.shape[1], 1.6 + 0.4 * len(points))
    axes.imshow(points, cmap="RdBu", vmin=-_WORST_POINTS, vmax=_WORST_POINTS, aspect="auto")
    for (row, column), value in np.ndenumerate(points.to_numpy()):
        axes.text(column, row, f"{value:+.1f}", ha="center", va="center", fontsize=8)
    axes.set_xticks(range(points.shape[1]), [f"{level:g}" for level in points.columns])
    axes.set_yticks(range(len(points)), list(points.index))
    axes.set(title="Coverage minus level, points (0: level within reach)", xlabel="level")
    return figure


def pinball_by_group(scores: pd.DataFrame) -> Figure:
    """Draw the headline loss of the model beside its baselines, for all rows and each group."""
    losses = headline(scores).unstack("method")
    losses = losses[_methods(scores)]
    figure, axes = _canvas(2.0 + 0.9 * len(losses), 4.5)
    width = 0.8 / losses.shape[1]
    for place, method in enumerate(losses.columns):
        at = np.arange(len(losses)) + (place - (losses.shape[1] - 1) / 2) * width
        name = _MODEL_NAME.get(method, method)
        axes.bar(at, losses[method], width, color=_COLOURS[place % len(_COLOURS)], label=name)
    axes.set_xticks(range(len(losses)), [group for _, group in losses.index], rotation=30)
    axes.set(
        title="Weighted pinball loss, mean of levels 0.8 to 0.99",
        ylabel="Σ loss ÷ Σ demand (smaller is better)",
    )
    axes.legend(frameon=False)
    return figure


def importance_bars(importance: pd.Series[float]) -> Figure:
    """Draw the features that earned the largest share of the gain."""
    shown = importance.sort_values().tail(_FEATURES_SHOWN)
    figure, axes = _canvas(7.0, 1.2 + 0.25 * len(shown))
    axes.barh(range(len(shown)), shown, color=_COLOURS[0])
    axes.set_yticks(range(len(shown)), list(shown.index), fontsize=8)
    axes.set(title="What the forecast looks at", xlabel="share of the gain, mean over levels")
    return figure


def forecast_examples(examples: pd.DataFrame) -> Figure:
    """Draw a few forecasts as ranges of quantiles, with what then happened.

    Parameters
    ----------
    examples : columns `label`, `actual` (units) and one per quantile (q050 …), ascending.
    """
    quantiles = examples.filter(regex=r"^q\d+$")
    figure, axes = _canvas(8.0, 1.4 + 0.4 * len(examples))
    rows = range(len(examples))
    axes.hlines(rows, quantiles.iloc[:, 0], quantiles.iloc[:, -1], color=_COLOURS[4], lw=6)
    for name in quantiles.columns:
        axes.plot(quantiles[name], rows, "|", color=_COLOURS[0], markersize=11)
    axes.plot(examples["actual"], rows, "o", color=_COLOURS[1], label="demand that came")
    axes.set_yticks(rows, list(examples["label"]), fontsize=8)
    axes.invert_yaxis()
    span = f"{quantiles.columns[0]} to {quantiles.columns[-1]}"
    axes.set(title=f"Forecast quantiles, {span}", xlabel="units over the horizon")
    axes.legend(frameon=False)
    return figure


def _canvas(width: float, height: float) -> tuple[Figure, Axes]:
    """Return an empty figure (inches) and its axes, drawn by Agg."""
    figure = Figure(figsize=(width, height), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.subplots()


def _methods(scores: pd.DataFrame) -> list[str]:
    """Return the methods, the model first."""
    return [MODEL, *sorted(set(scores["method"]) - {MODEL})]
