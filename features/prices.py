"""Family: the price now against its own past, and the price planned."""

from __future__ import annotations

import numpy as np

from features.history import History
from features.known_ahead import PriceChanges, Window
from features.ratios import ratio
from stockalert.arrays import FloatArray, IntArray

__all__ = ["prices"]


def prices(history: History, horizons: IntArray) -> dict[str, FloatArray]:
    """Price features; nothing where no price is known at all.

    log_price : of the last price known
    price_28d, price_91d, price_364d : that price ÷ the mean over D days
    price_ahead : mean listed price over (t, t + h] ÷ the listed one now (1 = no change known)
    """
    paid = history.panel.price
    if paid is None:
        return {}
    now = np.where(paid[:, -1] > 0, paid[:, -1], np.nan).astype(np.float64)
    features = {"log_price": np.log(now)}
    for days in (28, 91, 364):
        mean = ratio(history.total("price", days), history.total("priced", days))
        features[f"price_{days}d"] = ratio(now, mean)
    if history.facts.prices is not None:
        features["price_ahead"] = _planned(history, history.facts.prices, horizons)
    return features


def _planned(history: History, changes: PriceChanges, horizons: IntArray) -> FloatArray:
    """Mean over the window of listed price ÷ today's; NaN where none is listed today."""
    longest = int(horizons.max())
    plan = np.full((history.n_series, longest + 1), np.nan)
    near = changes.take(changes.period <= history.cutoff + longest)
    # Sorted by series, period: of several changes up to now the last one stays.
    plan[near.series, np.maximum(near.period - history.cutoff, 0)] = near.price
    last = np.maximum.accumulate(np.where(np.isnan(plan), 0, np.arange(longest + 1)), axis=1)
    listed = np.take_along_axis(plan, last, axis=1)
    return Window.of(ratio(listed, listed[:, :1])[:, 1:]).mean(horizons)
