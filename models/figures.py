"""Pictures of a training: is it calibrated, where does it lose, what does it look at.

Figures are built without pyplot, so they need no display and may be drawn in any thread.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from models.tracked_metrics import headline
from models.training import MODEL_NAME

__all__ = [
    "COLOURS",
    "canvas",
    "coverage_by_group",
    "forecast_examples",
    "importance_bars",
    "pinball_by_group",
    "reliability",
    "training_figures",
]

COLOURS = ("#006ba4", "#ff800e", "#ababab", "#595959", "#5f9ed1", "#c85200")
_FEATURES_SHOWN = 25
_WORST_POINTS = 10.0


def training_figures(
    scores: pd.DataFrame, importances: pd.Series[float], examples: pd.DataFrame
) -> dict[str, Figure]:
    """Draw all figures of a training, by file name.

    Parameters
    ----------
    scores : as `models.tracked_metrics.label_groups` returns it.
    importances : share of the gain per feature name.
    examples : see `forecast_examples`; none is drawn when empty.
    """
    figures = {
        "calibration": reliability(scores),
        "coverage_by_group": coverage_by_group(scores),
        "pinball_by_group": pinball_by_group(scores),
        "feature_importance": importance_bars(importances),
    }
    return figures if examples.empty else {**figures, "examples": forecast_examples(examples)}


def reliability(scores: pd.DataFrame) -> Figure:
    """Draw the share of outcomes at or below each quantile against its level.

    The bar of the model spans [share below, share at or below]: with whole units no quantile can
    hit its level exactly, and a bar that crosses the diagonal is calibrated.
    """
    figure, whole, upper = canvas(11.0, 5.5, 2)
    overall = scores[scores["grouping"] == "all"].sort_values("level")
    for axes in (whole, upper):
        axes.plot([0, 1], [0, 1], color="black", linewidth=0.8)
        for colour, name in zip(COLOURS, _models(overall), strict=False):
            part = overall[overall["model"] == name]
            axes.plot(part["level"], part["coverage"], "o-", color=colour, ms=4, label=name)
        own = overall[overall["model"] == MODEL_NAME]
        axes.vlines(own["level"], own["share_below"], own["coverage"], color=COLOURS[0], lw=5)
        axes.set_xlabel("level promised")
    upper.set(xlim=(0.74, 1.005), ylim=(0.64, 1.005), title="The levels of reorder points")
    whole.set(title="Calibration on weeks not seen", ylabel="share at or below the quantile")
    whole.legend(frameon=False)
    return figure


def coverage_by_group(scores: pd.DataFrame) -> Figure:
    """Draw the model's coverage error per group and level, in points, as a coloured table."""
    own = scores[scores["model"] == MODEL_NAME]
    points = 100 * own.pivot(index=["grouping", "group"], columns="level", values="coverage_error")
    points = _all_first(points)
    figure, axes = canvas(1.5 + 0.75 * points.shape[1], 1.6 + 0.4 * len(points))
    axes.imshow(points, cmap="RdBu", vmin=-_WORST_POINTS, vmax=_WORST_POINTS, aspect="auto")
    for (row, column), value in np.ndenumerate(points.to_numpy()):
        colour = "white" if abs(value) > 0.6 * _WORST_POINTS else "black"
        axes.text(column, row, f"{value:+.1f}", ha="center", va="center", size=8, color=colour)
    axes.set_xticks(range(points.shape[1]), [f"{level:g}" for level in points.columns])
    axes.set_yticks(range(len(points)), list(points.index))
    axes.set(title="Coverage minus level, points (0: level within reach)", xlabel="level")
    return figure


def pinball_by_group(scores: pd.DataFrame) -> Figure:
    """Draw the headline loss of the model beside its baselines, for all rows and each group."""
    losses = _all_first(headline(scores).unstack("model"))[_models(scores)]
    figure, axes = canvas(2.0 + 0.9 * len(losses), 4.5)
    width = 0.8 / losses.shape[1]
    for place, (name, colour) in enumerate(zip(losses.columns, COLOURS, strict=False)):
        at = np.arange(len(losses)) + (place - (losses.shape[1] - 1) / 2) * width
        axes.bar(at, losses[name], width, color=colour, label=name)
    axes.set_xticks(range(len(losses)), list(losses.index), rotation=30, ha="right")
    axes.set(
        title="Weighted pinball loss, mean of levels 0.8 to 0.99",
        ylabel="Σ loss ÷ Σ demand (smaller is better)",
    )
    figure.legend(frameon=False, loc="outside lower center", ncols=losses.shape[1])
    return figure


def importance_bars(importances: pd.Series[float]) -> Figure:
    """Draw the features that earned the largest share of the gain."""
    shown = importances.sort_values().tail(_FEATURES_SHOWN)
    figure, axes = canvas(7.0, 1.2 + 0.25 * len(shown))
    axes.barh(range(len(shown)), shown, color=COLOURS[0])
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
    figure, axes = canvas(8.0, 1.4 + 0.4 * len(examples))
    rows = range(len(examples))
    axes.hlines(rows, quantiles.iloc[:, 0], quantiles.iloc[:, -1], color=COLOURS[4], lw=6)
    for name in quantiles.columns:
        axes.plot(quantiles[name], rows, "|", color=COLOURS[0], markersize=11)
    axes.plot(examples["actual"], rows, "o", color=COLOURS[1], label="demand that came")
    axes.set_yticks(rows, list(examples["label"]), fontsize=8)
    axes.invert_yaxis()
    span = f"{quantiles.columns[0]} to {quantiles.columns[-1]}"
    axes.set(title=f"Forecast quantiles, {span}", xlabel="units over the horizon")
    axes.legend(frameon=False)
    return figure


def canvas(width: float, height: float, columns: int = 1) -> tuple[Figure, *tuple[Any, ...]]:
    """Return an empty figure (inches) and its axes, drawn by Agg."""
    figure = Figure(figsize=(width, height), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    return figure, *figure.subplots(1, columns, squeeze=False).flat


def _all_first(table: pd.DataFrame) -> pd.DataFrame:
    """Name rows of (grouping, group) in words; the row of all comes first."""
    names = [
        "all" if grouping == "all" else f"{grouping} {group}" for grouping, group in table.index
    ]
    named = table.set_axis(names, axis=0)
    return named.loc[sorted(names, key=lambda name: (name != "all", names.index(name)))]


def _models(scores: pd.DataFrame) -> list[str]:
    """Return the names of the models, the trained one first."""
    return [MODEL_NAME, *sorted(set(scores["model"]) - {MODEL_NAME})]
