"""Past launches, laid side by side from their first period on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stockalert.arrays import BoolArray, FloatArray, IntArray

__all__ = [
    "KNOWN_DAYS",
    "QUIET_DAYS",
    "Launches",
    "Newcomers",
    "launched_series",
    "past_launches",
]

QUIET_DAYS = 56
"""A series that sells within the first eight weeks of the history may have sold before it."""
KNOWN_DAYS = 84
"""A launch teaches once eight weeks, and four more to forecast from there, are known."""
MOST_LAUNCHES = 20_000
LEAST_SHARE = 0.5
BLOCK = 2048


@dataclass(frozen=True)
class Launches:
    """What became of each launch, by age.

    Attributes
    ----------
    real : bool, shape (n_launches,)
        False for an established series, taken as if it had been launched twelve weeks before the
        end of the history.
    series : shape (n_launches,), positions in the history they were cut from
    running : float64, shape (n_launches, longest + 1), units
        Demand of the first k periods in column k. A period mostly out of stock, or not over yet,
        counts the launch's own mean rate.
    """

    real: BoolArray
    series: IntArray
    running: FloatArray

    def __len__(self) -> int:
        return len(self.series)

    def take(self, which: BoolArray) -> Launches:
        """Return the launches in `which`."""
        return Launches(self.real[which], self.series[which], self.running[which])

    @property
    def longest(self) -> int:
        """Age up to which totals can be asked for, periods."""
        return int(self.running.shape[1]) - 1


@dataclass(frozen=True)
class Newcomers:
    """Series to forecast that have little history or none, and what is known of them.

    Attributes
    ----------
    series : shape (n,), positions
    age : shape (n,), periods since the launch, the last known one included; 0 = not launched
    wait : shape (n,), periods still to come before the launch; 0 where it may sell tomorrow
    units, share : shape (n,), units sold since the launch, and the periods they were sold in
    """

    series: IntArray
    age: IntArray
    wait: IntArray
    units: FloatArray
    share: FloatArray

    def __len__(self) -> int:
        return len(self.series)

    @classmethod
    def of(
        cls, units: FloatArray, observed: FloatArray, launch: IntArray, *, series: IntArray
    ) -> Newcomers:
        """Describe the series at positions `series` at the end of a history.

        Parameters
        ----------
        units, observed : see `past_launches`
        launch : shape (n_series,), period of the launch; n_periods or more where it is to come
        """
        n_periods = units.shape[1]
        age = np.maximum(n_periods - launch[series], 0)
        last = slice(n_periods - int(age.max(initial=0)), n_periods)
        seen = observed[series, last] * (np.arange(n_periods)[last] >= launch[series, None])
        seen = np.where(seen >= LEAST_SHARE, seen, 0.0).astype(np.float64)
        sold = np.where(seen > 0, units[series, last], 0.0).sum(axis=1, dtype=np.float64)
        wait = np.maximum(launch[series] - n_periods, 0)
        return cls(np.asarray(series), age, wait, sold, seen.sum(axis=1))


def past_launches(
    units: FloatArray, observed: FloatArray, first: IntArray, *, longest: int, period_days: int = 1
) -> Launches:
    """Lay out the launches within a history, and the established series beside them.

    Of very many, launches go before established series, and late ones before early ones.

    Parameters
    ----------
    units : shape (n_series, n_periods), units sold
    observed : same shape, share of the period in stock; less than half says nothing of demand
    first : shape (n_series,), period in which each series began; n_periods or more = not yet
    longest : age up to which totals are laid out, periods

    Examples
    --------
    >>> units = np.tile([0.0, 2.0], (1, 100))
    >>> found = past_launches(units, np.ones_like(units), np.array([100]), longest=140)
    >>> found.real.tolist(), found.running[0, [2, 100, 140]].tolist()
    ([True], [2.0, 100.0, 140.0])
    """
    n_periods = units.shape[1]
    real, start = _starts(first, n_periods, period_days)
    series = launched_series(first, n_periods, period_days=period_days)
    running = np.zeros((len(series), longest + 1))
    for begin in range(0, len(series), BLOCK):
        block = series[begin : begin + BLOCK]
        demand = _aligned(units, observed, block, start[block], longest)
        np.cumsum(demand, axis=1, out=running[begin : begin + BLOCK, 1:])
    return Launches(real[series], series, running)


def launched_series(first: IntArray, n_periods: int, *, period_days: int = 1) -> IntArray:
    """Choose the series that `past_launches` lays out; ascending positions.

    Parameters
    ----------
    first : shape (n_series,), as there
    """
    real, start = _starts(first, n_periods, period_days)
    series = np.flatnonzero(real | (first < min(QUIET_DAYS // period_days, n_periods)))
    order = np.lexsort((-start[series], ~real[series]))
    return np.sort(series[order[:MOST_LAUNCHES]])


def _starts(first: IntArray, n_periods: int, period_days: int) -> tuple[BoolArray, IntArray]:
    """Which series are launches, and from which period on each series is laid out."""
    quiet, least = QUIET_DAYS // period_days, KNOWN_DAYS // period_days
    real = (first >= quiet) & (n_periods - first >= least)
    return real, np.where(real, first, np.maximum(first, n_periods - least))


def _aligned(
    units: FloatArray, observed: FloatArray, series: IntArray, start: IntArray, longest: int
) -> FloatArray:
    """Demand of the first periods after the start, what was not seen filled in; (n, longest)."""
    period = start[:, None] + np.arange(longest)
    inside = np.minimum(period, units.shape[1] - 1)
    share = observed[series[:, None], inside].astype(np.float64)
    share[(share < LEAST_SHARE) | (period != inside)] = 0.0
    sold = np.where(share > 0, units[series[:, None], inside], 0.0)
    rate = sold.sum(axis=1) / np.maximum(share.sum(axis=1), 1e-9)
    filled = np.repeat(rate[:, None], longest, axis=1)
    demand: FloatArray = np.divide(sold, share, out=filled, where=share > 0)
    return demand
