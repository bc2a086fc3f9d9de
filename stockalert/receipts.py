"""Orders as evidence of lead times: a few numbers per order line, of which there are millions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stockalert.arrays import BoolArray, FloatArray, IntArray
from stockalert.tables.blocks import AnyTable, blocks_of

__all__ = ["Receipts", "orders_of"]


@dataclass(frozen=True)
class Receipts:
    """Order lines that were not cancelled; arrays of shape (n_lines,), suppliers numbered by name.

    Attributes
    ----------
    series : position of the series, −1 = none, or the line came from another supplier than its own
    supplier : number of the supplier, −1 = unknown
    days : from the order to the receipt, or until today
    weight : 1 = placed today, halved with each half-life
    received : whether it has come
    supplier_of : shape (n_series,), number of each series' supplier
    """

    series: IntArray
    supplier: IntArray
    days: FloatArray
    weight: FloatArray
    received: BoolArray
    supplier_of: IntArray

    def take(self, which: BoolArray | IntArray) -> Receipts:
        """Return some of the lines."""
        some: dict[str, Any] = {name: getattr(self, name)[which] for name in _PER_LINE}
        return replace(self, **some)

    def followed_by(self, other: Receipts) -> Receipts:
        """Return these lines and then others, of the same series and suppliers."""
        both: dict[str, Any] = {
            name: np.concatenate([getattr(self, name), getattr(other, name)]) for name in _PER_LINE
        }
        return replace(self, **both)


_PER_LINE = tuple(field.name for field in fields(Receipts))[:-1]


def orders_of(
    series: pd.DataFrame,
    supplier: pd.Series[str],
    purchase_orders: AnyTable,
    *,
    as_of: date,
    half_life_days: float,
) -> Receipts:
    """Lines placed up to a day and not cancelled, in one order whatever the order of the rows.

    Sums over them are the same to the last bit.

    Parameters
    ----------
    series : columns sku, location
    supplier : shape (n_series,), text
    purchase_orders : the contract's table, or blocks of it; texts may be categories
    """
    named = [_distinct(lines["supplier_id"]) for lines in blocks_of(purchase_orders)]
    names = pd.Index(pd.concat([supplier, *named]).dropna())
    names = names.astype("str").unique().sort_values()
    supplier_of = names.get_indexer(pd.Index(supplier.astype("str"))).astype(np.int32)
    wanted = pd.MultiIndex.from_frame(series[["sku", "location"]])
    blocks = blocks_of(purchase_orders)
    lines = _joined(_part(part, wanted, names, supplier_of, as_of) for part in blocks)
    keys = (lines[4], -lines[3], lines[2], np.where(lines[1] < 0, len(names), lines[1]), lines[0])
    order = np.lexsort(keys)
    del keys
    one, two, days, age, received = (lines.pop(0)[order] for _ in range(len(lines)))
    weight = 0.5 ** (age / half_life_days)
    return Receipts(one, two, days.astype(np.float64), weight, received, supplier_of)


def _joined(parts: Iterable[tuple[NDArray[Any], ...]]) -> list[NDArray[Any]]:
    """Concatenate each array of all parts, and let go of the pieces one after the other."""
    pieces = [list(array) for array in zip(*parts, strict=True)]
    return [np.concatenate(pieces.pop(0)) for _ in range(len(pieces))]


def _distinct(words: pd.Series[str]) -> pd.Series[str]:
    return pd.Series(words.unique()).astype("str")


def _part(
    purchase_orders: pd.DataFrame,
    wanted: pd.MultiIndex,
    names: pd.Index,
    supplier_of: IntArray,
    as_of: date,
) -> tuple[IntArray, IntArray, IntArray, IntArray, BoolArray]:
    """Series, supplier, days, age in days and whether it came, of some of the rows."""
    today = pd.Timestamp(as_of)
    placed = purchase_orders[
        (purchase_orders["ordered_at"] <= today)
        & purchase_orders["cancelled_at"].isna()
        & ~(purchase_orders["received_at"] <= purchase_orders["ordered_at"])
    ]
    place = placed["location"].astype("str").fillna("default")
    own = wanted.get_indexer(pd.MultiIndex.from_arrays([placed["sku"].astype("str"), place]))
    of_series = np.where(own >= 0, supplier_of[own] if len(supplier_of) else -1, -1)
    named = names.get_indexer(pd.Index(placed["supplier_id"].astype("str")))
    of_order = np.where(named >= 0, named, of_series)
    fits = (of_order == of_series) | (of_series < 0)
    received_at = placed["received_at"].where(placed["received_at"] <= today)
    until = received_at.fillna(today)
    days, age = (
        np.asarray((end - placed["ordered_at"]).dt.days, np.int32) for end in (until, today)
    )
    came = np.asarray(received_at.notna(), np.bool_)
    return np.where(fits, own, -1).astype(np.int32), of_order.astype(np.int32), days, age, came
