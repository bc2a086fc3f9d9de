"""frePPLe: inventory planning parameters, by item and location.

frePPLe plans from its own forecast, so nothing here makes it place the same orders: it is given
our safety stock and the smallest order as bounds, minimum and maximum alike, with the service level
in percent and the deviation of the lead time in days (m).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from stockalert.exports.rules import OrderRules, quantity_meant
from stockalert.exports.target import Target, number

__all__ = ["FREPPLE", "form"]


def form(rules: OrderRules, ids: pd.DataFrame) -> pd.DataFrame:
    """Quantity of an order at the reorder point, and safety stock."""
    lot = number(quantity_meant(rules, rules.trigger))
    safety = number(np.fmax(np.round(rules.safety_stock, 2), 0.0))
    return pd.DataFrame(
        {
            "item": ids["item"],
            "location": ids["site"],
            "roq minimum quantity": lot,
            "roq maximum quantity": lot,
            "safety stock minimum quantity": safety,
            "safety stock maximum quantity": safety,
            "service level": number(np.round(rules.service_level * 100, 2)),
            "lead time deviation": number(np.round(rules.lead_time_sd_days, 2)),
        }
    )


FREPPLE = Target(
    "frepple",
    "frePPLe",
    {"item": "sku", "site": "location"},
    ("item", "site"),
    form,
    lots=("moq", "case_pack"),
)
