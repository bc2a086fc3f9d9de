"""Shopify: a metafield on each product variant, namespace `replenishment`, key `reorder_point`.

Shopify has no reorder rule of its own; apps read the metafield. Its inventory CSV is never
written: importing that overwrites stock. Whole units, summed over locations. `metafieldsSet` takes
25 at a time and sets all of them or none (its documentation). A variant is named
`gid://shopify/ProductVariant/NUMBER`; a bare number is read as one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from stockalert.exports.rules import OrderRules
from stockalert.exports.target import Target
from stockalert.exports.woocommerce import per_product

__all__ = ["MUTATION", "SHOPIFY", "form", "variables"]

MUTATION = (
    "mutation SetReorderPoints($metafields: [MetafieldsSetInput!]!) {"
    " metafieldsSet(metafields: $metafields) {"
    " metafields { id } userErrors { field message code } } }"
)
_PER_CALL = 25
_VARIANT = "gid://shopify/ProductVariant/"


def form(rules: OrderRules, ids: pd.DataFrame) -> pd.DataFrame:
    """One row per variant: owner and value."""
    owner = ids["ownerId"]
    owner = owner.where(owner.str.startswith(_VARIANT), _VARIANT + owner)
    return per_product(rules, owner, named="value").rename(columns={"product": "ownerId"})


def variables(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Variables of the `metafieldsSet` calls, 25 metafields each.

    Examples
    --------
    >>> rows = pd.DataFrame({"ownerId": ["gid://shopify/ProductVariant/7"], "value": ["8"]})
    >>> variables(rows)[0]["metafields"][0]["value"]
    '8'
    """
    metafields = [
        {
            "ownerId": owner,
            "namespace": "replenishment",
            "key": "reorder_point",
            "type": "number_integer",
            "value": value,
        }
        for owner, value in zip(rows["ownerId"], rows["value"], strict=True)
    ]
    starts = range(0, len(metafields), _PER_CALL)
    return [{"metafields": metafields[start : start + _PER_CALL]} for start in starts]


def _refused(rules: OrderRules, ids: pd.DataFrame) -> pd.Series[str]:
    known = ids["ownerId"].str.fullmatch(f"({_VARIANT})?[0-9]{{1,20}}")
    return pd.Series(np.where(known, "", "its ownerId names no product variant"), dtype="str")


SHOPIFY = Target("shopify", "Shopify", {"ownerId": "sku"}, (), form, refused=_refused)
