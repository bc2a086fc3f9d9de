"""Table `order_proposals`: the purchase order lines that a night proposes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from stockalert.arrays import NumberArray
from stockalert.tables.outputs import OUTPUT_TABLES

__all__ = ["order_proposals_frame"]


def order_proposals_frame(
    thresholds: pd.DataFrame, supplier_id: pd.Series[str], unit_cost: NumberArray
) -> pd.DataFrame:
    """Table `order_proposals`: every threshold row with something to order now.

    Parameters
    ----------
    thresholds : the contract's table
    supplier_id, unit_cost : shape (n,), aligned with the rows of `thresholds`
    """
    due = (thresholds["order_quantity"] > 0).to_numpy()
    rows = thresholds[due]
    cost = np.asarray(unit_cost, np.float64)[due]
    lead_time = pd.to_timedelta(np.ceil(rows["lead_time_days"]), unit="D")
    frame = rows[["sku", "location"]].assign(
        supplier_id=supplier_id.to_numpy()[due],
        units=rows["order_quantity"],
        unit_cost=cost,
        cost=rows["order_quantity"] * cost,
        order_by_date=rows["order_by_date"],
        expected_at=(rows["order_by_date"] + lead_time).astype("datetime64[us]"),
        reason=_reasons(rows),
        auto_approved=False,
    )
    return frame[list(OUTPUT_TABLES["order_proposals"].names)].reset_index(drop=True)


def _reasons(rows: pd.DataFrame) -> pd.Series[str]:
    """Say why to order now, and what held the order back."""
    position, point = (
        rows[name].map("{:.6g}".format).astype("str")
        for name in ("inventory_position", "reorder_point")
    )
    low = rows["inventory_position"] <= rows["reorder_point"]
    below = "position " + position + " is at or below the reorder point " + point
    ahead = "position " + position + " sells out before the order after this one"
    note = rows["order_note"]
    return below.where(low, ahead) + ("; " + note).fillna("")
