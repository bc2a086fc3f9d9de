"""Ours beside a rival at the stock value that the rival holds when aimed at 0.95."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from benchmarks.forecast.problem import Array
from stockalert.simulation.comparison import ALL, STOCK, equal_stock

__all__ = ["AIMED_AT", "comparison", "interval"]

AIMED_AT = 0.95
_RESAMPLES = 300
_LIMITS = (5, 95)


def comparison(board: pd.DataFrame, ours: str) -> dict[str, dict[str, Any]]:
    """Rival → figure → change (share, negative is better) and share of the gap that ours closes."""
    found: dict[str, dict[str, Any]] = {}
    table = equal_stock(board, ours=ours, level=AIMED_AT)
    for row in table[table["class"] == ALL].itertuples():
        found.setdefault(row.policy, {})[row.figure] = {
            name: None if np.isnan(value) else round(float(value), 4)
            for name, value in (
                ("theirs", row.theirs),
                ("ours", row.ours),
                ("perfect", row.perfect),
                ("change", row.change),
                ("gap_closed", row.gap_closed),
            )
        }
    return found


def interval(board: pd.DataFrame, ours: str, rival: str, figure: str) -> list[float] | None:
    """90 % interval of the change, resampling whole SKUs; None beyond the curve's ends.

    Parameters
    ----------
    board : one row per policy, level and series (class), besides those of all
    """
    alone = board[board["class"] != ALL]
    theirs = alone[(alone["policy"] == rival) & np.isclose(alone["level"], AIMED_AT)]
    held, lost = (_by_series(theirs, name)[0] for name in (STOCK, figure))
    mine = alone[alone["policy"] == ours]
    our_held, our_lost = (_by_series(mine, name) for name in (STOCK, figure))
    random = np.random.default_rng(7)
    draws = random.multinomial(len(held), np.full(len(held), 1 / len(held)), _RESAMPLES)
    curves = zip(draws @ our_held.T, draws @ our_lost.T, draws @ held, strict=True)
    mine_there = [_read(stock, units, here) for stock, units, here in curves]
    whole = draws @ lost
    changes = np.divide(mine_there, whole, out=np.full(len(whole), np.nan), where=whole > 0) - 1
    if np.isnan(changes).all():
        return None
    return [round(float(limit), 4) for limit in np.nanpercentile(changes, _LIMITS)]


def _read(stock: Array, units: Array, here: float) -> float:
    order = np.argsort(stock, kind="stable")
    return float(np.interp(here, stock[order], units[order], left=np.nan, right=np.nan))


def _by_series(rows: pd.DataFrame, figure: str) -> Array:
    """Shape (n_levels, n_series)."""
    return rows.pivot_table(index="level", columns="class", values=figure).to_numpy(np.float64)
