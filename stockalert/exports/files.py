"""The files that targets import, as text: CSV after RFC 4180, or JSON of an interface's bodies."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd

from stockalert.exports.shopify import MUTATION, variables
from stockalert.exports.woocommerce import batches

__all__ = ["bodies", "csv_text", "json_text"]


def csv_text(rows: pd.DataFrame) -> str:
    r"""Write rows as CSV after RFC 4180: comma, quotes where needed, CR LF after each row.

    Examples
    --------
    >>> csv_text(pd.DataFrame({"SKU": ['20" rim'], "Low stock amount": ["3"]}))
    'SKU,Low stock amount\r\n"20"" rim",3\r\n'
    """
    return str(rows.to_csv(index=False, lineterminator="\r\n"))


def bodies(name: str, rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Bodies of the calls that carry the rows: WooCommerce's batches, Shopify's mutations."""
    if name == "shopify":
        return [{"query": MUTATION, "variables": values} for values in variables(rows)]
    return batches(rows)


def json_text(calls: list[dict[str, Any]], *, lines: bool = False) -> str:
    """Write bodies as one JSON list, or one per line."""
    if lines:
        return "".join(json.dumps(call, ensure_ascii=False) + "\n" for call in calls)
    return json.dumps(calls, ensure_ascii=False, indent=2) + "\n"
