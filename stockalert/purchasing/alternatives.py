"""Another supplier for what the usual one cannot deliver.

While its supplier is down, an item is ordered from the supplier of `supplier_items` that comes
first by priority, then price, then lead time, among those that are not down themselves and whose
lead time is shorter than the usual one with the disruption added. Without such a supplier the
item stays where it is. Receipts, cost, MOQ and case pack are then the other supplier's; what its
entry leaves open stays as the product's.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from stockalert.disruption import Standing

__all__ = ["elsewhere", "offers_of"]

_TERMS = ("unit_cost", "moq", "case_pack")


def offers_of(
    supplier_items: pd.DataFrame | None, suppliers: pd.DataFrame | None, *, default_days: float
) -> pd.DataFrame:
    """One row per sku and supplier that can deliver it, with its lead time filled in.

    Returns
    -------
    sku, supplier_id, unit_cost, moq, case_pack, lead_time_days (null = as the product says),
    expected_days (never null), priority; in the order in which they are asked
    """
    names = ["sku", "supplier_id", *_TERMS, "lead_time_days", "priority"]
    frame = pd.DataFrame(columns=names) if supplier_items is None else supplier_items
    frame = frame.reindex(columns=names)
    numbers = names[2:]
    frame[numbers] = frame[numbers].astype("float64")
    frame[names[:2]] = frame[names[:2]].astype("str")
    usual = pd.Series(dtype="float64")
    if suppliers is not None and "lead_time_days" in suppliers:
        usual = suppliers.set_index("supplier_id")["lead_time_days"].astype("float64")
    by_supplier = pd.Series(usual.reindex(frame["supplier_id"]).to_numpy(), index=frame.index)
    days = frame["lead_time_days"].fillna(by_supplier).fillna(default_days)
    order = ["sku", "priority", "unit_cost", "expected_days", "supplier_id"]
    ranked = frame.assign(expected_days=days).sort_values(order, kind="stable")
    return ranked.drop_duplicates(["sku", "supplier_id"]).reset_index(drop=True)


def elsewhere(
    products: pd.DataFrame | None, offers: pd.DataFrame, standing: Standing
) -> tuple[pd.DataFrame | None, pd.Series[str]]:
    """Products with the supplier that stands in for one that is down.

    Parameters
    ----------
    products : the contract's table
    offers : of `offers_of`

    Returns
    -------
    the products, and by sku the usual supplier of those that moved
    """
    nobody = pd.Series(dtype="str", index=pd.Index([], dtype="str"))
    if products is None or "supplier_id" not in products or not standing.down.any():
        return products, nobody
    place = standing.of(products["supplier_id"]).astype(np.intp)
    stuck = products[(place >= 0) & standing.down[place]]
    if stuck.empty:
        return products, nobody
    extra = pd.Series(standing.mean_extra_days, index=standing.supplier_id)
    wait = _usual_days(stuck, offers) + extra.reindex(stuck["supplier_id"]).to_numpy()
    limit = pd.DataFrame({"sku": stuck["sku"], "usual": stuck["supplier_id"], "wait": wait})
    down = set(standing.supplier_id[standing.down])
    found = offers[~offers["supplier_id"].isin(down)].merge(limit, on="sku")
    found = found[found["expected_days"] < found["wait"]].drop_duplicates("sku").set_index("sku")
    return _moved(products, found), found["usual"].astype("str")


def _usual_days(stuck: pd.DataFrame, offers: pd.DataFrame) -> pd.Series[float]:
    """Declared lead time of the usual supplier; without one, any that ends sooner is better."""
    key = pd.MultiIndex.from_frame(stuck[["sku", "supplier_id"]])
    own = offers.set_index(["sku", "supplier_id"])["expected_days"].reindex(key)
    days = pd.Series(own.to_numpy(), index=stuck.index)
    return days.fillna(0.0)


def _moved(products: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """Products with supplier and terms of `found` (by sku)."""
    moved = products.copy()
    hit = moved["sku"].isin(found.index)
    rows = found.reindex(moved.loc[hit, "sku"])
    moved.loc[hit, "supplier_id"] = rows["supplier_id"].to_numpy()
    for name in _TERMS:
        if name in moved:
            own = moved.loc[hit, name].to_numpy(np.float64)
            other = rows[name].to_numpy(np.float64)
            moved.loc[hit, name] = np.where(np.isnan(other), own, other)
    if "lead_time_days" in moved:
        moved.loc[hit, "lead_time_days"] = rows["lead_time_days"].to_numpy(np.float64)
    return moved
