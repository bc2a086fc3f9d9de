"""Pictures: what each policy loses for the stock it holds, and the cost of each VN2 window.

Built without pyplot, so that no display is needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from benchmarks.decision.equal_stock import AIMED_AT
from benchmarks.decision.retail import HEADLINE

__all__ = ["trade_off", "window_costs"]

_STYLES = {
    "formula": ("formula, reviewed quarterly", "#c85200"),
    "formula_weekly": ("formula, weekly", "#ff800e"),
    "empirical": ("empirical quantiles, weekly", "#898989"),
    "quantile": ("ours, one level for all", "#5f9ed1"),
    HEADLINE: ("ours, a euro saves alike everywhere", "#006ba4"),
}
_WINDOWS = {
    "benchmark": ("the challenge's benchmark", "#c85200"),
    "ours": ("ours", "#006ba4"),
    "perfect": ("perfect foresight", "#ababab"),
}


def trade_off(title: str, result: Mapping[str, Any]) -> Figure:
    """Share of demand lost against average stock value; the mark is the level 0.95."""
    figure, axes = _canvas()
    for policy, (label, colour) in _STYLES.items():
        rows = [row for row in result["board"] if row["policy"] == policy]
        rows.sort(key=lambda row: row["average_stock_value"])
        stock = [row["average_stock_value"] / 1000 for row in rows]
        lost = [100 * row["stockout_rate"] for row in rows]
        at = [i for i, row in enumerate(rows) if np.isclose(row["level"], AIMED_AT)]
        axes.plot(stock, lost, "-o", color=colour, label=label, markevery=at, ms=6)
    for row in result["board"]:
        if row["policy"] == "perfect":
            where = row["average_stock_value"] / 1000, 100 * row["stockout_rate"]
            axes.plot(*where, "*", color="black", ms=10, label="perfect foresight")
    axes.set(
        title=f"{title}: demand not served, against stock (●: aimed at {AIMED_AT:g})",
        xlabel="average stock, thousands of currency at the mean price",
        ylabel="% of units not served",
    )
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False, fontsize=8)
    return figure


def window_costs(result: Mapping[str, Any]) -> Figure:
    """Cost of weeks 3 to 8 of every scored window."""
    figure, axes = _canvas()
    windows = result["windows"][-result["scored_windows"] :]
    at = np.arange(len(windows))
    for place, (name, (label, colour)) in enumerate(_WINDOWS.items()):
        costs = [window[name] for window in windows]
        axes.bar(at + 0.27 * (place - 1), costs, 0.27, color=colour, label=label)
    names = [window["first_week"] for window in windows]
    axes.set_xticks(at, names, rotation=30, ha="right", fontsize=8)
    axes.set(title="VN2: cost of weeks 3 to 8 of each window", xlabel="week 1", ylabel="cost")
    axes.legend(frameon=False, fontsize=8)
    return figure


def _canvas() -> tuple[Figure, Axes]:
    figure = Figure(figsize=(8.0, 4.6), dpi=80, layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.subplots()
