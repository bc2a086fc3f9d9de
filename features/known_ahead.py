"""Facts about days to come, each with the period in which it became known.

A promotion or a price is known from its announcement on, and where nobody said when that was,
from its first day on. `until` drops all that was not yet known at a cutoff.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Self

import numpy as np

from stockalert.arrays import BoolArray, FloatArray, IntArray

__all__ = ["PriceChanges", "PromotionDays", "TimedFacts", "Window"]


@dataclass(frozen=True)
class TimedFacts:
    """Facts about series, sorted by series; period and known count from the panel's first."""

    series: IntArray
    period: IntArray
    known: IntArray

    def __len__(self) -> int:
        return len(self.series)

    def take(self, which: BoolArray | IntArray | slice) -> Self:
        """Keep the facts that `which` selects."""
        return replace(self, **{f.name: getattr(self, f.name)[which] for f in fields(self)})

    def block(self, which: slice) -> Self:
        """Facts about the series in `which`, numbered within it."""
        begin, end = np.searchsorted(self.series, [which.start, which.stop])
        inside = self.take(slice(int(begin), int(end)))
        return replace(inside, series=inside.series - which.start)

    def until(self, cutoff: int) -> Self:
        """Facts known by the end of period `cutoff`."""
        return self.take(self.known <= cutoff)


@dataclass(frozen=True)
class PromotionDays(TimedFacts):
    """One period of one series under one promotion.

    Attributes
    ----------
    share : float32, share of the period's days under the promotion
    depth : float32, discount, 0..1; NaN = unknown
    channel : int16, position in the vocabulary's channels; -1 = another
    """

    share: FloatArray
    depth: FloatArray
    channel: IntArray


@dataclass(frozen=True)
class PriceChanges(TimedFacts):
    """The listed price of a series from a period on.

    Attributes
    ----------
    price : float32, currency per unit
    """

    price: FloatArray


@dataclass(frozen=True)
class Window:
    """One planned figure per series and period after the cutoff, summed to any horizon.

    Attributes
    ----------
    running : shape (n_series, longest + 1), running total; column h covers (t, t + h]
    highest : same shape, the largest single period so far
    """

    running: FloatArray
    highest: FloatArray

    @classmethod
    def of(cls, planned: FloatArray) -> Window:
        """Accumulate `planned`, shape (n_series, longest)."""
        padded = np.pad(planned, ((0, 0), (1, 0)))
        return cls(np.cumsum(padded, axis=1), np.maximum.accumulate(padded, axis=1))

    def mean(self, horizons: IntArray) -> FloatArray:
        """Mean per period over each series' horizons, shape (n_series, K)."""
        return np.take_along_axis(self.running, horizons, axis=1) / horizons

    def largest(self, horizons: IntArray) -> FloatArray:
        """Largest period within each series' horizons, shape (n_series, K)."""
        return np.take_along_axis(self.highest, horizons, axis=1)
