"""Tryton 8, module `stock_supply`: records of `stock.order_point`.

Read in the source of trytond-stock-supply 8.2 and run against it: the supply run compares the
forecast on the day a new order could arrive, **strictly**, with `min_quantity`, and asks for
`target_quantity` − forecast, rounded up to the purchase unit. The forecast counts what is done,
and what is planned from today up to that day: a supplier's move planned for a day that is past
counts no more, so late orders must be re-planned or Tryton orders again. Requests that are not yet
purchases are dropped and asked for anew at each run. A `min_quantity` above `target_quantity` is
refused. MOQ and case packs are not part of an order point. Quantities are floats: of goods by
weight the rounding up now and then adds a step to what a sum left above it.

Since 7.2 the warehouse is in the field `location`; before, in `warehouse_location`. As a file the
records are imported with Tryton's own CSV import, which finds products and warehouses by name or
code (m).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from stockalert.arrays import FloatArray, NumberArray
from stockalert.exports.rules import OrderRules
from stockalert.exports.target import Target, number, text

__all__ = ["TRYTON", "form", "ordered"]


def form(rules: OrderRules, ids: pd.DataFrame) -> pd.DataFrame:
    """Order points of type `purchase`: minimum one step above the trigger, target S."""
    return pd.DataFrame(
        {
            "product": ids["product"],
            "location": ids["warehouse"],
            "type": text("purchase", rules),
            "min_quantity": number(rules.minimum),
            "target_quantity": number(rules.up_to),
        }
    )


def ordered(rows: pd.DataFrame, position: NumberArray) -> FloatArray:
    """Tryton's rule: below the minimum, up to the target. Shape (n,), units."""
    at = np.asarray(position, np.float64)
    wanted = rows["target_quantity"].to_numpy(np.float64) - at
    return np.where(at < rows["min_quantity"].to_numpy(np.float64) - 1e-6, wanted, 0.0)


TRYTON = Target(
    "tryton",
    "Tryton 8",
    {"product": "sku", "warehouse": "location"},
    ("product", "warehouse"),
    form,
    ordered,
)
