"""Assemble the families into rows: one per cutoff, series and horizon, in that order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from features.attributes import attribute_features
from features.browsing import browsing
from features.classes import abc_at, pattern_at
from features.co_views import co_views
from features.customer_segments import customer_segments
from features.demand_history import demand_history
from features.facts import FAMILIES_READ, Facts
from features.group_levels import group_levels
from features.groups import BLOCK_SIZE, Group, group_totals
from features.history import Block, History
from features.horizon_calendar import horizon_calendar
from features.life_cycle import life_cycle
from features.order_sizes import order_sizes
from features.outside import outside
from features.panel import Panel, slices
from features.past_totals import past_totals
from features.prices import prices
from features.promotions import promotions
from features.seasonality import seasonality
from features.target import demand_after
from stockalert.arrays import BoolArray, FloatArray, IntArray
from stockalert.errors import UsageError
from stockalert.rows import Rows

__all__ = [
    "DEFAULT_FAMILIES",
    "FAMILIES",
    "FORMER_FAMILIES",
    "Common",
    "Family",
    "aligned",
    "build_rows",
    "family_columns",
]

SHORT_GAP = 64
"""Series without a row that are computed all the same, between two that have one."""

Family = Callable[[History, IntArray], dict[str, FloatArray]]
"""Features at one cutoff, given horizons (n_series, K): each of shape (n_series,) or that."""

FAMILIES: Mapping[str, Family] = {
    "demand_history": demand_history,
    "past_totals": past_totals,
    "order_sizes": order_sizes,
    "seasonality": seasonality,
    "group_levels": group_levels,
    "promotions": promotions,
    "prices": prices,
    "browsing": browsing,
    "co_views": co_views,
    "customer_segments": customer_segments,
    "attributes": attribute_features,
    "horizon_calendar": horizon_calendar,
    "outside": outside,
    "life_cycle": life_cycle,
}

OFF_BY_DEFAULT = frozenset({"attributes", "co_views", "customer_segments"})
"""Families that no real data speak for (docs/decisions/0018-feature-families.md)."""

FORMER_FAMILIES = tuple(name for name in FAMILIES if name not in {"co_views", "customer_segments"})
"""What a model reads that was stored before models named their families."""

DEFAULT_FAMILIES: Mapping[str, Family] = {
    name: family for name, family in FAMILIES.items() if name not in OFF_BY_DEFAULT
}


@dataclass(frozen=True)
class Common:
    """What only all series together tell, of the series in hand.

    Attributes
    ----------
    groups : running totals of the groups that they belong to
    abc : shape (n_cutoffs, n_series), classes by revenue
    """

    groups: Mapping[str, Group]
    abc: IntArray


def build_rows(
    panel: Panel,
    facts: Facts,
    *,
    cutoffs: Sequence[int] | IntArray,
    horizons: IntArray,
    with_target: bool,
    families: Mapping[str, Family] | None = None,
    common: Common | None = None,
) -> Rows:
    """Build the rows of every cutoff, series and horizon.

    Parameters
    ----------
    cutoffs : period numbers, ascending.
    horizons : periods, shape (n_series, K), or (n_cutoffs, n_series, K) where they differ; 0 asks
        for no row.
    with_target : also fill demand and weight, and leave out rows whose demand is not known:
        not begun, not over, or mostly out of stock.
    families : those to compute; None = those that the facts' vocabulary names, else the default.
    common : needed where the panel is a block of a larger one; None = these are all series.

    Returns
    -------
    Rows ordered by cutoff, series, horizon; their number of features does not depend on cutoffs.

    Raises
    ------
    UsageError
        The vocabulary names a family that there is not.
    """
    cutoffs = np.asarray(cutoffs, dtype=np.int64)
    families = _read(facts) if families is None else families
    shape = (len(cutoffs), panel.n_series, horizons.shape[-1])
    keep = np.broadcast_to(horizons > 0, shape)
    horizons = np.broadcast_to(np.maximum(horizons, 1), shape)
    demand = weight = None
    if with_target:
        demand, weight = demand_after(panel, cutoffs, horizons)
        keep = keep & (weight > 0)
    common = _common(panel, facts, cutoffs) if common is None else common
    matrix, names = _filled(
        panel, facts, cutoffs, horizons, keep=keep, families=families, groups=common.groups
    )
    position, series, _ = np.nonzero(keep)
    return Rows(
        values=matrix.values,
        names=names,
        categorical=tuple(name for name in names if name in facts.attributes),
        series=series.astype(np.int32),
        cutoff=panel.last_days(cutoffs)[position],
        horizon=horizons[keep].astype(np.int32),
        scale=matrix.scale[position, series],
        abc=common.abc[position, series],
        pattern=matrix.pattern[position, series],
        demand=None if demand is None else demand[keep],
        weight=None if weight is None else weight[keep],
    )


def family_columns(panel: Panel, facts: Facts) -> dict[str, tuple[str, ...]]:
    """Name the columns that every family gives on these tables, asked of their first series."""
    one = slice(0, 1)
    panel, facts = panel.block(one), facts.block(one)
    history = Block(panel, facts, group_totals(panel, facts, [one]), one).until(panel.n_periods - 1)
    horizons = np.ones((1, 1), dtype=np.int64)
    return {name: tuple(family(history, horizons)) for name, family in FAMILIES.items()}


def aligned(rows: Rows, names: Sequence[str], categorical: Sequence[str]) -> Rows:
    """Give `rows` exactly the columns `names`, NaN for those it lacks (a feed is missing)."""
    place = {name: position for position, name in enumerate(rows.names)}
    values = np.full((len(rows), len(names)), np.nan, dtype=np.float32)
    for column, name in enumerate(names):
        if name in place:
            values[:, column] = rows.values[:, place[name]]
    return replace(rows, values=values, names=tuple(names), categorical=tuple(categorical))


def _read(facts: Facts) -> Mapping[str, Family]:
    """The families that a model reads."""
    names = facts.vocabulary.get(FAMILIES_READ, list(DEFAULT_FAMILIES))
    unknown = sorted(set(names) - set(FAMILIES))
    if unknown:
        raise UsageError(
            f"model.families: expected names among {', '.join(FAMILIES)}, "
            f"found {', '.join(unknown)}"
        )
    return {name: family for name, family in FAMILIES.items() if name in names}


class _Matrix:
    """The kept rows of all cutoffs, series and horizons, filled piece by piece."""

    def __init__(self, keep: BoolArray, n_features: int) -> None:
        self._keep = keep
        self._row = np.append(0, np.cumsum(keep.sum(axis=2)))
        self.values = np.empty((self._row[-1], n_features), dtype=np.float32)
        self.scale = np.empty(keep.shape[:2], dtype=np.float32)
        self.pattern = np.empty(keep.shape[:2], dtype=np.int8)

    def fill(self, position: int, which: slice, columns: Mapping[str, FloatArray]) -> None:
        """Write the features of one block of series at one cutoff."""
        kept = self._keep[position, which]
        first = position * self._keep.shape[1]
        begin, end = self._row[[first + which.start, first + which.stop]]
        piece = np.empty((len(columns), end - begin), dtype=np.float32)
        for row, column in zip(piece, columns.values(), strict=True):
            shaped = column if column.ndim == 2 else column[:, None]
            row[:] = np.broadcast_to(shaped, kept.shape)[kept]
        self.values[begin:end] = piece.T


def _filled(
    panel: Panel,
    facts: Facts,
    cutoffs: IntArray,
    horizons: IntArray,
    *,
    keep: BoolArray,
    families: Mapping[str, Family],
    groups: Mapping[str, Group],
) -> tuple[_Matrix, tuple[str, ...]]:
    """Fill the kept rows block by block, and name their columns."""
    one = Block(panel, facts, groups, slice(0, 1)).until(int(cutoffs[0]))
    names = tuple(_columns(one, horizons[0, :1], families))
    matrix = _Matrix(keep, len(names))
    for which in slices(panel.n_series, BLOCK_SIZE):
        block = Block(panel, facts, groups, which)
        for at, cutoff in enumerate(cutoffs):
            known = block.until(int(cutoff))
            for run in _runs(np.any(keep[at, which], axis=1)):
                history = known.block(run)
                mine = slice(which.start + run.start, which.start + run.stop)
                matrix.fill(at, mine, _columns(history, horizons[at, mine], families))
                matrix.scale[at, mine] = history.scale
                matrix.pattern[at, mine] = pattern_at(history)
    return matrix, names


def _runs(wanted: BoolArray) -> Iterator[slice]:
    """Runs of positions that hold all that is wanted; short gaps are not worth a cut.

    Examples
    --------
    >>> wanted = np.zeros(600, dtype=bool)
    >>> wanted[[3, 5, 400]] = True
    >>> list(_runs(wanted))
    [slice(3, 6, None), slice(400, 401, None)]
    """
    at = np.flatnonzero(wanted)
    if len(at):
        cuts = np.flatnonzero(np.diff(at) > SHORT_GAP)
        begins, ends = at[np.append(0, cuts + 1)], at[np.append(cuts, -1)] + 1
        yield from (slice(int(a), int(b)) for a, b in zip(begins, ends, strict=True))


def _common(panel: Panel, facts: Facts, cutoffs: IntArray) -> Common:
    blocks = list(slices(panel.n_series, BLOCK_SIZE))
    return Common(group_totals(panel, facts, blocks), abc_at(panel, cutoffs))


def _columns(
    history: History, horizons: IntArray, families: Mapping[str, Family]
) -> dict[str, FloatArray]:
    columns: dict[str, FloatArray] = {}
    for family in families.values():
        columns |= family(history, horizons)
    return columns
