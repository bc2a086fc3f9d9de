"""What a review says: sentences, tables on the screen, and where everything is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from stockalert.review import LEAST_NIGHTS, worst_gap
from stockalert.stock_outs import CAUSES

__all__ = ["CAUSES_IN_WORDS", "Review", "in_words", "print_review"]

CAUSES_IN_WORDS = {
    "no_threshold": "no night had been published in time",
    "data_stale": "the last night in time was too old",
    "order_late": "an order was late",
    "supplier_short": "an order brought too little",
    "threshold_held": "an order or threshold was held back",
    "order_not_placed": "an order was due and not placed",
    "demand": "demand beyond the reorder point",
    "unexplained": "none of these",
}
_SERVICE = {
    "units_sold": ("units sold", "{:,.0f}"),
    "units_lost": ("lost (est.)", "{:,.0f}"),
    "fill_rate": ("fill rate", "{:.1%}"),
    "ready_rate": ("in stock", "{:.1%}"),
    "cycles": ("cycles", "{:,.0f}"),
    "cycle_service_level": ("without stock-out", "{:.1%}"),
    "threshold_held": ("demand ≤ threshold", "{:.1%}"),
    "service_level": ("aimed at", "{:.1%}"),
}


@dataclass(frozen=True)
class Review:
    """What a review found, and where it is kept.

    Attributes
    ----------
    tables : coverage, coverage_by_night, service, stock_outs, drift
    words : the same in sentences, and what could not be told
    folder : of the files
    run_id : of MLflow
    """

    tables: dict[str, pd.DataFrame]
    words: tuple[str, ...]
    folder: Path
    run_id: str


def in_words(
    tables: dict[str, pd.DataFrame], span: tuple[date, date], most_gap: float
) -> tuple[str, ...]:
    """Say in sentences how well quantiles covered, why shelves were empty, and what drifted."""
    first, last = span
    return (
        f"reviewed {first} to {last}",
        _on_coverage(tables["coverage"], most_gap),
        _on_stock_outs(tables["stock_outs"]),
        _on_drift(tables["drift"]),
    )


def _on_coverage(coverage: pd.DataFrame, most_gap: float) -> str:
    if not len(coverage):
        return "coverage: no published forecast is over yet"
    nights = int(coverage["nights"].max())
    if nights < LEAST_NIGHTS:
        return f"coverage: {nights} weekly nights are over, too few to tell a miss from chance"
    worst = worst_gap(coverage, least_nights=LEAST_NIGHTS)
    if worst is None:
        return f"coverage: no level is off beyond chance over {nights} weekly nights"
    level, gap = worst
    judged = "more" if abs(gap) > most_gap else "less"
    return (
        f"coverage: {level + gap:.1%} of outcomes lay within the quantile of {level:g} over "
        f"{nights} weekly nights, beyond chance and {judged} than {most_gap:g} off"
    )


def _on_stock_outs(found: pd.DataFrame) -> str:
    if not len(found):
        return "stock-outs: none began"
    counts = found["cause"].value_counts()
    causes = ", ".join(
        f"{CAUSES_IN_WORDS[name]} {counts[name]}" for name in CAUSES if name in counts
    )
    lost = float(found["units_lost"].sum())
    return f"stock-outs: {len(found)} began, about {lost:,.0f} units lost; {causes}"


def _on_drift(drift: pd.DataFrame) -> str:
    if not len(drift):
        return "drift: not measured"
    drifted = drift[drift["drifted"]]
    if not len(drifted):
        return f"drift: none of {len(drift)} inputs changed beyond chance and limit"
    worst = ", ".join(f"{r['feature']} ({r['psi']:.2f})" for _, r in drifted.head(3).iterrows())
    return f"drift: {len(drifted)} of {len(drift)} inputs changed, most of all {worst}"


def print_review(console: Console, told: Review) -> None:
    """Print realised service, the sentences and the files."""
    console.print(_service(told.tables["service"]))
    for sentence in told.words:
        console.print(Text(f"· {sentence}"))
    console.print(Text(f"\ntables and picture  {told.folder}"), soft_wrap=True)
    console.print(Text(f"MLflow run          {told.run_id}"), soft_wrap=True)


def _service(rows: pd.DataFrame) -> Table:
    table = Table(box=SIMPLE_HEAD, title="Realised service")
    table.add_column("class", no_wrap=True)
    for heading, _ in _SERVICE.values():
        table.add_column(heading, justify="right")
    for _, row in rows[rows["series"] > 0].iterrows():
        cells = (
            form.format(row[name]) if math.isfinite(row[name]) else "–"
            for name, (_, form) in _SERVICE.items()
        )
        table.add_row(str(row["abc_class"]), *cells)
    return table
