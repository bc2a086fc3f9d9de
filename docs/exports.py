"""Fill the examples of docs/exports.md from one small night: `python docs/exports.py [--check]`.

Each example is what the exporter writes today, so the page cannot show a file that is no more.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pandas as pd

from stockalert.exports import TARGETS, WOOCOMMERCE_BATCH, Target, export
from stockalert.exports.files import bodies, csv_text, json_text

PAGE = Path(__file__).with_name("exports.md")
BLOCK = re.compile(r"(<!-- example: (\S+) -->\n```\w*\n).*?(```\n)", re.DOTALL)

NIGHT = pd.DataFrame(
    {
        "sku": ["tea-100", "tea-100", "rice-bulk", "mug-blue"],
        "location": ["shop", "depot", "shop", "shop"],
        "reorder_point": [20.0, 60.0, 7.318, 4.0],
        "order_up_to_level": [32.0, 96.0, 15.0, 4.0],
        "on_hand": [10.0, 80.0, 9.25, 3.0],
        "on_order": [4.0, 0.0, 0.0, 0.0],
        "inventory_position": [14.0, 80.0, 9.25, 3.0],
        "order_quantity": [18.0, 0.0, 0.0, 1.0],
        "safety_stock": [6.2, 11.0, 2.118, 1.5],
        "lead_time_days": [6.5, 6.5, 3.0, 14.0],
        "lead_time_sd_days": [1.25, 1.25, 0.0, 3.0],
        "service_level": [0.95, 0.95, 0.9, 0.975],
    }
)
LOTS = pd.DataFrame({"moq": [12.0, 12.0, None, None], "case_pack": [6.0, 6.0, 2.5, None]})
IDS = {
    "d365": pd.DataFrame({"dataAreaId": ["usmf"]}),
    "shopify": pd.DataFrame(
        {"sku": ["tea-100", "rice-bulk", "mug-blue"], "ownerId": ["4001", "4002", "4003"]}
    ),
    "woocommerce.json": pd.DataFrame(
        {"sku": ["tea-100", "rice-bulk", "mug-blue"], "id": ["101", "102", "103"]}
    ),
}


def example(name: str) -> str:
    """What the exporter writes for a format; `NAME.json` = the bodies of its interface."""
    if name == "night":
        shown = NIGHT[["sku", "location", "reorder_point", "order_up_to_level"]]
        shown = shown.assign(inventory_position=NIGHT["inventory_position"], **LOTS)
        return csv_text(shown).replace("\r\n", "\n")
    target: Target = WOOCOMMERCE_BATCH if name == "woocommerce.json" else TARGETS[name]
    done = export(NIGHT, target, ids=IDS.get(name), lots=LOTS)
    if name == "shopify":
        calls = bodies("shopify", done.rows)
        return json.dumps(calls[0], indent=2) + "\n"
    if name == "woocommerce.json":
        return json_text(bodies("woocommerce", done.rows))
    return csv_text(done.rows).replace("\r\n", "\n")


def main(*arguments: str) -> int:
    """Write the page, or say that it is stale."""
    page = PAGE.read_text(encoding="utf-8")
    fresh = BLOCK.sub(lambda found: found[1] + example(found[2]) + found[3], page)
    if fresh == page:
        return 0
    if "--check" in arguments:
        print("docs/exports.md is stale; run make docs", file=sys.stderr)
        return 1
    PAGE.write_text(fresh, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
