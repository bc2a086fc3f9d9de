"""The demo's last word: one screenful that says what was done, how well, and what to order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from flows.demo_data import DemoFacts
from models.metrics import HEADLINE_LEVELS, coverage_error

__all__ = ["describe_reorder", "most_urgent", "print_summary"]

_SHOWN_LEVELS = (0.8, 0.9, 0.95, 0.99)


def print_summary(
    console: Console,
    *,
    facts: DemoFacts,
    thresholds: pd.DataFrame,
    products: pd.DataFrame,
    scores: pd.DataFrame,
    files: dict[str, Path],
    next_step: str,
) -> None:
    """Print the demo's results.

    Parameters
    ----------
    thresholds : the published table of the night.
    products : sku, name.
    scores : model, level, weighted_pinball, share_below, share_at_or_below; with a column
        `grouping` only its rows "all" count. The first model is ours, the others are baselines.
    files : what a file holds → where it is.
    next_step : the command to try next.
    """
    due = int((thresholds["order_quantity"] > 0).sum())
    console.rule("[bold]stockalert demo")
    console.print(
        f"[bold]{len(thresholds):,} SKUs[/bold] of a real grocer have a reorder point; "
        f"{due:,} of them should be ordered now.\n"
    )
    console.print(_score_table(scores))
    console.print("\n[bold]Order these first[/bold]")
    names = products.set_index("sku")["name"]
    console.print(_reorders(most_urgent(thresholds), names))
    _print_origins(console, facts)
    console.print("\n[bold]Files[/bold]")
    for meaning, path in files.items():
        console.print(Text(f"  {meaning:<22} {path}"), soft_wrap=True)
    console.print(Text.assemble("\n", ("Next", "bold"), f"  {next_step}"), soft_wrap=True)


def _reorders(urgent: pd.DataFrame, names: pd.Series[str]) -> Table:
    grid = Table.grid(padding=(0, 1))
    grid.add_column(justify="right", width=3)
    grid.add_column()
    for place, row in enumerate(urgent.to_dict("records"), start=1):
        name = str(names.get(row["sku"], row["sku"]))
        sentence = Text(describe_reorder(name, row))
        sentence.stylize("bold", 0, len(name))
        grid.add_row(f"{place}.", sentence)
    return grid


def most_urgent(thresholds: pd.DataFrame, *, most: int = 10) -> pd.DataFrame:
    """Return the rows to order first: the most units a day at risk before an order can arrive.

    Risk = stockout_probability × expected daily demand; rows with nothing to order are left out.
    """
    due = thresholds[thresholds["order_quantity"] > 0]
    risk = due["stockout_probability"] * due["expected_demand"] / due["protection_days"]
    order = pd.DataFrame({"risk": -risk, "sku": due["sku"], "location": due["location"]})
    return due.loc[order.sort_values(["risk", "sku", "location"]).index].head(most)


def describe_reorder(name: str, row: Mapping[Any, Any]) -> str:
    """Say in words what to order, and why, from one row of `thresholds`.

    Examples
    --------
    >>> row = {"on_hand": 12.0, "on_order": 0.0, "expected_demand": 63.0, "protection_days": 7.0,
    ...        "lead_time_days": 6.2, "order_quantity": 72.0,
    ...        "order_by_date": pd.Timestamp("2018-01-02")}
    >>> describe_reorder("MILK 1 GA", row)
    'MILK 1 GA: 12 on hand, 0 on order, sells about 9 a day, supplier takes 6 days: order 72 by \
Tue 2 Jan'
    """
    figures = pd.Series(row)
    by = pd.Timestamp(figures["order_by_date"])
    lead = max(round(figures["lead_time_days"]), 1)
    return (
        f"{name}: {figures['on_hand']:,.0f} on hand, {figures['on_order']:,.0f} on order, "
        f"sells about {_pace(figures['expected_demand'] / figures['protection_days'])}, "
        f"supplier takes {lead} day{'s' if lead > 1 else ''}: "
        f"order {figures['order_quantity']:,.0f} by {by:%a} {by.day} {by:%b}"
    )


def _pace(daily: float) -> str:
    """Say how fast something sells.

    Examples
    --------
    >>> [_pace(units) for units in (9.2, 0.43, 0.02)]
    ['9 a day', '3 a week', '1 a month']
    """
    for days, word in ((1, "day"), (7, "week")):
        if daily * days >= 0.95:
            return f"{daily * days:,.0f} a {word}"
    return f"{max(daily * 30, 1):,.0f} a month"


def _score_table(scores: pd.DataFrame) -> Table:
    if "grouping" in scores:
        scores = scores[scores["grouping"] == "all"]
    table = Table(
        title="Forecasts of demand over the lead time, on eight weeks that none has seen",
        caption="loss: pinball loss ÷ demand, mean of the levels 80–99 %, smaller is better\n"
        "share of outcomes within the quantile: best is the level itself",
        title_justify="left",
        caption_justify="left",
        title_style="bold",
        box=SIMPLE_HEAD,
        pad_edge=False,
    )
    table.add_column("model")
    table.add_column("loss", justify="right")
    table.add_column("against ours", justify="right")
    for level in _SHOWN_LEVELS:
        table.add_column(f"within {level:.0%}", justify="right")
    for place, cells in enumerate(_score_rows(scores)):
        table.add_row(*cells, style="bold" if place == 0 else "")
    return table


def _score_rows(scores: pd.DataFrame) -> Iterator[Sequence[str]]:
    upper = scores[scores["level"].round(6).isin(HEADLINE_LEVELS)]
    losses = upper.groupby("model", sort=False)["weighted_pinball"].mean()
    shares = scores[["share_below", "share_at_or_below"]].to_numpy()
    levels = scores["level"].to_numpy()
    nearest = pd.Series(levels + coverage_error(shares, levels), index=scores.index)
    for model, loss in losses.items():
        chosen = scores["model"] == model
        covered = dict(zip(levels[chosen].round(6), nearest[chosen], strict=True))
        worse = "" if model == losses.index[0] else f"{loss / losses.iloc[0] - 1:+.1%}"
        cells = [f"{covered.get(level, np.nan):.1%}" for level in _SHOWN_LEVELS]
        yield [str(model), f"{loss:.4f}", worse, *cells]


def _print_origins(console: Console, facts: DemoFacts) -> None:
    """Say which figures are real and which are generated."""
    origins: dict[str, list[str]] = {}
    for table in facts.tables:
        origins.setdefault(table.origin, []).append(table.name)
    dropped = "; ".join(f"{d.reason} {d.lines:,}" for d in facts.dropped)
    console.print("\n[bold]What is real, and what is generated[/bold]")
    console.print(
        f"  {facts.lines:,} lines of the Complete Journey, {facts.first_day} to {facts.last_day}; "
        f"left out: {dropped}."
    )
    for origin, names in origins.items():
        style = "italic yellow" if "generated" in origin else "green"
        console.print(Text.assemble("  ", (origin, style), f": {', '.join(names)}"))
    console.print(
        f"  The generated stock-outs hide {facts.share_lost:.1%} of the demand; "
        "accuracy on real browsing or real stock-outs is not claimed."
    )
