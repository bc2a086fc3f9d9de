"""The published figures of alerts as markdown, for `benchmarks/README.md`.

python -m benchmarks.alerts.report [--into FILE]
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks.alerts.results import RESULTS
from benchmarks.forecast.report import show

__all__ = ["main", "markdown"]

_SAID = {
    "faults": "nights with a fault each, by kind in the file",
    "killed": "of them, the process died by SIGKILL",
    "alerts_expected": "beginnings and ends owed, each to both channels",
    "messages_accepted": "by the mail server and the web receiver",
    "alerts_lost": "never arrived",
    "alerts_doubled": "arrived in two different messages",
    "repeats_with_same_key": "messages handed over twice under one key",
    "year_items": "items of the generated year, 365 nights, four planners",
    "year_fill_rate": "share of its demand that was served",
    "alerts_told": "told as new, by kind in the file",
    "alerts_per_planner_day": "of them, per planner and night",
    "alert_precision": "alerts about too little stock that led to an order in time",
    "stockouts": "stock-outs of all items",
    "stockouts_without_alert": "of them, nothing was told before",
    "misses": "the same as a share",
    "a_items": "items that earn 80 % of the revenue",
    "a_stockouts": "their stock-outs",
    "a_stockouts_alerted_in_time_share": "told before the order-by date",
    "a_stockouts_alerted_a_lead_time_before_share": "told a mean lead time before the stock-out",
    "tryton_days": "days of a trace in a real Tryton",
    "tryton_skus": "its products",
    "tryton_orders": "purchase requests that it raised",
    "tryton_orders_equal_share": "on our day, of our quantity to one step of the unit (10 g)",
    "tryton_orders_equal_exactly_share": "on our day, of exactly our quantity",
}


def main(
    results: Annotated[Path, typer.Option(help="What the benchmarks wrote.")] = RESULTS,
    into: Annotated[Path | None, typer.Option(help="Markdown file to refresh.")] = None,
) -> None:
    """Print the table, or write it into a file."""
    show(markdown(json.loads(results.read_text(encoding="utf-8"))), into, of="alerts")


def markdown(document: Mapping[str, Any]) -> str:
    """Return the figures that stand for themselves, each with what it counts.

    Examples
    --------
    >>> print(markdown({"figures": {"alerts_lost": 0, "seconds": 9.0}}))
    | figure | value | |
    | --- | ---: | --- |
    | `alerts_lost` | 0 | never arrived |
    """
    figures = document["figures"]
    shown = [name for name in _SAID if name in figures]
    rows = [f"| `{name}` | {figures[name]:,g} | {_SAID[name]} |" for name in shown]
    return "\n".join(["| figure | value | |", "| --- | ---: | --- |", *rows])


if __name__ == "__main__":
    typer.run(main)
