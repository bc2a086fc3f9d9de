"""Units that nobody bought in time: first in, first out, without keeping the age of each.

Under first in, first out the units that have left are the ones that came first. So of all that had
arrived by the opening of period t − m + 1, whatever has not left at the close of t has been on the
shelf for m periods: it is written off. Cumulative sums replace the age of every unit.
"""

from __future__ import annotations

import numpy as np

from stockalert.arrays import FloatArray, IntArray
from stockalert.simulation.world import World

__all__ = ["ShelfLife"]

TINY = 1e-9


class ShelfLife:
    """Write-offs of the series whose shelf life ends within the replay; the others cost nothing.

    Attributes
    ----------
    rows : series whose units can expire
    """

    def __init__(self, world: World) -> None:
        self.rows: IntArray = np.flatnonzero(world.shelf_life <= world.n_replayed)
        self._life = world.shelf_life[self.rows].astype(np.int64)
        self._arrived = np.zeros((world.n_replayed, len(self.rows)))
        self._in_all = world.on_hand[self.rows].copy()
        self._left = np.zeros(len(self.rows))

    def written_off(
        self, night: int, arrived: FloatArray, left: FloatArray, on_hand: FloatArray
    ) -> FloatArray:
        """Units written off at the close of a period, of the series in `rows`.

        Parameters
        ----------
        night : periods since the beginning
        arrived, left : shape (n_series,), units that came and that customers took in the period
        on_hand : shape (n_series,), units at the close, before the write-off
        """
        self._in_all += arrived[self.rows]
        self._arrived[night] = self._in_all
        self._left += left[self.rows]
        oldest = night - self._life + 1
        old = self._arrived[np.maximum(oldest, 0), np.arange(len(self.rows))] - self._left
        # Fractions of units add up with rounding errors, which are no goods: neither are they
        # written off alone, nor do they stay behind alone.
        there = on_hand[self.rows]
        old = np.where(old > there - TINY, there, old)
        expired = np.where((oldest >= 0) & (old > TINY), old, 0.0)
        self._left += expired
        return expired
