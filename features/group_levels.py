"""Family: how the shop, the category, the location and the item do now against before."""

from __future__ import annotations

from features.history import History
from features.ratios import ratio
from stockalert.arrays import FloatArray, IntArray

__all__ = ["group_levels"]

PAIRS_DAYS = ((7, 28), (28, 91), (28, 364))


def group_levels(history: History, horizons: IntArray) -> dict[str, FloatArray]:
    """Level of each group over a short span ÷ over a longer one, and against last year.

    GROUP_7_28, GROUP_28_91, GROUP_28_364 : total per period over the short ÷ the long span
    GROUP_year_ago : total of the last 28 days ÷ of the same 28 days last year
    GROUP_peers : demand per period and member over 91 days ÷ the series' scale (not the shop's)
    """
    features = {}
    for name in (name for name in history.groups if name != "lineage"):
        for short, long in PAIRS_DAYS:
            now, before = (_per_period(history, name, days) for days in (short, long))
            features[f"{name}_{short}_{long}"] = ratio(now, before)
        now, before = (_total(history, name, "units", 28, ago) for ago in (0, 364))
        features[f"{name}_year_ago"] = ratio(now, before)
        if name != "shop":
            units, share = (_total(history, name, key, 91, 0) for key in ("units", "share"))
            features[f"{name}_peers"] = ratio(units, share) / history.scale
    return features


def _total(history: History, group: str, measure: str, days: int, ago_days: int) -> FloatArray:
    """Total over the `days` that ended `ago_days` ago; as much of the first span as there is."""
    end = history.cutoff + 1 - ago_days // history.panel.period_days
    begin = end - history.panel.periods_in(days)
    return history.groups[group].total(measure, begin if ago_days else max(begin, 0), end)


def _per_period(history: History, group: str, days: int) -> FloatArray:
    periods = min(history.panel.periods_in(days), history.cutoff + 1)
    return _total(history, group, "units", days, 0) / periods
