"""Series in their first weeks: forecast from past launches until the model knows them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from features.launches import NEVER, launch_periods
from features.panel import Panel
from features.traits import read_traits
from flows.memory import tidied
from models.analogs import NAMED, analog_forecast
from models.launches import (
    QUIET_DAYS,
    Launches,
    Newcomers,
    launched_series,
    past_launches,
)
from stockalert.arrays import BoolArray, FloatArray, IntArray

__all__ = ["ANALOG_DAYS", "FirstWeeks", "first_weeks"]

ANALOG_DAYS = 56
"""Age up to which analogs have a say; decision record 19 has the figures."""
FEWEST = 10
LONGEST_AHEAD_DAYS = 182


@dataclass(frozen=True)
class FirstWeeks:
    """Forecasts of the series in their first weeks.

    Attributes
    ----------
    which : bool, shape (n_series,)
    values : shape (n_which, n_horizons, n_levels), units
    analogs : shape (n_series, `NAMED`), positions of the series that each was most like; -1 = none
    """

    which: BoolArray
    values: FloatArray
    analogs: IntArray


@tidied
def first_weeks(
    tables: Path, panel: Panel, *, horizons: IntArray, levels: FloatArray
) -> FirstWeeks:
    """Forecast what was launched in the last weeks or is to be launched; nothing else.

    A series that sold in the first eight weeks of the history may have sold before it, and one
    that has neither sold nor a launch date may never: neither is a newcomer. With fewer than ten
    series to learn from there is no analog.

    Parameters
    ----------
    horizons : shape (n_series, n_horizons), periods from tomorrow on
    """
    launch = launch_periods(tables, panel)
    young = panel.n_periods - launch <= ANALOG_DAYS // panel.period_days
    which = young & (launch >= QUIET_DAYS // panel.period_days) & (launch < NEVER)
    none = np.full((panel.n_series, NAMED), -1, np.int32)
    nobody = FirstWeeks(np.zeros_like(which), np.empty((0, horizons.shape[1], len(levels))), none)
    if not which.any():
        return nobody
    launches = _launches(panel)
    if len(launches) < FEWEST:
        return nobody
    found = analog_forecast(
        launches,
        _newcomers(panel, launch, np.flatnonzero(which)),
        read_traits(tables, panel).codes,
        horizons=horizons[which],
        levels=levels,
        period_days=panel.period_days,
    )
    none[which] = found.analogs
    return FirstWeeks(which, found.values, none)


def _launches(panel: Panel) -> Launches:
    """Past launches; only the series that they are learned from are read."""
    series = launched_series(panel.first, panel.n_periods, period_days=panel.period_days)
    few = panel.only().take(series)
    longest = (ANALOG_DAYS + LONGEST_AHEAD_DAYS) // panel.period_days
    found = past_launches(
        few.units, few.observed, few.first, longest=longest, period_days=panel.period_days
    )
    return replace(found, series=series[found.series])


def _newcomers(panel: Panel, launch: IntArray, series: IntArray) -> Newcomers:
    few = panel.only().take(series)
    found = Newcomers.of(few.units, few.observed, launch[series], series=np.arange(len(series)))
    return replace(found, series=series)
