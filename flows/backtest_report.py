"""What a backtest says: a table, sentences, and where everything is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from stockalert.simulation.comparison import ALL

__all__ = ["Backtest", "in_words", "print_backtest"]

_FIGURES = {
    "lost_units": ("lost units", "{:,.0f}"),
    "lost_value": ("lost value", "{:,.0f}"),
    "fill_rate": ("fill rate", "{:.2%}"),
    "average_stock_value": ("stock value", "{:,.0f}"),
    "turnover": ("turns a year", "{:.1f}"),
    "orders": ("orders", "{:,.0f}"),
    "total_cost": ("total cost", "{:,.0f}"),
}
TINY = 1e-6
_NAMES = {
    "lost_units": "units lost",
    "lost_value": "value lost",
    "stockout_rate": "demand not served at once",
}


@dataclass(frozen=True)
class Backtest:
    """What a backtest found, and where it is kept.

    Attributes
    ----------
    board : one row per policy, level and class; see `stockalert.simulation.comparison`
    compared : ours against each rival at the rival's stock
    words : the same in sentences, and what had to be assumed
    folder : of the files
    run_id : of MLflow
    """

    board: pd.DataFrame
    compared: pd.DataFrame
    level: float
    words: tuple[str, ...]
    folder: Path
    run_id: str


def in_words(
    board: pd.DataFrame, compared: pd.DataFrame, *, ours: str, level: float
) -> tuple[str, ...]:
    """One sentence per rival: what ours loses where both hold the same stock.

    Parameters
    ----------
    board, compared : of `stockalert.simulation.comparison`
    """
    whole = compared[compared["class"] == ALL]
    if not len(whole) or ours not in set(board["policy"]):
        return ()
    nothing_lost = not (whole.loc[whole["figure"] == "lost_units", "theirs"] > 0).any()
    shown = ("stockout_rate",) if nothing_lost else ("lost_units", "lost_value")
    return tuple(
        _sentence(str(rival), rows[rows["figure"].isin(shown)], ours, level)
        for rival, rows in whole.groupby("policy", sort=False)
    )


def _sentence(rival: str, rows: pd.DataFrame, ours: str, level: float) -> str:
    aim = "" if rival == "static" else f" aimed at {level:g}"
    stock = f"holding as much stock as {rival}{aim}, worth {rows['stock'].iloc[0]:,.0f}"
    if rows["ours"].isna().all():
        return f"{stock}: no level of {ours} that was tried holds so much or so little"
    told = []
    for _, row in rows.iterrows():
        name, change = _NAMES[str(row["figure"])], float(row["change"])
        if math.isfinite(change):
            told.append(f"{name} {change:+.1%}{_gap(float(row['gap_closed']))}")
        else:
            told.append(f"{name}: {rival} loses nothing")
    return f"{stock}, {ours} has {', '.join(told)}"


def _gap(share: float) -> str:
    return f" ({share:.0%} of the gap to perfect foresight)" if math.isfinite(share) else ""


def print_backtest(console: Console, backtest: Backtest) -> None:
    """Print the table of all series, the sentences and the files."""
    board, level = backtest.board, backtest.level
    console.print(_table(board[board["class"] == ALL], level))
    for sentence in backtest.words:
        console.print(Text(f"· {sentence}"))
    console.print(Text(f"\ntables and picture  {backtest.folder}"), soft_wrap=True)
    console.print(Text(f"MLflow run          {backtest.run_id}"), soft_wrap=True)


def _table(rows: pd.DataFrame, level: float) -> Table:
    """One row per policy at the settings' level, and at each series' own where that differs."""
    table = Table(box=SIMPLE_HEAD, title=f"Aimed at {level:g}")
    table.add_column("policy", no_wrap=True)
    for heading, _ in _FIGURES.values():
        table.add_column(heading, justify="right")
    for _, row in rows.iterrows():
        own = math.isnan(row["level"])
        if not own and abs(row["level"] - level) > TINY:
            continue
        swept = own and (rows["policy"] == row["policy"]).sum() > 1
        name = f"{row['policy']}, own levels" if swept else str(row["policy"])
        table.add_row(name, *(form.format(row[f]) for f, (_, form) in _FIGURES.items()))
    return table
