"""WooCommerce: the low stock amount of a product, by CSV import or `products/batch`.

WooCommerce knows one shelf and orders nothing: at or below the amount it sends a notice (m), of
stock on hand, not of the inventory position. So there is one amount per product, the sum over
locations, rounded up to whole units. The CSV import finds products by SKU; the batch needs product
numbers, a hundred at a time.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from stockalert.exports.rules import OrderRules
from stockalert.exports.target import Target, number, whole_up

__all__ = ["WOOCOMMERCE", "WOOCOMMERCE_BATCH", "batches", "form", "per_product"]

_PER_BATCH = 100


def form(rules: OrderRules, ids: pd.DataFrame) -> pd.DataFrame:
    """One row per SKU: the reorder points of its locations, added up."""
    rows = per_product(rules, ids["SKU"], named="Low stock amount")
    return rows.rename(columns={"product": "SKU"})


def per_product(rules: OrderRules, product: pd.Series[str], *, named: str) -> pd.DataFrame:
    """Add up the reorder points of a product's locations.

    Returns
    -------
    product, and the sum as text in the column `named`
    """
    points = pd.DataFrame({"product": product, named: np.fmax(rules.trigger, 0.0)})
    added = pd.DataFrame(points.groupby("product", as_index=False, sort=True).sum())
    return added.assign(**{named: number(whole_up(added[named].to_numpy(np.float64)))})


def batches(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Bodies for `POST /wp-json/wc/v3/products/batch`, a hundred products each.

    Examples
    --------
    >>> batches(pd.DataFrame({"id": ["12"], "low_stock_amount": ["8"]}))
    [{'update': [{'id': 12, 'low_stock_amount': 8}]}]
    """
    products = [
        {"id": int(product), "low_stock_amount": int(amount)}
        for product, amount in zip(rows["id"], rows["low_stock_amount"], strict=True)
    ]
    starts = range(0, len(products), _PER_BATCH)
    return [{"update": products[start : start + _PER_BATCH]} for start in starts]


def _form_batch(rules: OrderRules, ids: pd.DataFrame) -> pd.DataFrame:
    rows = per_product(rules, ids["id"], named="low_stock_amount")
    return rows.rename(columns={"product": "id"})


def _refused(rules: OrderRules, ids: pd.DataFrame) -> pd.Series[str]:
    number_like = ids["id"].str.fullmatch("[0-9]{1,18}")
    return pd.Series(np.where(number_like, "", "its product id is no number"), dtype="str")


WOOCOMMERCE = Target("woocommerce", "WooCommerce", {"SKU": "sku"}, (), form)
WOOCOMMERCE_BATCH = Target(
    "woocommerce", "WooCommerce", {"id": "sku"}, (), _form_batch, refused=_refused
)
