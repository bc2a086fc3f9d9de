"""Fewer stock-outs and less stock at one setting: the headline at a given stock value.

The sweep's points lie some way apart; the setting that holds just so much stock is found between
them by halving, each step a whole replay.
"""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from benchmarks.decision.points import SWEEP

__all__ = ["LESS_STOCK", "setting_at"]

LESS_STOCK = 0.12
_STEPS, _CLOSE = 8, 0.002


def setting_at(
    stock: float, whole: pd.DataFrame, replayed: Callable[[float], pd.Series]
) -> pd.Series:
    """The row of the setting that holds at most `stock`, and nearly so much.

    Parameters
    ----------
    stock : average stock value
    whole : rows of one policy, by `level`, with `average_stock_value`
    replayed : replays the policy at a level and returns its row
    """
    lean = whole[whole["average_stock_value"] <= stock].sort_values("level")
    if lean.empty:
        return whole.sort_values("average_stock_value").iloc[0]
    best = lean.iloc[-1]
    low = float(best["level"])
    high = float(min((level for level in SWEEP if level > low), default=low))
    for _ in range(_STEPS):
        if best["average_stock_value"] >= (1 - _CLOSE) * stock or high <= low:
            break
        row = replayed((low + high) / 2)
        if row["average_stock_value"] <= stock:
            low, best = float(row["level"]), row
        else:
            high = float(row["level"])
    return best
