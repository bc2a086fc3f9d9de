"""Family: what the series' own totals over the same horizon were, empirically."""

from __future__ import annotations

import numpy as np

from features.history import History
from stockalert.arrays import FloatArray, IntArray

__all__ = ["PAST_LEVELS", "past_totals", "sorted_totals"]

PAST_LEVELS = (0.5, 0.8, 0.9, 0.95, 0.99)
SPANS_DAYS = (182, 364)
TOTALS_PER_SPAN = 91
LEAST_SEEN = 0.5


def past_totals(history: History, horizons: IntArray) -> dict[str, FloatArray]:
    """Mean, deviation and quantiles of past totals over h periods, divided by h × scale.

    Totals overlap; of each span's, 91 evenly spaced ones are taken. A total seen for at least
    half of its interval is scaled up to the whole, others are left out.

    last_total : the total of the last h periods
    total_mean_Dd, total_spread_Dd, total_qNNN_Dd : over totals that ended in the last D days
    """
    flat, owner = horizons.ravel(), np.repeat(np.arange(history.n_series), horizons.shape[1])
    unit = flat * history.scale[owner]
    features = {}
    for days in SPANS_DAYS:
        totals = sorted_totals(history, flat, owner, days)
        seen = np.isfinite(totals)
        count = seen.sum(axis=1)
        mean = _mean(totals, seen, count)
        spread = np.sqrt(_mean((totals - mean[:, None]) ** 2, seen, count))
        features[f"total_mean_{days}d"] = mean / unit
        features[f"total_spread_{days}d"] = spread / unit
        for level in PAST_LEVELS:
            name = f"total_q{round(level * 1000):03d}_{days}d"
            features[name] = _quantile(totals, count, level) / unit
    last = _totals(history, flat, owner, np.array([history.cutoff + 1]))[:, 0]
    features["last_total"] = last / unit
    return {name: values.reshape(horizons.shape) for name, values in features.items()}


def sorted_totals(history: History, horizon: IntArray, owner: IntArray, days: int) -> FloatArray:
    """Totals that ended in the last `days`, ascending along each row, unseen ones (NaN) last.

    Parameters
    ----------
    horizon, owner : shape (m,), length of the totals in periods and their series

    Returns
    -------
    float32, shape (m, at most 91)
    """
    span = history.panel.periods_in(days)
    step = max(1, span // TOTALS_PER_SPAN)
    ends = np.arange(history.cutoff + 1, max(history.cutoff + 1 - span, 0), -step)
    return np.sort(_totals(history, horizon, owner, ends), axis=1)


def _totals(history: History, horizon: IntArray, owner: IntArray, ends: IntArray) -> FloatArray:
    """Demand over the `horizon` periods before each of `ends`; NaN where mostly unseen."""
    reach = max(int(ends.min()) - int(horizon.max()), 0)
    width = history.cutoff + 2 - reach
    row = (owner * width)[:, None]
    end, begin = ends - reach, np.maximum(ends - horizon[:, None] - reach, 0)
    sums = []
    for name in ("units", "share"):
        recent = np.ascontiguousarray(history.running[name][:, reach:])
        sums.append((recent.take(row + end) - recent.take(row + begin)).astype(np.float32))
    units, share = sums
    length = horizon[:, None].astype(np.float32)
    totals: FloatArray = np.full(units.shape, np.nan, dtype=np.float32)
    np.divide(units * length, share, out=totals, where=share >= LEAST_SEEN * length)
    return totals


def _mean(values: FloatArray, seen: FloatArray, count: IntArray) -> FloatArray:
    total = np.where(seen, values, 0.0).sum(axis=1, dtype=np.float64)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _quantile(ascending: FloatArray, count: IntArray, level: float) -> FloatArray:
    """Linear quantile of the first `count` entries of each row."""
    rank = level * np.maximum(count - 1, 0)
    below = np.floor(rank).astype(np.int64)
    above = np.minimum(below + 1, np.maximum(count - 1, 0))
    rows = np.arange(len(ascending))
    low, high = ascending[rows, below], ascending[rows, above]
    quantile: FloatArray = low + (rank - below) * (high - low)
    return quantile
