"""ERPNext: reorder levels, the child table `reorder_levels` of `Item`.

As in the public source (`erpnext/stock/reorder_item.py`): where level or quantity is set and the
projected quantity is **at or below** the level, it requests the larger of the reorder quantity and
the shortage level − projected. It cannot order up to a level. So the quantity is written anew each
night: where tonight's position is at or below the level, what is missing to S; elsewhere what would
be missing at the level itself. Between two exports demand that jumps past the level is topped up
at the next. MOQ and case packs are in the quantity. Amounts are whole; fractions are rounded up.

All warehouses of an item go together: an import replaces the item's whole list (m), so where one
of them cannot be exported the item is left alone. Further warehouses of an item follow on rows
with an empty ID. Where nothing is to be held (S ≤ 0), level and quantity are 0, which ERPNext
takes as no rule: units owed there are not ordered.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from stockalert.arrays import FloatArray, NumberArray
from stockalert.exports.rules import OrderRules, quantity_meant
from stockalert.exports.target import Target, nothing_to_hold, number, text, whole_up

__all__ = ["ERPNEXT", "form", "ordered"]

_TABLE = "reorder_levels."


def form(rules: OrderRules, ids: pd.DataFrame) -> pd.DataFrame:
    """Reorder levels of every item, its warehouses beneath one another."""
    level = whole_up(np.where(nothing_to_hold(rules), 0.0, rules.trigger))
    at = np.fmin(rules.position, rules.trigger)
    lot = whole_up(np.where(nothing_to_hold(rules), 0.0, quantity_meant(rules, at)))
    rows = pd.DataFrame(
        {
            "ID": ids["ID"],
            f"{_TABLE}warehouse_group": text("", rules),
            f"{_TABLE}warehouse": ids["warehouse"],
            f"{_TABLE}warehouse_reorder_level": number(level),
            f"{_TABLE}warehouse_reorder_qty": number(lot),
            f"{_TABLE}material_request_type": text("Purchase", rules),
        }
    )
    rows = rows.sort_values(["ID", f"{_TABLE}warehouse"], kind="stable", ignore_index=True)
    rows["ID"] = rows["ID"].mask(rows["ID"].duplicated(), "")
    return rows


def ordered(rows: pd.DataFrame, position: NumberArray) -> FloatArray:
    """ERPNext's rule, for rows in the file's order. Shape (n,), units."""
    at = np.asarray(position, np.float64)
    level = rows[f"{_TABLE}warehouse_reorder_level"].to_numpy(np.float64)
    lot = rows[f"{_TABLE}warehouse_reorder_qty"].to_numpy(np.float64)
    fires = ((level != 0) | (lot != 0)) & (at <= level)
    return np.where(fires, np.maximum(lot, level - at), 0.0)


ERPNEXT = Target(
    "erpnext",
    "ERPNext",
    {"ID": "sku", "warehouse": "location"},
    ("ID", "warehouse"),
    form,
    ordered,
    lots=("moq", "case_pack"),
    together="ID",
)
