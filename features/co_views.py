"""Family: whether the items that shoppers look at beside this one are looked at more."""

from __future__ import annotations

import numpy as np

from features.history import History
from features.ratios import ratio
from stockalert.arrays import FloatArray, IntArray

__all__ = ["co_views"]

TRENDS_DAYS = ((7, 28), (28, 91))


def co_views(history: History, horizons: IntArray) -> dict[str, FloatArray]:
    """Features of companions' views; nothing where events are not recorded.

    companion_views_S_L : per day over S days ÷ over L days
    companion_views_per_unit : log of their views over 28 days ÷ (28 days × scale)
    """
    companions = history.facts.companions
    if companions is None:
        return {}
    pace: dict[int, FloatArray] = {}
    for days in (7, 28, 91):
        periods = min(history.panel.periods_in(days), history.cutoff + 1)
        since = history.cutoff + 1 - periods
        pace[days] = companions.total(history.n_series, since) / periods
    features = {
        f"companion_views_{short}_{long}": ratio(pace[short], pace[long])
        for short, long in TRENDS_DAYS
    }
    features["companion_views_per_unit"] = np.log1p(pace[28] / history.scale)
    return features
