"""Policies side by side on one world: figures per level, and who loses less at equal stock.

A policy aimed at one level is a point: what it loses and the stock it holds. Its levels together
trace a curve, and policies are compared where their curves hold the same stock: a policy that
loses less at its own 0.95 may simply hold more. Between two levels the curve is a straight line;
what is lost falls ever more slowly as stock grows, so the line lies above the true curve and
flatters nobody whose curve is the one that is read. Nothing is said beyond a curve's ends.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace

import numpy as np
import pandas as pd

from stockalert.arrays import FloatArray, IntArray
from stockalert.simulation.foresight import PerfectForesight
from stockalert.simulation.kpis import Costs, Kpis, kpis
from stockalert.simulation.replay import simulate
from stockalert.simulation.situation import Policy
from stockalert.simulation.trace import Totals
from stockalert.simulation.world import World

__all__ = [
    "ALL",
    "PERFECT",
    "Play",
    "at_equal_stock",
    "equal_stock",
    "perfect_play",
    "replayed",
    "scoreboard",
]

ALL = "all"
"""Name of the class that holds every series."""
PERFECT = "perfect"
"""Name of the bound; it is no rival at equal stock, but what closes the gap."""

STOCK = "average_stock_value"
LOST = ("lost_units", "lost_value", "stockout_rate")


@dataclass(frozen=True)
class Play:
    """A policy aimed at one level, and what it has on hand when the replay begins.

    Attributes
    ----------
    policy : asked every night
    opening : shape (n_series,), units on hand; None = what the world begins with
    limited : whether MOQ, maximum stock and shelf life bind it; they never bind foresight
    """

    policy: Policy
    opening: FloatArray | None = None
    limited: bool = True

    def world(self, world: World) -> World:
        """Return the world as this play meets it."""
        its = world if self.limited else world.without_limits()
        return its if self.opening is None else replace(its, on_hand=self.opening)


def perfect_play(world: World) -> Play:
    """Perfect foresight, which begins with exactly what sells before its first order can arrive.

    Examples
    --------
    >>> world = World.of(np.array([[3.0, 2.0, 4.0]]), lead_times=2)
    >>> perfect_play(world).opening.tolist()
    [5.0]
    """
    nights = np.arange(world.n_replayed)
    replay = slice(world.begins, None)
    arrives = np.where(world.review[:, replay], nights + world.lead_times[:, replay], len(nights))
    before = nights < arrives.min(axis=1, initial=len(nights))[:, None]
    sold = np.where(before, world.demand[:, replay], 0.0)
    opening: FloatArray = np.sum(sold, axis=1, dtype=np.float64)
    free = replace(world.without_limits(), on_hand=opening)
    return Play(PerfectForesight(free), opening, limited=False)


def replayed(
    world: World, play: Play, *, scored_from: int | None = None, block_size: int | None = None
) -> Totals:
    """Replay one policy from its own opening stock; parameters as of `simulate`."""
    its = play.world(world)
    return simulate(its, play.policy, scored_from=scored_from, block_size=block_size).totals


def scoreboard(
    world: World,
    plays: Mapping[str, Mapping[float, Play]],
    *,
    costs: Costs,
    classes: tuple[IntArray, tuple[str, ...]] | None = None,
    scored_from: int | None = None,
    periods_per_year: float = 365.0,
    on_done: Callable[[int, int], None] | None = None,
) -> pd.DataFrame:
    """Replay every policy at every level: one row per policy, level and class.

    Parameters
    ----------
    plays : policy → level → what is played; a level of NaN is none, or each series' own
    costs : what stock, orders and shortages cost
    classes : code of each series, and the name of each code; None = all together alone
    scored_from : first period that counts; None = all count
    on_done : called with (replays done, replays in all)

    Returns
    -------
    policy, level, class (`ALL` or a name), series, and the figures of `Kpis`
    """
    n_plays, parts = sum(len(levels) for levels in plays.values()), []
    for name, levels in plays.items():
        for level, play in levels.items():
            totals = replayed(world, play, scored_from=scored_from)
            figures = _figures(totals, costs, classes, periods_per_year)
            parts.append(pd.concat(figures).assign(policy=name, level=level))
            if on_done is not None:
                on_done(len(parts), n_plays)
    board = pd.concat(parts, ignore_index=True)
    first = ["policy", "level", "class", "series"]
    return board[[*first, *board.columns.drop(first)]]


def _figures(
    totals: Totals,
    costs: Costs,
    classes: tuple[IntArray, tuple[str, ...]] | None,
    periods_per_year: float,
) -> list[pd.DataFrame]:
    """Figures of all series together, then of each class that has one."""
    n = len(totals.demanded)
    groupings: list[tuple[IntArray, tuple[str, ...]]] = [(np.zeros(n, np.int64), (ALL,))]
    if classes is not None:
        groupings.append(classes)
    parts = []
    for codes, names in groupings:
        figures = kpis(totals, costs, groups=codes, periods_per_year=periods_per_year)
        table = pd.DataFrame({f.name: getattr(figures, f.name) for f in fields(Kpis)})
        count = np.bincount(codes, minlength=len(table))
        table = table.assign(series=count, **{"class": list(names)[: len(table)]})
        parts.append(table[table["series"] > 0])
    return parts


def at_equal_stock(curve: pd.DataFrame, stock: float, figure: str, *, by: str = STOCK) -> float:
    """Read a policy's curve where it holds `stock`; NaN beyond its ends, or without a curve.

    Parameters
    ----------
    curve : rows of one policy in a scoreboard, of one class
    stock : in the unit of column `by`
    figure : column to read

    Examples
    --------
    >>> curve = pd.DataFrame({"average_stock_value": [100.0, 200.0], "lost_units": [9.0, 5.0]})
    >>> at_equal_stock(curve, 150.0, "lost_units"), at_equal_stock(curve, 250.0, "lost_units")
    (7.0, nan)
    """
    if curve.empty:
        return float("nan")
    ordered = curve.sort_values([by, figure], kind="stable")
    held, values = ordered[by].to_numpy(np.float64), ordered[figure].to_numpy(np.float64)
    return float(np.interp(stock, held, values, left=np.nan, right=np.nan))


def equal_stock(
    board: pd.DataFrame,
    *,
    ours: str,
    level: float,
    figures: tuple[str, ...] = LOST,
    by: str = STOCK,
) -> pd.DataFrame:
    """Compare one policy with each of the others at the stock that the other holds.

    Parameters
    ----------
    board : of `scoreboard`
    ours : policy whose curve is read
    level : the others' level; one without levels (static) is taken as it is

    Returns
    -------
    One row per rival, class and figure: policy, class, figure, stock, theirs, ours, change (share,
    negative is better), perfect, gap_closed (share of theirs → perfect that ours closes).
    """
    levels = board["level"].round(6)
    single = board.groupby("policy")["level"].transform("nunique", dropna=False) == 1
    rivals = board[~board["policy"].isin([ours, PERFECT]) & (single | (levels == round(level, 6)))]
    rows = []
    for kind, points in rivals.groupby("class", sort=False):
        mine = board[(board["policy"] == ours) & (board["class"] == kind)].dropna(subset="level")
        bound = board[(board["policy"] == PERFECT) & (board["class"] == kind)]
        for _, point in points.iterrows():
            for figure in figures:
                best = float(bound[figure].iloc[0]) if len(bound) else np.nan
                own = at_equal_stock(mine, point[by], figure, by=by)
                rows.append((point["policy"], kind, figure, point[by], point[figure], own, best))
    names = ["policy", "class", "figure", "stock", "theirs", "ours", "perfect"]
    table = pd.DataFrame(rows, columns=names)
    return table.assign(
        change=_quotient(table["ours"] - table["theirs"], table["theirs"]),
        gap_closed=_quotient(table["theirs"] - table["ours"], table["theirs"] - table["perfect"]),
    )


def _quotient(part: pd.Series[float], whole: pd.Series[float]) -> pd.Series[float]:
    return part.astype("float64") / whole.astype("float64").where(whole != 0)
