"""Family: the series' own demand so far, at several spans."""

from __future__ import annotations

import numpy as np

from features.history import History
from features.ratios import ratio
from stockalert.arrays import FloatArray, IntArray

__all__ = ["demand_history", "intermittency"]

LEVEL_DAYS = (7, 14, 28, 56, 91, 182, 364)
SPREAD_DAYS = (28, 91, 364)
LARGEST_DAYS = (91, 364)
WEEKS = 26


def demand_history(history: History, horizons: IntArray) -> dict[str, FloatArray]:
    """Levels, spread, order sizes and age, in units of the series' scale where they have a unit.

    level_Dd, smooth_Dd : demand per period over (exponentially over) D days
    spread_Dd : deviation of demand per period; spread_weekly of its weekly totals
    zero_share_Dd : share of visible periods without demand
    largest_Dd : largest single period
    order_size, order_interval, size_variation : of periods with demand in a year
    silence, silence_ratio : periods since the last order; that over the usual interval
    age, stocked_28d, log_scale
    """
    scale = history.scale
    features: dict[str, FloatArray] = {}
    for days in LEVEL_DAYS:
        features[f"level_{days}d"] = history.rate(days) / scale
    for days, mean in history.smoothed.items():
        features[f"smooth_{days}d"] = mean / scale
    for days in SPREAD_DAYS:
        features[f"spread_{days}d"] = _spread(history, days) / scale
        orders, share = history.total("orders", days), history.total("share", days)
        features[f"zero_share_{days}d"] = np.maximum(1.0 - ratio(orders, share), 0.0)
    for days in LARGEST_DAYS:
        features[f"largest_{days}d"] = _largest(history, days) / scale
    interval, size_variation = intermittency(history)
    silence = np.where(history.last_order < 0, np.nan, history.cutoff - history.last_order)
    return features | {
        "spread_weekly": _weekly_spread(history) / scale,
        "order_size": ratio(history.total("units", 364), history.total("orders", 364)) / scale,
        "order_interval": interval,
        "size_variation": size_variation,
        "silence": np.log1p(silence),
        "silence_ratio": silence / interval,
        "age": np.log1p(history.age * history.panel.period_days),
        "stocked_28d": ratio(
            history.total("stocked", 28), np.minimum(history.age, history.panel.periods_in(28))
        ),
        "log_scale": np.log(scale),
    }


def intermittency(history: History) -> tuple[FloatArray, FloatArray]:
    """Average interval between orders (periods) and CV² of their size, over the last year.

    Returns
    -------
    interval : (n_series,), NaN without an order
    squared_variation : (n_series,), NaN with fewer than two
    """
    orders, units = history.total("orders", 364), history.total("units", 364)
    interval = ratio(history.total("share", 364), orders)
    mean_square = ratio(history.total("squares", 364), orders)
    spread = np.maximum(mean_square - ratio(units, orders) ** 2, 0.0)
    variation = ratio(spread, ratio(units, orders) ** 2)
    return interval, np.where(orders >= 2, variation, np.nan)


def _spread(history: History, days: int) -> FloatArray:
    """Deviation of demand per period around its mean rate."""
    share = history.total("share", days)
    mean_square = ratio(history.total("squares", days), share)
    return np.sqrt(np.maximum(mean_square - history.rate(days) ** 2, 0.0))


def _largest(history: History, days: int) -> FloatArray:
    recent = history.panel.units[:, -history.panel.periods_in(days) :]
    largest: FloatArray = recent.max(axis=1)
    return largest


def _weekly_spread(history: History) -> FloatArray:
    """Deviation, per period, of the totals of the last 26 weeks that were mostly in stock."""
    week = history.panel.periods_in(7)
    units, share = (
        -np.diff(history.running[name][:, ::-1][:, : WEEKS * week + 1 : week], axis=1)
        for name in ("units", "share")
    )
    weekly = np.where(share >= week / 2, ratio(units, share), 0.0)
    counted = (share >= week / 2).sum(axis=1)
    mean = ratio(weekly.sum(axis=1), counted)
    return np.sqrt(np.maximum(ratio((weekly**2).sum(axis=1), counted) - mean**2, 0.0))
