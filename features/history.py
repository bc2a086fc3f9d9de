"""What is known of a block of series: totals summed once, sliced at every cutoff.

A `History` holds views that end with its cutoff, so a feature family that is given one cannot
see past it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from coreforecast.grouped_array import GroupedArray
from coreforecast.lag_transforms import ExponentiallyWeightedMean

from features.facts import Facts
from features.groups import Group
from features.level import typical_level
from features.measures import measures, running_totals
from features.panel import Panel
from features.ratios import ratio
from stockalert.arrays import FloatArray, IntArray

__all__ = ["SMOOTHING_DAYS", "Block", "History"]

SMOOTHING_DAYS = (7, 28, 91)


@dataclass(frozen=True)
class History:
    """Everything known at the end of period `cutoff` about a block of series.

    Attributes
    ----------
    panel : the block's panel, truncated after the cutoff.
    facts : the block's facts known by then, those about days to come included.
    groups : running totals of the groups that its series belong to.
    running : per measure (features.measures) float64 (n_series, cutoff + 2) running totals.
    smoothed : per span in days, exponentially weighted mean demand per period, (n_series,).
    last_order : period of the last demand, (n_series,); -1 = none yet.
    """

    cutoff: int
    panel: Panel
    facts: Facts
    groups: Mapping[str, Group]
    running: Mapping[str, FloatArray]
    smoothed: Mapping[int, FloatArray]
    last_order: IntArray

    @property
    def n_series(self) -> int:
        """Number of series in the block."""
        return self.panel.n_series

    def block(self, which: slice) -> History:
        """Return the same of the series in `which` alone; views."""
        return replace(
            self,
            panel=self.panel.block(which),
            facts=self.facts.block(which),
            groups={name: group.block(which) for name, group in self.groups.items()},
            running={name: total[which] for name, total in self.running.items()},
            smoothed={span: mean[which] for span, mean in self.smoothed.items()},
            last_order=self.last_order[which],
        )

    @property
    def age(self) -> IntArray:
        """Periods since the series began, the cutoff's included; 0 = not begun."""
        return np.maximum(self.cutoff + 1 - self.panel.first, 0)

    def has(self, measure: str) -> bool:
        """Whether `measure` is known at all."""
        return measure in self.running

    def total(self, measure: str, days: int, *, ago_days: int = 0) -> FloatArray:
        """Total of `measure` over the last `days`, or over those that ended `ago_days` ago."""
        running = self.running[measure]
        end = max(self.cutoff + 1 - ago_days // self.panel.period_days, 0)
        begin = max(end - self.panel.periods_in(days), 0)
        return running[:, end] - running[:, begin]

    def rate(self, days: int, *, ago_days: int = 0) -> FloatArray:
        """Demand per period in stock; NaN where the series was never seen in stock."""
        units = self.total("units", days, ago_days=ago_days)
        return ratio(units, self.total("share", days, ago_days=ago_days))

    @cached_property
    def scale(self) -> FloatArray:
        """The series' own level, units per period, > 0 (features.level)."""
        return typical_level(self)


class Block:
    """A block of series with its running totals over the whole panel."""

    def __init__(
        self, panel: Panel, facts: Facts, groups: Mapping[str, Group], which: slice
    ) -> None:
        self._panel, self._facts = panel.block(which), facts.block(which)
        self._groups = {name: group.block(which) for name, group in groups.items()}
        figures = measures(self._panel, self._facts)
        self._running = {name: running_totals(figure) for name, figure in figures.items()}
        self._smoothed = _smoothed(figures["units"], figures["share"], panel.period_days)
        sold_at = np.where(figures["units"] > 0, np.arange(panel.n_periods), -1)
        self._last_order = np.maximum.accumulate(sold_at, axis=1)

    def until(self, cutoff: int) -> History:
        """Return what is known at the end of period `cutoff`."""
        return History(
            cutoff=cutoff,
            panel=self._panel.until(cutoff),
            facts=self._facts.until(cutoff),
            groups={name: group.until(cutoff) for name, group in self._groups.items()},
            running={name: total[:, : cutoff + 2] for name, total in self._running.items()},
            smoothed={span: mean[:, cutoff] for span, mean in self._smoothed.items()},
            last_order=self._last_order[:, cutoff],
        )


def _smoothed(units: FloatArray, share: FloatArray, period_days: int) -> dict[int, FloatArray]:
    """Exponentially weighted mean of demand per visible period; masked periods do not count."""
    demand = ratio(units, share)
    starts = np.arange(0, demand.size + 1, demand.shape[1], dtype=np.int32)
    kernel = GroupedArray(demand.ravel(), starts, 1)
    means = {}
    for days in SMOOTHING_DAYS:
        alpha = 2.0 / (max(days / period_days, 1.0) + 1.0)
        mean = ExponentiallyWeightedMean(0, alpha, skipna=True).transform(kernel)
        means[days] = mean.reshape(demand.shape)
    return means
