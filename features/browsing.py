"""Family: what shoppers look at, put into carts and search for."""

from __future__ import annotations

import numpy as np

from features.history import History
from features.ratios import ratio
from stockalert.arrays import FloatArray, IntArray

__all__ = ["browsing"]

TRENDS_DAYS = ((1, 7), (7, 28), (28, 91))


def browsing(history: History, horizons: IntArray) -> dict[str, FloatArray]:
    """Browsing features; nothing where nobody measures it.

    MEASURE_S_L : per period over S days ÷ over L days, for views, carts and searches
    (1 ÷ 7 with daily periods only)
    views_acceleration : views_7_28 over the same a week earlier
    views_per_unit : log of views ÷ (28 days × scale)
    cart_rate : carts ÷ views over 28 days; cart_rate_trend : over 7 days ÷ over 91
    conversion, conversion_trend : units ÷ views in stock over 28 days; over 28 ÷ over 182
    """
    features = {}
    for measure in ("views", "carts", "searches"):
        if history.has(measure):
            for short, long in TRENDS_DAYS[1 if history.panel.period_days > 1 else 0 :]:
                now, before = (_per_period(history, measure, days) for days in (short, long))
                features[f"{measure}_{short}_{long}"] = ratio(now, before)
    if not history.has("views"):
        return features
    earlier = ratio(
        _per_period(history, "views", 7, ago_days=7), _per_period(history, "views", 28, ago_days=7)
    )
    views = {days: history.total("views", days) for days in (7, 28, 91, 182)}
    conversion = {days: ratio(history.total("units", days), views[days]) for days in (28, 182)}
    features |= {
        "views_acceleration": ratio(features["views_7_28"], earlier),
        "views_per_unit": np.log1p(_per_period(history, "views", 28) / history.scale),
        "conversion": conversion[28],
        "conversion_trend": ratio(conversion[28], conversion[182]),
    }
    if history.has("carts"):
        cart_rate = {days: ratio(history.total("carts", days), views[days]) for days in (7, 28, 91)}
        features["cart_rate"] = cart_rate[28]
        features["cart_rate_trend"] = ratio(cart_rate[7], cart_rate[91])
    return features


def _per_period(history: History, measure: str, days: int, *, ago_days: int = 0) -> FloatArray:
    total = history.total(measure, days, ago_days=ago_days)
    return ratio(total, history.total("browsed", days, ago_days=ago_days))
