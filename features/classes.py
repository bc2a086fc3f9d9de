"""ABC class and demand pattern of every series at a cutoff, from its past."""

from __future__ import annotations

import numpy as np

from features.demand_history import intermittency
from features.history import History
from features.panel import Panel
from stockalert.arrays import FloatArray, IntArray
from stockalert.classification import abc_codes, pattern_codes

__all__ = ["abc_at", "pattern_at"]

REVENUE_DAYS = 364


def abc_at(panel: Panel, cutoffs: IntArray) -> IntArray:
    """ABC class by revenue of the year up to each cutoff, int8 (n_cutoffs, n_series).

    Revenue is units × last known price; an unknown price is the median of those known.
    """
    shape = len(cutoffs), panel.n_series
    units, price = np.empty(shape), np.empty(shape)
    for which, block in panel.only("price").passes():
        for position, cutoff in enumerate(cutoffs):
            begin = max(cutoff + 1 - panel.periods_in(REVENUE_DAYS), 0)
            year = block.units[:, begin : cutoff + 1]
            units[position, which] = year.sum(axis=1, dtype=np.float64)
            price[position, which] = np.nan if block.price is None else block.price[:, cutoff]
    rows = zip(units, price, strict=True)
    codes = [abc_codes(sold * _filled_up(paid)) for sold, paid in rows]
    return np.array(codes, dtype=np.int8).reshape(shape)


def pattern_at(history: History) -> IntArray:
    """Demand pattern of each series, int8 (n_series,)."""
    interval, variation = intermittency(history)
    period_days = history.panel.period_days
    silence = np.where(history.last_order < 0, np.nan, history.cutoff - history.last_order)
    return pattern_codes(interval, variation, history.age * period_days, silence * period_days)


def _filled_up(price: FloatArray) -> FloatArray:
    """Prices, the unknown ones as the median of those known; 1 where none is."""
    known = price[price > 0]
    return np.where(price > 0, price, np.median(known) if len(known) else 1.0)
