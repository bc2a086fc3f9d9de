"""Picture of a review: coverage with its limits, and why shelves were empty."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from models.figures import COLOURS, canvas

__all__ = ["review_figure"]


def review_figure(coverage: pd.DataFrame, stock_outs: pd.DataFrame) -> Figure:
    """Draw how far coverage lies from each level, and the stock-outs by cause.

    Parameters
    ----------
    coverage : what `stockalert.review.coverage_with_limits` returns; may be empty
    stock_outs : column cause
    """
    figure, left, right = canvas(11.0, 4.5, 2)
    whole = coverage[coverage["grouping"] == "all"].sort_values("level")
    if len(whole):
        place, level = np.arange(len(whole)), whole["level"].to_numpy()
        low, high = whole["lower"] - level, whole["upper"] - level
        left.vlines(place, low, high, color=COLOURS[2], lw=6, label="90 % limits")
        below, reached = whole["share_below"] - level, whole["share_at_or_below"] - level
        left.vlines(place, below, reached, color=COLOURS[0], lw=3, label="below … at or below")
        left.set_xticks(place, [f"{at:g}" for at in level])
        left.legend(frameon=False)
    left.axhline(0.0, color="black", lw=0.8)
    left.set(title="Share of outcomes within each quantile, less its level", xlabel="level")
    counts = stock_outs["cause"].value_counts().sort_values()
    right.barh(list(map(str, counts.index)), counts.to_numpy(), color=COLOURS[1])
    right.set(title="Stock-outs by cause")
    return figure
