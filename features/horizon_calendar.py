"""Family: the interval itself: how long, which season, which weekdays, which holidays."""

from __future__ import annotations

import numpy as np

from features.history import History
from features.ratios import ratio
from stockalert.arrays import DateArray, FloatArray, IntArray

__all__ = ["horizon_calendar", "weekday_mix"]

YEAR = 365.25
WEEKS = 26
ORDERS_OF_SHOP = 30.0


def horizon_calendar(history: History, horizons: IntArray) -> dict[str, FloatArray]:
    """Calendar of (t, t + h].

    horizon_days
    season_sin, season_cos : place in the year of the window's middle; month of its first day
    weekday_mix : expected demand of the window's weekdays, 1 = whole weeks (daily periods only)
    weekday : of the cutoff, Monday = 0 (daily periods only)
    holidays : in the window; holiday_next : days to the next one (with a country set)
    """
    days = horizons * history.panel.period_days
    last = history.panel.last_days(np.array([history.cutoff]))[0]
    middle = _day_of_year(last) + days / 2.0
    features: dict[str, FloatArray] = {
        "horizon_days": days.astype(np.float64),
        "season_sin": np.sin(2 * np.pi * middle / YEAR),
        "season_cos": np.cos(2 * np.pi * middle / YEAR),
    }
    tomorrow = last + np.timedelta64(1, "D")
    month = tomorrow.astype("datetime64[M]").astype(np.int64) % 12 + 1
    features["month"] = np.full(history.n_series, float(month))
    if history.panel.period_days == 1:
        features["weekday_mix"] = weekday_mix(history, horizons)
        weekday = (last.astype(np.int64) + 3) % 7
        features["weekday"] = np.full(history.n_series, float(weekday))
    if history.facts.holidays is not None:
        features |= _holidays(history.facts.holidays, last, days)
    return features


def weekday_mix(history: History, horizons: IntArray) -> FloatArray:
    """Mean over (t, t + h] of each day's weekday factor, from the last 26 weeks.

    A series' factors (1 = an average day) are shrunk to the shop's by thirty orders.
    """
    shop = history.groups["shop"]
    own = [_by_weekday(history.running[name]) for name in ("units", "share")]
    all_units = _by_weekday(shop.running["units"])[shop.codes]
    shape = np.nan_to_num(ratio(all_units, all_units.mean(axis=1, keepdims=True)), nan=1.0)
    level = ratio(own[0].sum(axis=1), own[1].sum(axis=1))[:, None]
    size = ratio(own[0].sum(axis=1), _by_weekday(history.running["orders"]).sum(axis=1))[:, None]
    prior = np.nan_to_num(ORDERS_OF_SHOP / 7.0 * size)
    factor = np.nan_to_num(ratio(own[0] + prior * shape, own[1] * level + prior), nan=1.0)
    factor /= factor.mean(axis=1, keepdims=True)
    running = np.cumsum(np.pad(factor, ((0, 0), (1, 0))), axis=1)
    weeks, rest = horizons // 7, horizons % 7
    mix: FloatArray = (7.0 * weeks + np.take_along_axis(running, rest, axis=1)) / horizons
    return mix


def _by_weekday(running: FloatArray) -> FloatArray:
    """Totals of the last 26 weeks by weekday; column 0 is the weekday after the cutoff's."""
    days = min(running.shape[1] - 1, WEEKS * 7) // 7 * 7
    if days == 0:
        return np.zeros((running.shape[0], 7))
    weeks = running[:, -days - 1 : -1].reshape(len(running), -1, 7)
    # Σ over weeks of the running totals before each weekday; their steps are the weekdays' totals.
    before = weeks.sum(axis=1)
    after = before[:, :1] - running[:, -days - 1 : -days] + running[:, -1:]
    return np.diff(np.concatenate([before, after], axis=1), axis=1)


def _holidays(holidays: DateArray, last: np.datetime64, days: IntArray) -> dict[str, FloatArray]:
    before = np.searchsorted(holidays, last, side="right")
    through = np.searchsorted(holidays, last + days, side="right")
    following = holidays[before : before + 1]
    gap = (following - last).astype(np.float64)
    coming = float(gap[0]) if len(gap) else np.nan
    return {
        "holidays": (through - before).astype(np.float64),
        "holiday_next": np.full(len(days), coming),
    }


def _day_of_year(day: np.datetime64) -> float:
    return float((day - day.astype("datetime64[Y]").astype("datetime64[D]")).astype(np.int64))
