"""Family: promotions that ran, what they did, and those known to come."""

from __future__ import annotations

import numpy as np

from features.facts import CHANNELS
from features.history import History
from features.known_ahead import PromotionDays, Window
from features.ratios import ratio
from stockalert.arrays import FloatArray, IntArray

__all__ = ["promotions"]

UPLIFT_ORDERS = {"shop": 20.0, "category": 20.0, "own": 5.0}
LARGEST_UPLIFT = 20.0


def promotions(history: History, horizons: IntArray) -> dict[str, FloatArray]:
    """Past and planned promotions; nothing where there is no promotions table.

    promo_past_Dd : share of the last D days under promotion
    promo_base : demand per period outside promotions over 182 days ÷ scale
    promo_uplift, promo_uplift_category : sales under promotion ÷ what the ordinary rate would
    have sold; the series' shrunk to the category's, that to the shop's, that to 1
    promo_ahead, promo_depth_max, promo_depth_mean : share of (t, t + h] under promotion, its
    deepest and mean discount; promo_channel_NAME : share per channel of the vocabulary
    promo_lift : expected change of the window's demand, (uplift - 1) × share
    promo_units_28d : share of the last 28 days' sales that the till marked as promotional
    """
    features = {}
    if history.has("promo_units"):
        marked = history.total("promo_units", 28)
        features["promo_units_28d"] = ratio(marked, history.total("units", 28))
    planned = history.facts.promotions
    if planned is None:
        return features
    for days in (7, 28, 182):
        features[f"promo_past_{days}d"] = ratio(
            history.total("promoted", days), history.total("share", days)
        )
    ordinary = history.total("units", 182) - history.total("promoted_units", 182)
    share = history.total("share", 182) - history.total("promoted", 182)
    features["promo_base"] = ratio(ordinary, share) / history.scale
    own, category = _uplifts(history)
    ahead = _ahead(history, planned, horizons)
    lift = (own - 1.0)[:, None] * (ahead["promo_ahead"] - features["promo_past_182d"][:, None])
    return (
        features
        | ahead
        | {
            "promo_uplift": own,
            "promo_uplift_category": category,
            "promo_lift": lift,
        }
    )


def _uplifts(history: History) -> tuple[FloatArray, FloatArray]:
    """Uplift of each series and of its category, each shrunk to the wider one."""
    uplift = np.ones(history.n_series)
    size = np.ones(history.n_series)
    for name in ("shop", "category"):
        if name in history.groups:
            group, end = history.groups[name], history.cutoff + 1
            sold, base, units, orders = (
                group.total(key, 0, end)
                for key in ("promoted_with_base", "promoted_base", "units", "orders")
            )
            size = np.nan_to_num(ratio(units, orders), nan=1.0)
            prior = UPLIFT_ORDERS[name] * size
            uplift = (sold + prior * uplift) / (base + prior)
    sold, base = (history.running[key][:, -1] for key in ("promoted_with_base", "promoted_base"))
    prior = UPLIFT_ORDERS["own"] * size
    own = (sold + prior * uplift) / (base + prior)
    return np.minimum(own, LARGEST_UPLIFT), np.minimum(uplift, LARGEST_UPLIFT)


def _ahead(history: History, planned: PromotionDays, horizons: IntArray) -> dict[str, FloatArray]:
    longest = int(horizons.max())
    coming = (planned.period > history.cutoff) & (planned.period <= history.cutoff + longest)
    days = planned.take(coming)
    shape = (history.n_series, longest)
    at = (days.series, days.period - history.cutoff - 1)
    depth = Window.of(_largest(shape, at, np.nan_to_num(days.depth) * days.share))
    features = {
        "promo_ahead": Window.of(_largest(shape, at, days.share)).mean(horizons),
        "promo_depth_max": depth.largest(horizons),
        "promo_depth_mean": depth.mean(horizons),
    }
    for code, channel in enumerate(history.facts.vocabulary.get(CHANNELS, [])):
        which = days.channel == code
        place = (at[0][which], at[1][which])
        window = Window.of(_largest(shape, place, days.share[which]))
        features[f"promo_channel_{channel}"] = window.mean(horizons)
    return features


def _largest(
    shape: tuple[int, int], at: tuple[IntArray, IntArray], values: FloatArray
) -> FloatArray:
    """Spread `values`; where several meet, the largest."""
    out = np.zeros(shape, dtype=np.float32)
    np.maximum.at(out, at, values.astype(np.float32))
    return out
