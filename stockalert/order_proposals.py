"""Table `order_proposals`: the purchase order lines that a night proposes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from stockalert.arrays import BoolArray, NumberArray
from stockalert.purchasing.lines import KINDS, Lines
from stockalert.tables.outputs import OUTPUT_TABLES

__all__ = ["order_proposals_frame", "proposals_frame"]

_NAMES = list(OUTPUT_TABLES["order_proposals"].names)


def order_proposals_frame(
    thresholds: pd.DataFrame, supplier_id: pd.Series[str], unit_cost: NumberArray
) -> pd.DataFrame:
    """Table `order_proposals`, line by line: every threshold row with something to order now.

    Parameters
    ----------
    thresholds : the contract's table
    supplier_id, unit_cost : shape (n,), aligned with the rows of `thresholds`
    """
    due = (thresholds["order_quantity"] > 0).to_numpy()
    rows = thresholds[due]
    cost = np.asarray(unit_cost, np.float64)[due]
    frame = rows[["sku", "location"]].assign(
        supplier_id=supplier_id.to_numpy()[due],
        units=rows["order_quantity"],
        unit_cost=cost,
        cost=rows["order_quantity"] * cost,
        order_day=rows["order_by_date"],
        order_by_date=rows["order_by_date"],
        expected_at=_arrival(rows["order_by_date"], rows),
        kind="due",
        reason=_reasons(rows),
        auto_approved=False,
    )
    return frame[_NAMES].reset_index(drop=True)


def proposals_frame(
    thresholds: pd.DataFrame,
    lines: Lines,
    words: Sequence[npt.NDArray[np.object_]],
    *,
    approved: BoolArray,
    as_of: date,
) -> pd.DataFrame:
    """Table `order_proposals` of lines that were put together per supplier.

    Parameters
    ----------
    thresholds : the contract's table, row by row as in `lines`
    words : each of shape (n,), what to say besides why an item is ordered; "" = nothing
    approved : shape (n,)
    as_of : the orders go out on the day after
    """
    at = lines.units > 0
    rows = thresholds[at]
    tomorrow = pd.Series(pd.Timestamp(as_of) + pd.Timedelta(days=1), index=rows.index)
    names = np.array([*lines.suppliers.index, None], dtype=object)
    reason = _reasons(rows)
    for more in words:
        told = pd.Series(more[at], index=rows.index, dtype="str")
        reason = reason + ("; " + told).where(told != "", "")
    frame = rows[["sku", "location"]].assign(
        supplier_id=pd.array(names[lines.supplier[at]], dtype="str"),
        units=lines.units[at],
        unit_cost=lines.price[at],
        cost=(lines.units * lines.price)[at],
        order_day=tomorrow.astype("datetime64[us]"),
        order_by_date=rows["order_by_date"],
        expected_at=_arrival(tomorrow, rows),
        kind=pd.array(np.array(KINDS)[lines.kind[at]], dtype="str"),
        reason=reason,
        auto_approved=approved[at],
    )
    return frame[_NAMES].reset_index(drop=True)


def _arrival(ordered: pd.Series[pd.Timestamp], rows: pd.DataFrame) -> pd.Series[pd.Timestamp]:
    """Day the goods are expected, a mean lead time after the order."""
    lead_time = pd.to_timedelta(np.ceil(rows["lead_time_days"]), unit="D")
    arrival: pd.Series[pd.Timestamp] = (ordered + lead_time).astype("datetime64[us]")
    return arrival


def _reasons(rows: pd.DataFrame) -> pd.Series[str]:
    """Say why to order now, and what held the order back."""
    position, point = (
        rows[name].map("{:.6g}".format).astype("str")
        for name in ("inventory_position", "reorder_point")
    )
    low = rows["inventory_position"] <= rows["reorder_point"]
    due = rows["order_quantity"] > 0
    below = "position " + position + " is at or below the reorder point " + point
    ahead = "position " + position + " sells out before the order after this one"
    later = "position " + position + " is still above the reorder point " + point
    note = rows["order_note"]
    return below.where(low, ahead.where(due, later)) + ("; " + note).fillna("")
