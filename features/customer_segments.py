"""Family: which customers the demand comes from."""

from __future__ import annotations

from features.attributes import snake_case
from features.customer_units import SEGMENTS
from features.history import History
from features.ratios import ratio
from stockalert.arrays import FloatArray, IntArray

__all__ = ["customer_segments"]

LATE_DAYS = 28
LONG_DAYS = 182


def customer_segments(history: History, horizons: IntArray) -> dict[str, FloatArray]:
    """Features of order lines by the customers' segment; nothing where segments are unknown.

    For each of the segments that order most, of the units whose customers have one:
    segment_NAME_share : share over 182 days
    segment_NAME_shift : share over 28 days − that over 182
    """
    segments = history.facts.segments
    if segments is None:
        return {}
    names = history.facts.vocabulary.get(SEGMENTS, [])
    shares = []
    for days in (LATE_DAYS, LONG_DAYS):
        since = history.cutoff + 1 - history.panel.periods_in(days)
        total = segments.total(history.n_series, len(names), since)
        shares.append(ratio(total, total.sum(axis=1, keepdims=True)))
    late, long = shares
    features: dict[str, FloatArray] = {}
    for column, name in enumerate(map(snake_case, names)):
        features[f"segment_{name}_share"] = long[:, column]
        features[f"segment_{name}_shift"] = late[:, column] - long[:, column]
    return features
