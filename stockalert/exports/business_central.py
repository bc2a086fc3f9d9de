"""Business Central: stockkeeping units, table 5700, by configuration package.

Policy `Maximum Qty.`: when the projected inventory is at or below the reorder point, order up to
Maximum Inventory, at least the Minimum Order Quantity, in whole Order Multiples. Reorder point and
maximum must be above 0, the first below the second; where nothing is to be held (S ≤ 0) the policy
is empty, and units owed there are not ordered. Safety stock is in the reorder point already, so it
is 0 here: above 0, planning adds emergency orders of its own. The reorder quantity belongs to the
other policy and is 0. Empty minimum, maximum and multiple are 0, which is none (m). Lead time is a
date formula in days.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from stockalert.arrays import FloatArray, NumberArray
from stockalert.exports.rules import OrderRules
from stockalert.exports.target import Target, days_up, nothing_to_hold, number, text

__all__ = ["BUSINESS_CENTRAL", "form", "ordered"]

_POLICY = "Maximum Qty."


def form(rules: OrderRules, ids: pd.DataFrame) -> pd.DataFrame:
    """Reorder point = trigger, maximum = S, with MOQ and case pack."""
    off = nothing_to_hold(rules)
    return pd.DataFrame(
        {
            "Location Code": ids["Location Code"],
            "Item No.": ids["Item No."],
            "Variant Code": ids["Variant Code"],
            "Reordering Policy": pd.Series(np.where(off, "", _POLICY), dtype="str"),
            "Reorder Point": number(np.where(off, 0.0, rules.trigger)),
            "Maximum Inventory": number(np.where(off, 0.0, rules.up_to)),
            "Reorder Quantity": text("0", rules),
            "Minimum Order Quantity": number(_or_none(rules.moq)),
            "Maximum Order Quantity": text("0", rules),
            "Safety Stock Quantity": text("0", rules),
            "Order Multiple": number(_or_none(rules.case_pack)),
            "Lead Time Calculation": number(days_up(rules.lead_time_days)) + "D",
        }
    )


def ordered(rows: pd.DataFrame, position: NumberArray) -> FloatArray:
    """Business Central's rule for `Maximum Qty.`; shape (n,), units."""
    at = np.asarray(position, np.float64)
    fires = (rows["Reordering Policy"] == _POLICY).to_numpy() & (
        at <= rows["Reorder Point"].to_numpy(np.float64) + 1e-6
    )
    wanted = rows["Maximum Inventory"].to_numpy(np.float64) - at
    wanted = np.maximum(wanted, rows["Minimum Order Quantity"].to_numpy(np.float64))
    multiple = rows["Order Multiple"].to_numpy(np.float64)
    safe = np.where(multiple > 0, multiple, 1.0)
    packed = np.where(multiple > 0, np.ceil(wanted / safe - 1e-6) * safe, wanted)
    return np.where(fires, packed, 0.0)


def _or_none(units: FloatArray) -> FloatArray:
    return np.where(units > 0, units, 0.0)


BUSINESS_CENTRAL = Target(
    "business-central",
    "Business Central",
    {"Location Code": "location", "Item No.": "sku", "Variant Code": "optional"},
    ("Location Code", "Item No.", "Variant Code"),
    form,
    ordered,
    lots=("moq", "case_pack"),
)
