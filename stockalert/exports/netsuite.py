"""NetSuite: reorder point and preferred stock level of items, by location.

NetSuite lists an item for ordering when what is available is at or below the reorder point (m) and
proposes preferred stock level − available; available is never negative there (its help, "Assessing
Stock Levels"), so units owed are not ordered on top. Both Auto-Calculate columns are F, or NetSuite
overwrites what is imported. The labels follow the account's form and are mapped at the first
import. MOQ and case packs are no part of it.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from stockalert.arrays import FloatArray, NumberArray
from stockalert.exports.rules import OrderRules
from stockalert.exports.target import Target, days_up, number, text

__all__ = ["NETSUITE", "form", "ordered"]


def form(rules: OrderRules, ids: pd.DataFrame) -> pd.DataFrame:
    """Reorder point = trigger, preferred stock level = S, nothing left to NetSuite's own sums."""
    return pd.DataFrame(
        {
            "External ID": ids["External ID"],
            "Location": ids["Location"],
            "Reorder Point": number(np.fmax(rules.trigger, 0.0)),
            "Preferred Stock Level": number(np.fmax(rules.up_to, 0.0)),
            "Safety Stock Level": number(np.fmax(np.round(rules.safety_stock, 2), 0.0)),
            "Purchase Lead Time": number(days_up(rules.lead_time_days)),
            "Auto-Calculate Reorder Point": text("F", rules),
            "Auto-Calculate Preferred Stock Level": text("F", rules),
        }
    )


def ordered(rows: pd.DataFrame, position: NumberArray) -> FloatArray:
    """NetSuite's rule: at or below the reorder point, to the preferred level; (n,), units."""
    available = np.clip(np.asarray(position, np.float64), 0.0, None)
    point = rows["Reorder Point"].to_numpy(np.float64)
    level = rows["Preferred Stock Level"].to_numpy(np.float64)
    return np.where(available <= point + 1e-6, np.maximum(level - available, 0.0), 0.0)


NETSUITE = Target(
    "netsuite",
    "NetSuite",
    {"External ID": "sku", "Location": "location"},
    ("External ID", "Location"),
    form,
    ordered,
)
