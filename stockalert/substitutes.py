"""What can stand in for an item that is sold out, best first, in stock at the same place.

Points: the same substitute group 4, subcategory 1, category ½, brand ½, a like price up to ½ (½ ÷
the ratio of the two), and what shoppers do: half the logarithm of 1 + lift where the two are known
as substitutes. Whatever shares only its category must cost within half as much again. Ties go to
what sells more. Of a large group the items that sell best are looked at.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from stockalert.arrays import BoolArray, FloatArray

__all__ = ["substitutes_of"]

POOL = 30
BLOCK_WANTED = 2048
LIKE_PRICE = 1.5
_POINTS = {"substitute_group": 4.0, "subcategory": 1.0, "category": 0.5}


def substitutes_of(
    series: pd.DataFrame,
    products: pd.DataFrame | None,
    *,
    wanted: BoolArray,
    in_stock: BoolArray,
    units_per_day: FloatArray,
    most: int,
    affinities: pd.DataFrame | None = None,
) -> npt.NDArray[np.object_]:
    """Name the best substitutes of each wanted series.

    Parameters
    ----------
    series : columns sku, location
    products : the contract's table
    wanted, in_stock : shape (n,)
    units_per_day : shape (n,), expected demand
    most : names per series
    affinities : the contract's published table; only its substitutes count

    Returns
    -------
    shape (n,), lists of skus, best first; None = nothing stands in, or it is not wanted
    """
    found = np.full(len(series), None, dtype=object)
    if not most or not wanted.any():
        return found
    facts = _facts(series, products, units_per_day)
    offered = facts[in_stock].sort_values(["rate", "sku"], ascending=[False, True])
    pools = {
        name: offered[offered[name].notna()].groupby(["location", name]).head(POOL)
        for name in _POINTS
    }
    liked, rows = _liked(affinities), np.flatnonzero(wanted)
    for start in range(0, len(rows), BLOCK_WANTED):
        asked = facts.iloc[rows[start : start + BLOCK_WANTED]]
        pairs = _scored(facts, _pairs(asked, offered, pools, liked), liked).sort_values(
            ["row", "points", "rate", "sku"], ascending=[True, False, False, True]
        )
        best = pairs.groupby("row").head(most).groupby("row")["sku"].agg(list)
        found[best.index.to_numpy(np.intp)] = best.to_numpy()
    return found


def _facts(
    series: pd.DataFrame, products: pd.DataFrame | None, units_per_day: FloatArray
) -> pd.DataFrame:
    """What is known of each series' product; null = unknown."""
    names = ["sku", *_POINTS, "brand", "unit_price"]
    table = pd.DataFrame(columns=names) if products is None else products.reindex(columns=names)
    table = table.drop_duplicates("sku").set_index("sku").reindex(series["sku"])
    kinds = dict.fromkeys([*_POINTS, "brand"], "str") | {"unit_price": "float64"}
    facts = table.astype(kinds).reset_index(drop=True)
    place = {"sku": series["sku"].to_numpy(), "location": series["location"].to_numpy()}
    return facts.assign(**place, row=np.arange(len(series)), rate=units_per_day)


def _pairs(
    asked: pd.DataFrame,
    offered: pd.DataFrame,
    pools: Mapping[str, pd.DataFrame],
    liked: pd.DataFrame,
) -> pd.DataFrame:
    """Every pair worth a look: row (of the wanted) and row_of."""
    parts = [
        _joined(asked[asked[name].notna()], pool, ["location", name])
        for name, pool in pools.items()
    ]
    known = asked.merge(liked, on="sku").drop(columns="lift")
    parts.append(
        known.merge(
            offered,
            left_on=["location", "other"],
            right_on=["location", "sku"],
            suffixes=("", "_of"),
        )[["row", "row_of"]]
    )
    ends = pd.concat(parts).drop_duplicates()
    return ends[ends["row"] != ends["row_of"]].astype("int64")


def _joined(asked: pd.DataFrame, pool: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    left, right = asked[["row", *key]], pool[["row", *key]]
    return left.merge(right, on=key, suffixes=("", "_of"))[["row", "row_of"]]


def _liked(affinities: pd.DataFrame | None) -> pd.DataFrame:
    """Pairs that shoppers take for each other: sku, other, lift."""
    if affinities is None:
        kinds = {"sku": "str", "other": "str", "lift": "float64"}
        return pd.DataFrame({n: pd.Series(dtype=k) for n, k in kinds.items()})
    pairs = affinities[affinities["kind"] == "substitute"]
    return pairs.rename(columns={"other_sku": "other"})[["sku", "other", "lift"]]


def _scored(facts: pd.DataFrame, ends: pd.DataFrame, liked: pd.DataFrame) -> pd.DataFrame:
    """Points of each pair: row, sku, rate, points; pairs too unlike are left out."""
    mine = facts.iloc[ends["row"]].reset_index(drop=True)
    other = facts.iloc[ends["row_of"]].reset_index(drop=True)
    prices = (
        np.log(mine["unit_price"].where(mine["unit_price"] > 0)),
        np.log(other["unit_price"].where(other["unit_price"] > 0)),
    )
    ratio = np.exp((prices[0] - prices[1]).abs())
    same = {name: (mine[name] == other[name]).to_numpy(bool) for name in (*_POINTS, "brand")}
    points = sum(value * same[name] for name, value in _POINTS.items())
    points = points + 0.5 * same["brand"] + (0.5 / ratio).fillna(0.0).to_numpy()
    pair = pd.MultiIndex.from_arrays([mine["sku"], other["sku"]])
    lift = liked.drop_duplicates(["sku", "other"]).set_index(["sku", "other"])["lift"]
    known = lift.reindex(pair).to_numpy(np.float64)
    points = points + np.nan_to_num(0.5 * np.log1p(known))
    close = same["substitute_group"] | same["subcategory"] | ~np.isnan(known)
    close |= (ratio <= LIKE_PRICE).to_numpy(bool)
    table = pd.DataFrame(
        {"row": mine["row"], "sku": other["sku"], "rate": other["rate"], "points": points}
    )
    kept: pd.DataFrame = table[close]
    return kept
