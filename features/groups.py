"""Common levels: the whole shop, a category, a location, an item over all locations."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from features.facts import Facts
from features.measures import measures, running_totals
from features.panel import Panel
from stockalert.arrays import FloatArray, IntArray

__all__ = ["Group", "group_totals"]

COMMON = ("units", "share")
PRIORS = ("orders", "promoted_with_base", "promoted_base")
PRIOR_GROUPINGS = frozenset({"shop", "category"})


@dataclass(frozen=True)
class Group:
    """Running totals of each group of one grouping.

    Attributes
    ----------
    codes : shape (n_series,), the group of each series
    running : per measure float64 (n_groups, n_periods + 1)
    """

    codes: IntArray
    running: dict[str, FloatArray]

    def block(self, which: slice) -> Group:
        """The same groups, with the members in `which`."""
        return replace(self, codes=self.codes[which])

    def until(self, cutoff: int) -> Group:
        """Views that end with period `cutoff`."""
        return replace(self, running={k: v[:, : cutoff + 2] for k, v in self.running.items()})

    def total(self, measure: str, begin: int, end: int) -> FloatArray:
        """Total of `measure` over periods [begin, end) in each series' group; NaN before 0."""
        running = self.running[measure]
        if begin < 0:
            return np.full(len(self.codes), np.nan)
        return (running[:, end] - running[:, begin])[self.codes]


def group_totals(panel: Panel, facts: Facts, blocks: list[slice]) -> dict[str, Group]:
    """Sum the measures of every grouping's members, block by block.

    Shop and category also hold what series are shrunk to: orders, and sales under promotion.
    """
    sums: dict[str, dict[str, FloatArray]] = {name: {} for name in facts.groupings}
    for block in blocks:
        figures = measures(panel.block(block), replace(facts.block(block), orders=None))
        for name, codes in facts.groupings.items():
            n_groups = int(codes.max(initial=0)) + 1
            wanted = COMMON + PRIORS if name in PRIOR_GROUPINGS else COMMON
            for measure in wanted:
                if measure in figures:
                    empty = np.zeros((n_groups, panel.n_periods))
                    into = sums[name].setdefault(measure, empty)
                    _add(into, codes[block], figures[measure])
    return {
        name: Group(
            facts.groupings[name],
            {measure: running_totals(total) for measure, total in sums[name].items()},
        )
        for name in facts.groupings
    }


def _add(into: FloatArray, codes: IntArray, figures: FloatArray) -> None:
    """Add each row of `figures` to the row of `into` that its code names."""
    order = np.argsort(codes, kind="stable")
    present, begin = np.unique(codes[order], return_index=True)
    into[present] += np.add.reduceat(figures[order], begin, axis=0)
