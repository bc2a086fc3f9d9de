"""Family: what the same window did last year, for the series and its groups."""

from __future__ import annotations

import numpy as np

from features.history import History
from features.ratios import ratio
from stockalert.arrays import FloatArray, IntArray

__all__ = ["seasonality"]

YEAR_DAYS = 364
BEFORE_DAYS = 56
ORDERS_OF_NO_SEASON = 4.0
GROUPINGS = ("shop", "category")


def seasonality(history: History, horizons: IntArray) -> dict[str, FloatArray]:
    """Last year's window of the same h periods, 52 weeks before (t, t + h].

    last_year : its demand per period over the scale
    season_own, season_shop, season_category : its demand per period over that of the 56 days
    before it; the own one shrunk to 1 by four orders. NaN before a year of history.
    """
    periods = history.panel.periods_in
    begin = history.cutoff + 1 - periods(YEAR_DAYS)
    end = begin + np.minimum(horizons, periods(YEAR_DAYS))
    if begin < periods(BEFORE_DAYS):
        names = ["last_year", "season_own", *(f"season_{name}" for name in _present(history))]
        return {name: np.full(horizons.shape, np.nan) for name in names}
    units, share = (_window(history.running[name], begin, end) for name in ("units", "share"))
    seen = share >= (end - begin) / 2
    before = history.rate(BEFORE_DAYS, ago_days=YEAR_DAYS)[:, None]
    size = ratio(history.total("units", 2 * YEAR_DAYS), history.total("orders", 2 * YEAR_DAYS))
    prior = ORDERS_OF_NO_SEASON * size[:, None]
    features = {
        "last_year": np.where(seen, ratio(units, share), np.nan) / history.scale[:, None],
        "season_own": np.where(seen, ratio(units + prior, before * share + prior), np.nan),
    }
    for name in _present(history):
        group = history.groups[name]
        window = group_window(group.running["units"], begin, end, group.codes) / (end - begin)
        level = group.total("units", begin - periods(BEFORE_DAYS), begin) / periods(BEFORE_DAYS)
        features[f"season_{name}"] = ratio(window, level[:, None])
    return features


def group_window(running: FloatArray, begin: int, end: IntArray, codes: IntArray) -> FloatArray:
    """Total over [begin, end) of each series' group, shape of `end`."""
    total: FloatArray = running[codes[:, None], end] - running[codes, begin][:, None]
    return total


def _window(running: FloatArray, begin: int, end: IntArray) -> FloatArray:
    return np.take_along_axis(running, end, axis=1) - running[:, begin][:, None]


def _present(history: History) -> list[str]:
    return [name for name in GROUPINGS if name in history.groups]
