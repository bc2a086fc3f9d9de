"""The lines of tonight's orders while they are put together, row by row as in `thresholds`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from stockalert.arrays import BoolArray, FloatArray, IntArray, NumberArray
from stockalert.policy import LotRules, purchasable
from stockalert.situation import Situation

__all__ = ["KINDS", "Lines", "lines_of"]

KINDS = ("due", "joined", "filled")
NOBODY = -1


@dataclass(frozen=True)
class Lines:
    """What is ordered tonight, and what could be.

    Attributes
    ----------
    units : shape (n,), units ordered tonight; 0 = nothing
    kind : shape (n,), position in `KINDS`; −1 = not ordered
    soon : shape (n,), units of the item's next order, were it placed tonight: up to its
        order-up-to level, its usual order at least
    wait_days : shape (n,), days until the position is expected to reach the reorder point, tomorrow
        = 1; inf = unknown
    supplier : shape (n,), position in `suppliers`; −1 = unknown
    suppliers : index supplier_id; columns order_cost, min_order_value (null = none)
    unit_cost : shape (n,), currency per unit without a price break; NaN = unknown
    price : shape (n,), currency per unit at the quantity ordered
    position : shape (n,), units; inventory position
    rules : MOQ, packs and limits
    note : shape (n,), words that the line's reason ends with; "" = none
    """

    units: FloatArray
    kind: IntArray
    soon: FloatArray
    wait_days: FloatArray
    supplier: IntArray
    suppliers: pd.DataFrame
    unit_cost: FloatArray
    price: FloatArray
    position: FloatArray
    rules: LotRules
    note: npt.NDArray[np.object_]

    @property
    def cost(self) -> FloatArray:
        """Money of each line, shape (n,); 0 where nothing is ordered or no price is known."""
        return np.nan_to_num(self.units * self.price)

    @property
    def order_value(self) -> FloatArray:
        """Money of each supplier's order, shape (n_suppliers,)."""
        return self.per_supplier(self.cost)

    def per_supplier(self, values: FloatArray) -> FloatArray:
        """Sums over the lines of each supplier, shape (n_suppliers,)."""
        known = self.supplier >= 0
        size = len(self.suppliers)
        total = np.bincount(self.supplier[known], values[known], minlength=size)
        return np.asarray(total, np.float64)

    def with_units(
        self, rows: NumberArray, units: NumberArray, *, kind: str, note: list[str]
    ) -> Self:
        """Order these units of these rows as well, and say why."""
        at = np.asarray(rows, np.intp)
        ordered, kinds, notes = self.units.copy(), self.kind.copy(), self.note.copy()
        ordered[at] = units
        kinds[at] = np.where(self.kind[at] == NOBODY, KINDS.index(kind), self.kind[at])
        words = np.array(note, dtype=object)
        notes[at] = np.where(self.note[at] == "", words, self.note[at] + "; " + words)
        return replace(self, units=ordered, kind=kinds, note=notes)


def lines_of(
    case: Situation,
    thresholds: pd.DataFrame,
    suppliers: pd.DataFrame | None,
    *,
    refused: BoolArray | None = None,
) -> Lines:
    """Lines that are due tonight, and what could be ordered with them.

    Parameters
    ----------
    thresholds : the contract's table, row by row as in `case`
    suppliers : the contract's table
    refused : shape (n,), lines that somebody has said no to; they are not ordered
    """
    units = np.nan_to_num(thresholds["order_quantity"].to_numpy(np.float64))
    no = np.zeros(len(units), bool) if refused is None else refused
    units = np.where(no, 0.0, units)
    at, cost = case.inventory_position, case.items["unit_cost"]
    upper = thresholds[["order_up_to_level", "reorder_point"]].to_numpy(np.float64).max(axis=1)
    soon = purchasable(np.fmax(upper - at, case.lot), at, case.lot_rules)
    wanted = (case.outlook.expected_demand > 0) & np.isfinite(at)
    soon = np.where(wanted & ~no, soon, 0.0)
    ids = case.items.supplier_id
    terms = _terms(suppliers, ids)
    return Lines(
        units=units,
        kind=np.where(units > 0, 0, NOBODY),
        soon=soon,
        wait_days=_wait(thresholds["order_by_date"], case),
        supplier=terms.index.get_indexer(pd.Index(ids.astype("str"))),
        suppliers=terms,
        unit_cost=cost,
        price=cost,
        position=at,
        rules=case.lot_rules,
        note=np.full(len(units), "", dtype=object),
    )


def _terms(suppliers: pd.DataFrame | None, ids: pd.Series[str]) -> pd.DataFrame:
    """Order cost and minimum order value of every supplier in use, known to the table or not."""
    names = ["order_cost", "min_order_value"]
    used = pd.Index(ids.dropna().astype("str").unique()).sort_values()
    table: dict[str, Any] = dict.fromkeys(names, np.nan)
    if suppliers is not None:
        known = suppliers.drop_duplicates("supplier_id").set_index("supplier_id")
        known = known.reindex(index=used, columns=names)
        table = {name: known[name].to_numpy(np.float64) for name in names}
    return pd.DataFrame(table, index=used, dtype="float64")


def _wait(order_by: pd.Series[Any], case: Situation) -> FloatArray:
    """Days until each order is due; inf where that is unknown."""
    days = (pd.to_datetime(order_by) - pd.Timestamp(case.as_of)).dt.days.to_numpy(np.float64)
    return np.where(np.isnan(days), np.inf, np.maximum(days, 1.0))
