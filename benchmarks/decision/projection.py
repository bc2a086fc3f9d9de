"""Our policy at a weekly review with lost sales, as the nightly job orders: by projected stock."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.forecast.problem import Array
from stockalert.arrays import FloatArray
from stockalert.outlook import Horizons
from stockalert.scenarios import Timeline, scenario_orders
from stockalert.simulation import Situation

__all__ = ["Projection"]


@dataclass(frozen=True)
class Projection:
    """Order the quantile of what will be lacking, path by path.

    Attributes
    ----------
    cutoffs : shape (n_cutoffs,), last period known of each forecast
    values : shape (n_cutoffs, n_series, L + 1, n_levels), units over 1 … L + 1 periods
    levels : shape (n_levels,)
    level : critical ratio
    correlation : of demand in two periods
    """

    cutoffs: Array
    values: Array
    levels: Array
    level: float
    correlation: float

    def __call__(self, situation: Situation, /) -> FloatArray:
        """Units to order tonight."""
        column = int(np.searchsorted(self.cutoffs, situation.cutoff))
        values = self.values[column, situation.series].astype(np.float64)
        steps = values.shape[1]
        return scenario_orders(
            situation.on_hand,
            Timeline.regular(situation.pipeline.arrivals(steps - 1)),
            Horizons(np.arange(1.0, steps + 1), values, self.levels),
            level=self.level,
            correlation=self.correlation,
            whole=np.ones(len(situation.on_hand), np.bool_),
        )
