"""Orders under way, as the shop that placed them knows them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from stockalert.arrays import FloatArray, IntArray
from stockalert.simulation.world import World

__all__ = ["Pipeline"]


@dataclass(frozen=True)
class Pipeline:
    """What is under way in the night before a period.

    Attributes
    ----------
    ordered : shape (n_nights, n_series), units ordered in each night since the beginning
    promised : shape (n_series,), periods; None where lead times are random and nothing is promised
    """

    ordered: FloatArray
    promised: IntArray | None
    _taken: IntArray = field(repr=False)
    _under_way: FloatArray = field(repr=False)
    _longest: int = field(repr=False)

    @classmethod
    def of(cls, world: World, ordered: FloatArray, *, longest: int) -> Pipeline:
        """Orders of the nights so far, and what was under way before them.

        Parameters
        ----------
        ordered : shape (n_nights, n_series), units
        longest : the longest lead time there is, periods; older orders are not looked for
        """
        nights = slice(world.begins, world.begins + len(ordered))
        return cls(ordered, world.promised, world.lead_times[:, nights], world.arrivals, longest)

    def by_age(self, ages: int) -> FloatArray:
        """Own orders that have not arrived.

        Returns
        -------
        shape (n_series, ages), units; column a was ordered a + 1 periods before this night
        """
        n_nights, n_series = self.ordered.shape
        kept = min(ages, n_nights)
        nights = np.arange(n_nights - 1, n_nights - 1 - kept, -1)
        # An order of age a with a lead time below a has arrived in an earlier period.
        waiting = self._taken[:, nights] >= n_nights - nights
        units = np.zeros((n_series, ages))
        units[:, :kept] = np.where(waiting, self.ordered[nights].T, 0.0)
        return units

    def arrivals(self, n_periods: int) -> FloatArray:
        """Units expected to become sellable in each of the coming periods.

        An order is expected when its promised lead time ends; one that is overdue, at once. What
        was under way at the beginning comes when it was said to come.

        Returns
        -------
        shape (n_series, n_periods), units; column 0 is the period about to open

        Raises
        ------
        ValueError
            Lead times are random and nothing is promised.
        """
        if self.promised is None:
            raise ValueError("promised: expected a promised lead time beside random lead times")
        n_nights, n_series = self.ordered.shape
        coming = np.zeros((n_series, n_periods))
        said = self._under_way[:, n_nights : n_nights + n_periods]
        coming[:, : said.shape[1]] = said
        waiting = self.by_age(min(n_nights, self._longest))
        for age, units in enumerate(waiting.T, start=1):
            due = np.maximum(self.promised - age, 0)
            rows = np.flatnonzero((units > 0) & (due < n_periods))
            coming[rows, due[rows]] += units[rows]
        return coming
