"""Where a backtest is played: what really sold, and which nights are replayed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from features.panel import Panel
from features.reading import read_panel
from flows.ingest import Input
from flows.run import Run
from flows.settings import Settings
from stockalert.arrays import IntArray
from stockalert.errors import UsageError

__all__ = ["Stage", "read_stage"]

REFRESH_DAYS = 7


@dataclass(frozen=True)
class Stage:
    """Where the policies are played.

    Attributes
    ----------
    panel : up to the last day
    begins : first period that is replayed
    cutoffs : last period known to each night
    """

    panel: Panel
    begins: int
    cutoffs: IntArray

    @property
    def nights(self) -> list[date]:
        """Last day known to each night."""
        days: list[date] = self.panel.last_days(self.cutoffs).astype(object).tolist()
        return days

    @property
    def span(self) -> tuple[date, date]:
        """First and last day that are replayed."""
        last = self.panel.last_days(np.array([self.panel.n_periods - 1]))[0].astype(object)
        return self.panel.periods[self.begins].astype(object), last

    def place(self, panel: Panel) -> IntArray:
        """Position of each of a panel's series among those of the replay; −1 = none."""
        names = ["sku", "location"]
        wanted = pd.MultiIndex.from_frame(self.panel.series[names])
        return wanted.get_indexer(pd.MultiIndex.from_frame(panel.series[names]))


def read_stage(run: Run, tables: Input, start: date, end: date) -> Stage:
    """Read what really sold, and find the nights to replay.

    Raises
    ------
    UsageError
        The days lie outside the sales.
    """
    first, last = tables.span
    if not first < start <= end <= last:
        raise UsageError(
            f"cannot replay {start} to {end}: sales are there from {first} to {last}, "
            "and the first night needs a past"
        )
    settings = run.settings
    tables.write(run.workspace.work, as_of=end)
    panel = read_panel(run.tables, period=settings.period, as_of=_last_day(end, settings))
    begins = int(np.searchsorted(panel.periods, np.datetime64(start)))
    if not 0 < begins < panel.n_periods:
        raise UsageError(f"no complete period of {panel.period_days} days in {start} to {end}")
    every = max(1, REFRESH_DAYS // panel.period_days)
    return Stage(panel, begins, np.arange(begins - 1, panel.n_periods - 1, every))


def _last_day(end: date, settings: Settings) -> date:
    """The last day of the last complete period."""
    return end if settings.period == "D" else end - timedelta(days=(end.weekday() + 1) % 7)
