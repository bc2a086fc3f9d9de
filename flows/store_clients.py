"""Reorder points into a running shop: WooCommerce's REST and Shopify's GraphQL interface.

WooCommerce: `POST /wp-json/wc/v3/products/batch` with `WOOCOMMERCE_KEY` and `WOOCOMMERCE_SECRET`
(basic authentication, https). Shopify: `POST` to the whole address of the GraphQL interface
(`https://SHOP.myshopify.com/admin/api/VERSION/graphql.json`) with `SHOPIFY_ACCESS_TOKEN`. Both set
values, so doing it twice changes nothing. After their documentation; not run against either.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Sequence
from typing import Any

import pandas as pd

from flows.http_json import check_url, post_json
from flows.order_points import Written
from stockalert.errors import OutputError, UsageError

__all__ = ["send"]


def send(
    name: str, url: str, calls: Sequence[dict[str, Any]], records: int, *, insecure: bool = False
) -> Written:
    """Send every call in turn; one that is refused ends it, and can be repeated.

    Raises
    ------
    UsageError
        The address or the credentials are missing or wrong in form.
    OutputError
        The shop cannot be reached or refuses.
    """
    base = check_url(url, insecure=insecure)
    if name == "shopify":
        endpoint, headers = base, {"X-Shopify-Access-Token": _secret("SHOPIFY_ACCESS_TOKEN")}
    else:
        pair = f"{_secret('WOOCOMMERCE_KEY')}:{_secret('WOOCOMMERCE_SECRET')}"
        endpoint = f"{base}/wp-json/wc/v3/products/batch"
        headers = {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
    for call in calls:
        if problem := _problem(post_json(endpoint, call, headers)):
            raise OutputError(f"{name} refused: {problem[:300]}")
    nothing = pd.DataFrame(columns=["sku", "location", "reason"])
    return Written(0, records, 0, nothing)


def _problem(answer: Any) -> str:
    """What an answer of status 200 still complains of; "" = nothing."""
    if "update" in answer:
        wrong = [item for item in answer["update"] if "error" in item]
        return "; ".join(
            f"product {item.get('id')}: {item['error'].get('message')}" for item in wrong
        )
    errors = list(answer.get("errors") or [])
    errors += ((answer.get("data") or {}).get("metafieldsSet") or {}).get("userErrors") or []
    return "; ".join(str(error.get("message")) for error in errors)


def _secret(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise UsageError(f"set {name} in the environment")
    return value
