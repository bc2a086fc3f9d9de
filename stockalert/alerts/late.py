"""What is on order: when the next goods come, and which orders are late.

An order is due on `expected_at`; without one, its series' mean lead time plus two standard
deviations after it was placed. Nobody knows when what is overdue will come: one standard deviation
of the lead time is allowed for, one day at least.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from stockalert.arrays import NumberArray
from stockalert.positions import open_orders

__all__ = ["order_state", "supplier_state"]

_NAMES = ("next_days", "late_units", "late_days")


def order_state(
    series: pd.DataFrame,
    purchase_orders: pd.DataFrame | None,
    lead_time_days: NumberArray,
    lead_time_sd_days: NumberArray,
    *,
    as_of: date,
    late_days: int,
) -> pd.DataFrame:
    """When goods come to each series.

    Parameters
    ----------
    series : columns sku, location
    lead_time_days, lead_time_sd_days : shape (n,), days
    late_days : an order is late when more days have passed since it was due

    Returns
    -------
    next_days (days until goods come; with nothing on order the lead time of an order placed now),
    late_units (units), late_days (days, of the latest one): one row per series
    """
    lines = _open_lines(series, purchase_orders, lead_time_days, lead_time_sd_days, as_of)
    late = lines[lines["overdue"] > late_days]
    found = pd.DataFrame(index=range(len(series)), columns=list(_NAMES), dtype="float64")
    found["next_days"] = lines.groupby("row")["comes"].min()
    found["late_units"] = late.groupby("row")["to_come"].sum()
    found["late_days"] = late.groupby("row")["overdue"].max()
    lead = np.maximum(np.ceil(np.asarray(lead_time_days, np.float64)), 1.0)
    found["next_days"] = found["next_days"].fillna(pd.Series(lead))
    return found.fillna(0.0)


def supplier_state(
    series: pd.DataFrame,
    supplier_id: pd.Series[str],
    purchase_orders: pd.DataFrame | None,
    lead_time_days: NumberArray,
    lead_time_sd_days: NumberArray,
    *,
    as_of: date,
    late_days: int,
) -> pd.DataFrame:
    """Open and late order lines of each supplier.

    Parameters
    ----------
    supplier_id : shape (n,), who supplies each series where an order does not say

    Returns
    -------
    lines, late: indexed by supplier_id
    """
    lines = _open_lines(series, purchase_orders, lead_time_days, lead_time_sd_days, as_of)
    usual = pd.Series(supplier_id.to_numpy(), dtype="str").reindex(lines["row"]).to_numpy()
    lines = lines.assign(supplier_id=lines["supplier_id"].fillna(pd.Series(usual, lines.index)))
    lines = lines.assign(late=(lines["overdue"] > late_days).astype("float64"), lines=1.0)
    found: pd.DataFrame = lines.groupby("supplier_id")[["lines", "late"]].sum()
    return found


def _open_lines(
    series: pd.DataFrame,
    purchase_orders: pd.DataFrame | None,
    lead_time_days: NumberArray,
    lead_time_sd_days: NumberArray,
    as_of: date,
) -> pd.DataFrame:
    """Open order lines of the series, with row, supplier_id, to_come, overdue and comes (days)."""
    today = pd.Timestamp(as_of)
    lines = open_orders(purchase_orders, today)
    known = purchase_orders is not None and "supplier_id" in purchase_orders
    named = purchase_orders["supplier_id"] if known and purchase_orders is not None else None
    suppliers = pd.Series(pd.NA, lines.index) if named is None else named.reindex(lines.index)
    lines = lines.assign(supplier_id=suppliers.astype("str"))
    wanted = pd.MultiIndex.from_frame(series[["sku", "location"]])
    row = wanted.get_indexer(pd.MultiIndex.from_frame(lines[["sku", "location"]]))
    lines = lines.assign(row=row)[(row >= 0) & np.asarray(lines["to_come"] > 0)]
    mean = np.asarray(lead_time_days, np.float64)[lines["row"]]
    sd = np.nan_to_num(np.asarray(lead_time_sd_days, np.float64)[lines["row"]])
    age = (today - pd.to_datetime(lines["ordered_at"])).dt.days.to_numpy(np.float64)
    promised = (today - pd.to_datetime(lines["expected_at"])).dt.days.to_numpy(np.float64)
    overdue = np.where(np.isnan(promised), age - np.ceil(mean + 2.0 * sd), promised)
    to_go = np.where(np.isnan(promised), np.ceil(mean - age), -promised)
    comes = np.where(overdue > 0, np.maximum(np.ceil(sd), 1.0), np.maximum(to_go, 1.0))
    found: pd.DataFrame = lines.assign(overdue=overdue, comes=comes)
    return found
