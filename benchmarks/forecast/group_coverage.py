"""Coverage of each group of series, with the limits within which chance explains it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.forecast import scores
from benchmarks.forecast.problem import HEADLINE, LEVELS, Array

__all__ = ["SMALLEST_GROUP", "GroupCoverage", "group_coverage"]

SMALLEST_GROUP = 500
"""Scored windows below which a group's coverage says too little."""


@dataclass(frozen=True)
class GroupCoverage:
    """Coverage of the windows of one group.

    Attributes
    ----------
    group : "all", or class and pattern such as "A lumpy".
    windows : scored.
    measured : shares below, and at or below, each level's quantile.
    limits : lower limit of the first, upper limit of the second: block bootstrap over cutoffs.
    """

    group: str
    windows: int
    measured: scores.Coverage
    limits: scores.Coverage

    @property
    def excess(self) -> float:
        """Largest distance of a level from the limits, over the headline's levels."""
        return float(scores.coverage_error(self.limits)[HEADLINE].max())

    def to_json(self) -> dict[str, object]:
        """Return plain numbers by level."""
        columns = {
            "below": self.measured.below,
            "at_or_below": self.measured.at_or_below,
            "error": scores.coverage_error(self.measured),
            "low": self.limits.below,
            "high": self.limits.at_or_below,
            "excess": scores.coverage_error(self.limits),
        }
        levels = {
            f"q{level * 1000:03.0f}": {name: round(float(x[i]), 4) for name, x in columns.items()}
            for i, level in enumerate(LEVELS)
        }
        return {"group": self.group, "windows": self.windows, "levels": levels}


def group_coverage(
    group: Array, actual: Array, predicted: Array, weight: Array, *, cutoff: Array, block: int
) -> list[GroupCoverage]:
    """Measure all rows together, then each group of `SMALLEST_GROUP` rows or more.

    Parameters
    ----------
    group, actual, weight, cutoff : shape (n_rows,)
    predicted : shape (n_rows, n_levels)
    block : consecutive cutoffs whose windows overlap.
    """
    names, count = np.unique(group, return_counts=True)
    judged = {name: group == name for name in names[count >= SMALLEST_GROUP]}
    found = []
    for name, which in {"all": np.ones(len(group), dtype=bool), **judged}.items():
        columns = (actual[which], predicted[which], weight[which])
        limits = scores.coverage_limits(*columns, cutoff[which], block)
        found.append(GroupCoverage(str(name), int(which.sum()), scores.coverage(*columns), limits))
    return found
