"""Picture of a backtest: what each policy loses against the stock that it holds."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from models.figures import COLOURS, canvas

__all__ = ["trade_off"]


def trade_off(board: pd.DataFrame, *, ours: str, perfect: str, level: float) -> Figure:
    """Draw lost units and lost value against average stock value, a curve per policy.

    The ring on each curve is the policy aimed at `level`; the star is perfect foresight. Lower and
    further left is better.

    Parameters
    ----------
    board : columns policy, level (NaN = none, or each series' own), average_stock_value,
        lost_units, lost_value, stockout_rate and demanded_units; rows of all series together
    """
    figure, *axes = canvas(11.0, 5.5, 2)
    names = [name for name in board["policy"].unique() if name != perfect]
    names.sort(key=lambda name: name != ours)
    for place, (figured, title) in zip(axes, _MEASURES.items(), strict=True):
        for colour, name in zip(COLOURS, names, strict=False):
            curve = board[board["policy"] == name].sort_values("average_stock_value")
            swept = curve.dropna(subset="level")
            swept = swept if len(swept) else curve
            style = "o-" if len(swept) > 1 else "D"
            width = 2.5 if name == ours else 1.2
            at = swept["average_stock_value"]
            place.plot(at, swept[figured], style, color=colour, ms=4, lw=width, label=name)
            aimed = swept[(swept["level"] - level).abs() < 1e-6]
            place.plot(
                aimed["average_stock_value"], aimed[figured], "o", ms=11, mfc="none", color=colour
            )
        bound = board[board["policy"] == perfect]
        place.plot(bound["average_stock_value"], bound[figured], "*", color="black", ms=12)
        place.set(title=title, xlabel="average stock value", ylim=(0, None), xlim=(0, None))
    axes[0].legend(frameon=False)
    return figure


_MEASURES = {
    "stockout_rate": "Share of demand not served at once",
    "lost_value": "Value of demand that was lost",
}
