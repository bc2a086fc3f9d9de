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
    codes = np.empty((len(cutoffs), panel.n_series), dtype=np.int8)
    for position, cutoff in enumerate(cutoffs):
        begin = max(cutoff + 1 - panel.periods_in(REVENUE_DAYS), 0)
        units = panel.units[:, begin : cutoff + 1].sum(axis=1, dtype=np.float64)
        codes[position] = abc_codes(units * _prices(panel, int(cutoff)))
    return codes


def pattern_at(history: History) -> IntArray:
    """Demand pattern of each series, int8 (n_series,)."""
    interval, variation = intermittency(history)
    period_days = history.panel.period_days
    silence = np.where(history.last_order < 0, np.nan, history.cutoff - history.last_order)
    return pattern_codes(interval, variation, history.age * period_days, silence * period_days)


def _prices(panel: Panel, cutoff: int) -> FloatArray:
    if panel.price is None:
        return np.ones(panel.n_series)
    price = panel.price[:, cutoff].astype(np.float64)
    known = price[price > 0]
    return np.where(price > 0, price, np.median(known) if len(known) else 1.0)
