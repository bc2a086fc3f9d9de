"""Published forecasts and thresholds against what happened since."""

from __future__ import annotations

import numpy as np
import pandas as pd

from stockalert.arrays import BoolArray, FloatArray, IntArray

__all__ = [
    "LEAST_NIGHTS",
    "block_draws",
    "coverage_cells",
    "coverage_with_limits",
    "cycles",
    "worst_gap",
]

CONFIDENCE = 0.9
"""Of the limits, two-sided."""
BLOCK = 2
"""Neighbouring nights that the bootstrap draws together."""
DRAWS = 1000
LEAST_NIGHTS = 4
"""Fewer nights say nothing about how much nights differ: there are no limits then."""
_KEY = ["grouping", "member", "level"]


def coverage_cells(
    demand: FloatArray,
    quantiles: FloatArray,
    levels: FloatArray,
    groupings: dict[str, pd.Series[str]],
) -> pd.DataFrame:
    """Count the outcomes of one night below, and at or below, each quantile, per group.

    Parameters
    ----------
    demand : shape (n,), units
    quantiles : shape (n, n_levels), units
    groupings : name → member of each row; null = in none

    Returns
    -------
    grouping, member, level, rows, below, at_or_below

    Examples
    --------
    >>> kinds = {"abc": pd.Series(["A", "A", "B"])}
    >>> demand, quantiles = np.array([1.0, 5.0, 2.0]), np.full((3, 1), 2.0)
    >>> told = coverage_cells(demand, quantiles, np.array([0.9]), kinds)
    >>> told[["member", "rows", "below", "at_or_below"]].to_numpy().tolist()
    [['all', 3, 1, 2], ['A', 2, 1, 1], ['B', 1, 0, 1]]
    """
    hits = pd.DataFrame(
        {
            "level": np.tile(levels, len(demand)),
            "below": (demand[:, None] < quantiles).ravel(),
            "at_or_below": (demand[:, None] <= quantiles).ravel(),
        }
    )
    told = []
    for name, member in {"all": pd.Series(["all"] * len(demand)), **groupings}.items():
        of = hits.assign(grouping=name, member=np.repeat(member.to_numpy(), len(levels)))
        grouped = of.groupby(_KEY, sort=True)[["below", "at_or_below"]]
        told.append(grouped.sum().assign(rows=grouped.size()).reset_index())
    return pd.concat(told, ignore_index=True)[[*_KEY, "rows", "below", "at_or_below"]]


def coverage_with_limits(cells: pd.DataFrame, *, seed: int = 0) -> pd.DataFrame:
    """Join the nights: shares with limits by a block bootstrap over them.

    Outcomes of one night share its shocks, and windows of neighbouring nights overlap, so nights
    are drawn, two neighbours at a time; binomial limits would be far too narrow.

    Parameters
    ----------
    cells : what `coverage_cells` returns, with `as_of` of its night

    Returns
    -------
    grouping, member, level, nights, rows, share_below, share_at_or_below, lower and upper (limits
    of the two shares), gap (how far the level lies outside the shares; negative: too little is
    covered), off (the level lies outside the limits as well); below four nights there are no limits
    """
    cells = cells.sort_values([*_KEY, "as_of"], kind="stable")
    night, nights = pd.factorize(cells["as_of"], sort=True)
    key, names = pd.factorize(pd.MultiIndex.from_frame(cells[_KEY]))
    sums = np.zeros((3, len(nights), len(names)))
    columns = ("rows", "below", "at_or_below")
    for total, column in zip(sums, columns, strict=True):
        np.add.at(total, (night, key), cells[column].to_numpy(np.float64))
    drawn = block_draws(len(nights), seed=seed)
    rows, below, at_or_below = (drawn @ total for total in sums)
    tail = (1.0 - CONFIDENCE) / 2.0
    lower = np.nanquantile(_share(below, rows), tail, axis=0)
    upper = np.nanquantile(_share(at_or_below, rows), 1.0 - tail, axis=0)
    whole, told = sums.sum(axis=1), (sums[0] > 0).sum(axis=0)
    lower, upper = (np.where(told < LEAST_NIGHTS, np.nan, limit) for limit in (lower, upper))
    share_below, reached = _share(whole[1], whole[0]), _share(whole[2], whole[0])
    table = pd.DataFrame(names.tolist(), columns=_KEY)
    tau = table["level"].to_numpy(np.float64)
    gap = np.maximum(share_below - tau, 0.0) - np.maximum(tau - reached, 0.0)
    return table.assign(
        nights=told,
        rows=whole[0].astype(np.int64),
        share_below=share_below,
        share_at_or_below=reached,
        lower=np.minimum(lower, share_below),
        upper=np.maximum(upper, reached),
        gap=gap,
        off=((upper < tau) & (reached < tau)) | ((lower > tau) & (share_below > tau)),
    )


def block_draws(n: int, *, seed: int) -> FloatArray:
    """How often each of `n` nights in a row is drawn, in circular blocks; (DRAWS, n)."""
    rng = np.random.default_rng(seed)
    starts = rng.integers(0, n, size=(DRAWS, -(-n // BLOCK)))
    drawn = ((starts[:, :, None] + np.arange(BLOCK)) % n).reshape(DRAWS, -1)[:, :n]
    times = np.zeros((DRAWS, n))
    np.add.at(times, (np.arange(DRAWS)[:, None], drawn), 1.0)
    return times


def worst_gap(coverage: pd.DataFrame, *, least_nights: int) -> tuple[float, float] | None:
    """Return level and gap where all series miss a level most, beyond chance; None = nowhere."""
    whole = coverage[(coverage["grouping"] == "all") & coverage["off"]]
    whole = whole[whole["nights"] >= least_nights]
    if not len(whole):
        return None
    worst = int(np.argmax(whole["gap"].abs().to_numpy()))
    return float(whole["level"].iloc[worst]), float(whole["gap"].iloc[worst])


def cycles(
    receipts: pd.DataFrame, out_of_stock: BoolArray, group: IntArray, n_groups: int
) -> tuple[IntArray, IntArray]:
    """Count replenishment cycles, from one receipt to the next, and those without a stock-out.

    Parameters
    ----------
    receipts : series and period (column numbers of `out_of_stock`) of every receipt
    out_of_stock : shape (n_series, n_periods)
    group : shape (n_series,), code of what they are counted by

    Returns
    -------
    cycles, cycles served : shape (n_groups,)

    Examples
    --------
    >>> empty = np.array([[False, False, True, False, False, False]])
    >>> came = pd.DataFrame({"series": [0, 0, 0], "period": [0, 3, 5]})
    >>> [n.tolist() for n in cycles(came, empty, np.array([0]), 1)]
    [[2], [1]]
    """
    running = np.cumsum(np.pad(out_of_stock, ((0, 0), (1, 0))), axis=1)
    came = receipts.drop_duplicates().sort_values(["series", "period"])
    series, period = (came[name].to_numpy(np.int64) for name in ("series", "period"))
    follows = series[1:] == series[:-1]
    of, begin, end = series[:-1][follows], period[:-1][follows], period[1:][follows]
    served = running[of, end] == running[of, begin]
    counted = np.bincount(group[of], minlength=n_groups)
    return counted, np.bincount(group[of[served]], minlength=n_groups)


def _share(part: FloatArray, whole: FloatArray) -> FloatArray:
    share: FloatArray = np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)
    return share
