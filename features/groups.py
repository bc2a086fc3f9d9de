"""Common levels: the whole shop, a category, a location, an item over all locations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from features.facts import Facts
from features.known_ahead import PromotionDays
from features.measures import measures, running_totals
from features.panel import Panel, slices
from stockalert.arrays import FloatArray, IntArray

__all__ = ["BLOCK_SIZE", "Group", "group_totals", "read_groups", "store_groups"]

BLOCK_SIZE = 1024
"""Series that are looked at together; sums depend on it in the last bit."""

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
    sums: dict[tuple[str, str], FloatArray] = {}
    for which in blocks:
        block, told = panel.block(which), facts.block(which)
        for key, figures in _figures(block, told):
            codes = facts.groupings[key[0]]
            shape = (int(codes.max(initial=0)) + 1, panel.n_periods)
            into = sums[key] if key in sums else sums.setdefault(key, np.zeros(shape))
            _add(into, told.groupings[key[0]], figures)
    return {
        name: Group(codes, {m: running_totals(sums[g, m]) for g, m in sums if g == name})
        for name, codes in facts.groupings.items()
    }


def store_groups(
    panel: Panel,
    groupings: Mapping[str, IntArray],
    promotions: Callable[[Panel], PromotionDays | None],
    store: Path,
) -> None:
    """Do as `group_totals`, into files: an item at many locations makes many groups.

    Parameters
    ----------
    groupings : of the panel's series
    promotions : those of a block of the panel
    store : created, with its parents
    """
    store.mkdir(parents=True)
    for which, passed in panel.only().passes():
        codes = {name: code[which] for name, code in groupings.items()}
        facts = Facts(groupings=codes, promotions=promotions(passed))
        for inner in slices(passed.n_series, BLOCK_SIZE):
            block, told = passed.block(inner), facts.block(inner)
            for (name, measure), figures in _figures(block, told):
                n_groups = int(groupings[name].max(initial=0)) + 1
                into = _opened(store, name, measure, (n_groups, panel.n_periods + 1))
                _add(into[:, 1:], told.groupings[name], figures)
    for path in store.glob("*.npy"):
        for rows in slices(len(np.load(path, mmap_mode="r")), BLOCK_SIZE):
            total = np.load(path, mmap_mode="r+")[rows]
            np.cumsum(total, axis=1, out=total)


def read_groups(store: Path, codes: Mapping[str, IntArray]) -> dict[str, Group]:
    """Read the groups that the series of a block belong to.

    Parameters
    ----------
    codes : per grouping, (n_series_of_block,)
    """
    groups: dict[str, Group] = {}
    for name, code in codes.items():
        present, local = np.unique(code, return_inverse=True)
        files = {path.stem.partition(".")[2]: path for path in store.glob(f"{name}.*.npy")}
        running = {m: np.load(path, mmap_mode="r")[present] for m, path in files.items()}
        groups[name] = Group(local, {m: np.asarray(total) for m, total in running.items()})
    return groups


def _figures(block: Panel, facts: Facts) -> Iterator[tuple[tuple[str, str], FloatArray]]:
    """Every grouping and measure, with the figures of the block's series."""
    figures = measures(block, replace(facts, orders=None))
    for name in facts.groupings:
        wanted = COMMON + PRIORS if name in PRIOR_GROUPINGS else COMMON
        yield from (((name, m), figures[m]) for m in wanted if m in figures)


def _opened(store: Path, name: str, measure: str, shape: tuple[int, int]) -> FloatArray:
    """Map one file of totals, made of zeros where it is not there yet."""
    path = store / f"{name}.{measure}.npy"
    if path.exists():
        opened: FloatArray = np.load(path, mmap_mode="r+")
        return opened
    return np.lib.format.open_memmap(path, mode="w+", dtype=np.float64, shape=shape)


def _add(into: FloatArray, codes: IntArray, figures: FloatArray) -> None:
    """Add each row of `figures` to the row of `into` that its code names."""
    order = np.argsort(codes, kind="stable")
    present, begin = np.unique(codes[order], return_index=True)
    into[present] += np.add.reduceat(figures[order], begin, axis=0)
