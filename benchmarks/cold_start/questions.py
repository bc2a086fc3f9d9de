"""What is asked of every series in its first weeks, and what then happened."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.forecast.problem import Array
from features.panel import Panel

__all__ = ["AGES_WEEKS", "Questions", "ask"]

AGES_WEEKS = (0, 1, 2, 4, 8)
_SHOWN_WEEKS = 2  # a series that sells in the first two weeks of the data may be an old one


@dataclass(frozen=True)
class Questions:
    """One row per series, cutoff and age: demand over the next protection interval.

    Before the launch (age 0) the launch is known to come in the next week, and the interval begins
    with it.

    Attributes
    ----------
    series, cutoff, age_weeks, horizon : shape (n,); horizon in periods
    actual : shape (n,), units sold over an interval that was wholly in stock
    """

    series: Array
    cutoff: Array
    age_weeks: Array
    horizon: Array
    actual: Array

    def __len__(self) -> int:
        return len(self.series)


def ask(panel: Panel, horizon: Array, cutoffs: Array) -> Questions:
    """Ask at every cutoff about the series that are in week 0, 1, 2, 4 or 8 of their lives.

    Intervals that are not over, or partly out of stock, are left out.
    """
    week = 7 // panel.period_days
    asked = []
    for cutoff in cutoffs:
        age = cutoff + 1 - panel.first
        weeks = np.where(age > 0, -(-age // week), np.where(age > -week, 0, -1))
        weeks[(panel.first >= panel.n_periods) | (panel.first < _SHOWN_WEEKS * week)] = -1
        series = np.flatnonzero(np.isin(weeks, AGES_WEEKS))
        asked.append(np.stack([series, np.full(len(series), cutoff), weeks[series]]))
    series, cutoff, weeks = np.concatenate(asked, axis=1)
    begin = np.where(weeks == 0, panel.first[series], cutoff + 1)
    end = begin + horizon[series]
    running, hidden = (
        np.pad(np.cumsum(values, axis=1, dtype=np.float64), ((0, 0), (1, 0)))
        for values in (panel.units, panel.observed < 1)
    )
    over = end <= panel.n_periods
    last = np.minimum(end, panel.n_periods)
    seen = over & (hidden[series, last] == hidden[series, begin])
    actual = running[series, last] - running[series, begin]
    return Questions(series[seen], cutoff[seen], weeks[seen], (end - begin)[seen], actual[seen])
