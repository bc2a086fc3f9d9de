"""What is known of each series' product: costs, lots, limits; one array per fact."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from stockalert.arrays import BoolArray, FloatArray

__all__ = ["Items", "items_of"]

_FACTS = (
    "unit_cost",
    "unit_price",
    "stockout_cost_per_unit",
    "holding_cost_per_unit_day",
    "holding_rate",
    "obsolescence_rate",
    "shelf_life_days",
    "moq",
    "case_pack",
    "max_stock",
    "target_service_level",
)
_FROM_SUPPLIER_ITEM = ("unit_cost", "moq", "case_pack")


@dataclass(frozen=True)
class Items:
    """Facts of the contract's `products`, one value per series; NaN = unknown.

    Attributes
    ----------
    facts : columns as in `products`, one row per series; end_date in days since 1970-01-01
    supplier_id : shape (n,), text; null = unknown
    order_cost : shape (n,), currency per order
    whole : shape (n,)
        Sold in whole units so far.
    """

    facts: pd.DataFrame
    supplier_id: pd.Series[str]
    order_cost: FloatArray
    whole: BoolArray

    def __getitem__(self, name: str) -> FloatArray:
        """Return one fact, shape (n,)."""
        return np.asarray(self.facts[name], dtype=np.float64)


def items_of(
    series: pd.DataFrame,
    terms: pd.DataFrame,
    whole: BoolArray,
    *,
    products: pd.DataFrame | None = None,
    supplier_items: pd.DataFrame | None = None,
) -> Items:
    """Align what is declared of products with the series.

    What a product leaves open (cost, MOQ, case pack) its supplier's entry may say.

    Parameters
    ----------
    series : columns sku, location
    terms : of `stockalert.lead_time.declared_terms` for the same series
    whole : shape (n,)
    """
    facts = pd.DataFrame(index=series.index)
    by_sku = (pd.DataFrame({"sku": []}) if products is None else products).set_index("sku")
    for name in _FACTS:
        known = name in by_sku
        facts[name] = series["sku"].map(by_sku[name]).astype("float64") if known else np.nan
    facts["end_date"] = _days(series["sku"], by_sku)
    if supplier_items is not None:
        offered = supplier_items.drop_duplicates(["sku", "supplier_id"])
        offered = offered.set_index(["sku", "supplier_id"])
        wanted = pd.MultiIndex.from_arrays([series["sku"], terms["supplier_id"]])
        for name in _FROM_SUPPLIER_ITEM:
            if name in offered:
                other = pd.Series(offered[name].reindex(wanted).to_numpy(), index=facts.index)
                facts[name] = facts[name].fillna(other.astype("float64"))
    order_cost = terms["order_cost"].to_numpy(np.float64)
    return Items(facts, terms["supplier_id"], order_cost, whole)


def _days(sku: pd.Series[str], by_sku: pd.DataFrame) -> FloatArray:
    """Last day on sale as days since 1970-01-01; NaN = none."""
    if "end_date" not in by_sku:
        return np.full(len(sku), np.nan)
    last = pd.to_datetime(sku.map(by_sku["end_date"])).to_numpy("datetime64[D]")
    return np.where(np.isnat(last), np.nan, last.astype(np.int64).astype(np.float64))
