"""Family: an item's end, and the one that replaces it.

Nobody records when an end was decided, so it counts as known four weeks ahead: a date that was
entered afterwards would otherwise be seen by training years before anybody knew it.
"""

from __future__ import annotations

import numpy as np

from features.history import History
from features.ratios import ratio
from stockalert.arrays import DateArray, FloatArray, IntArray

__all__ = ["life_cycle"]

KNOWN_AHEAD_DAYS = 28
LONGEST_DAYS = 364


def life_cycle(history: History, horizons: IntArray) -> dict[str, FloatArray]:
    """Features of end dates and replacements; nothing where products have neither.

    end_days : days until the last day on sale (negative = over), at most 28 ahead
    on_sale_share : share of (t, t + h] up to that day; 1 where no end is known
    successor_days : days since the item that replaces it came (negative = still to come)
    line_level : demand per period over 91 days of all items that continue one another ÷ scale
    """
    life, last = history.facts.life, history.panel.last_days(np.array([history.cutoff]))[0]
    features: dict[str, FloatArray] = {}
    if life is not None:
        left = -_days_since(life.end, last)
        days = horizons * float(history.panel.period_days)
        on_sale = np.clip(np.nan_to_num(left, nan=np.inf)[:, None] / days, 0.0, 1.0)
        features = {
            "end_days": left,
            "on_sale_share": on_sale,
            "successor_days": _days_since(life.successor, last),
        }
    if "lineage" in history.groups:
        group, end = history.groups["lineage"], history.cutoff + 1
        begin = max(end - history.panel.periods_in(91), 0)
        rate = group.total("units", begin, end) / (end - begin)
        features["line_level"] = ratio(rate, history.scale)
    return features


def _days_since(dates: DateArray, last: np.datetime64) -> FloatArray:
    """Days from each date to the cutoff; NaN where the date is not known yet."""
    since = (last - dates).astype("timedelta64[D]").astype(np.float64)
    since[np.isnat(dates)] = np.nan
    known = since >= -KNOWN_AHEAD_DAYS
    return np.where(known, np.minimum(since, LONGEST_DAYS), np.nan)
