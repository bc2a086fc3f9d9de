"""Odoo: reordering rules, `stock.warehouse.orderpoint`.

Odoo compares the forecast **strictly** with the minimum (since 14; ≤ up to 13) and orders
max(min, max) − forecast. What differs is how that is rounded to case packs:

- 17 and before: up to `qty_multiple`. The maximum is S.
- 18: **down**, so as to stay at or below the maximum (up where the maximum is 0). The maximum is
  S + pack − one step, so that rounding down gives what rounding up from S would.
- 19: up, to whole packages of `replenishment_uom_id`, which takes the place of `qty_multiple`; a
  minimum above the maximum is refused.

A minimum order quantity is no part of the rule. The forecast counts what arrives within the lead
time of the route, so orders expected later count only once they are near. External identifiers: a
present `id` updates, a new one creates; ours is made from sku and location, so it is the same
every night. Fields and rounding as in the public source of 17, 18 and 19.
"""

from __future__ import annotations

from hashlib import sha256

import numpy as np
import pandas as pd

from stockalert.arrays import FloatArray, NumberArray
from stockalert.exports.rules import OrderRules, on_grid
from stockalert.exports.target import Target, number, text

__all__ = ["ODOO17", "ODOO18", "ODOO19", "ordered_17", "ordered_18", "ordered_19"]

_PLACES = {
    "product_id/id": "sku",
    "warehouse_id/id": "location",
    "location_id/id": "location",
}
_KEY = ("product_id/id", "location_id/id")


def external_ids(rules: OrderRules) -> pd.Series[str]:
    """Names of the rules in Odoo: letters and digits only, the same every night."""
    pairs = zip(rules.sku, rules.location, strict=True)
    names = [sha256(f"{sku}\n{location}".encode()).hexdigest()[:20] for sku, location in pairs]
    return "stockalert_" + pd.Series(names, dtype="str")


def _form_17(rules: OrderRules, ids: pd.DataFrame) -> pd.DataFrame:
    return _with_multiple(rules, ids, rules.up_to)


def _form_18(rules: OrderRules, ids: pd.DataFrame) -> pd.DataFrame:
    spare = np.where(rules.case_pack > rules.step, rules.case_pack - rules.step, 0.0)
    return _with_multiple(rules, ids, on_grid(rules.up_to + spare, rules.step))


def _with_multiple(rules: OrderRules, ids: pd.DataFrame, maximum: FloatArray) -> pd.DataFrame:
    multiple = np.where(rules.case_pack > 0, rules.case_pack, np.where(rules.whole, 1.0, 0.0))
    return pd.DataFrame(
        {
            "id": external_ids(rules),
            **ids[list(_PLACES)],
            "product_min_qty": number(rules.minimum),
            "product_max_qty": number(maximum),
            "qty_multiple": number(multiple),
            "trigger": text("auto", rules),
        }
    )


def _form_19(rules: OrderRules, ids: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "id": external_ids(rules),
            **ids[list(_PLACES)],
            "product_min_qty": number(rules.minimum),
            "product_max_qty": number(rules.up_to),
            "replenishment_uom_id/id": ids["replenishment_uom_id/id"],
            "trigger": text("auto", rules),
        }
    )


def ordered_17(rows: pd.DataFrame, position: NumberArray) -> FloatArray:
    """Odoo 17's rule: rounded up to the multiple. Shape (n,), units."""
    wanted, multiple = _wanted(rows, position), _multiple(rows)
    return _rounded(wanted, multiple, np.ceil)


def ordered_18(rows: pd.DataFrame, position: NumberArray) -> FloatArray:
    """Odoo 18's rule: rounded down, or up where the maximum is 0. Shape (n,), units."""
    wanted, multiple = _wanted(rows, position), _multiple(rows)
    open_ended = np.isclose(rows["product_max_qty"].to_numpy(np.float64), 0.0)
    down = _rounded(wanted, multiple, np.floor)
    return np.where(open_ended, _rounded(wanted, multiple, np.ceil), down)


def ordered_19(rows: pd.DataFrame, position: NumberArray) -> FloatArray:
    """Odoo 19's rule: up to whole packages; the column `pack` tells their size in units."""
    pack = rows["pack"].to_numpy(np.float64) if "pack" in rows else np.zeros(len(rows))
    return _rounded(_wanted(rows, position), pack, np.ceil)


def _wanted(rows: pd.DataFrame, position: NumberArray) -> FloatArray:
    at = np.asarray(position, np.float64)
    low, high = (rows[f"product_{name}_qty"].to_numpy(np.float64) for name in ("min", "max"))
    return np.where(at < low - 1e-6, np.maximum(low, high) - at, 0.0)


def _multiple(rows: pd.DataFrame) -> FloatArray:
    return rows["qty_multiple"].to_numpy(np.float64)


def _rounded(wanted: FloatArray, multiple: FloatArray, rounding: np.ufunc) -> FloatArray:
    nudge = -1e-6 if rounding is np.ceil else 1e-6
    safe = np.where(multiple > 0, multiple, 1.0)
    return np.where(multiple > 0, rounding(wanted / safe + nudge) * safe, wanted)


ODOO17 = Target(
    "odoo17", "Odoo 17 and before", _PLACES, _KEY, _form_17, ordered_17, lots=("case_pack",)
)
ODOO18 = Target("odoo18", "Odoo 18", _PLACES, _KEY, _form_18, ordered_18, lots=("case_pack",))
ODOO19 = Target(
    "odoo19",
    "Odoo 19",
    {**_PLACES, "replenishment_uom_id/id": "optional"},
    _KEY,
    _form_19,
    ordered_19,
    lots=("case_pack",),
)
