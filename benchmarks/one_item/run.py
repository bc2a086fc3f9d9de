"""The benchmark of one item: our orders, a capped base-stock rule's, and perfect foresight.

python -m benchmarks.one_item.run [--seeds N] [--first SEED] [--out FILE]
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer
from rich.console import Console
from rich.table import Table

from benchmarks.command import provenance
from benchmarks.one_item.evaluation import Estimate, Way, difference, play_all

__all__ = ["main"]

_ROOT = Path(__file__).parents[2]
_RESULTS = _ROOT / "benchmarks" / "results" / "one_item.json"
_CONSOLE = Console(width=120)
# Constants were chosen on seeds 1000 to 4999; these are others.
_FIRST = 50_000
_BY = ("pattern", "lead_time", "ratio")
_OTHER_WAYS = {
    "order_before_deliveries": Way(order_first=True),
    "losses_unseen": Way(lost_are_open=True, lead_times=("random",)),
    "sales_only": Way(sales_only=True),
}


def main(
    seeds: Annotated[int, typer.Option(help="Seeds of the headline.")] = 20,
    others: Annotated[int, typer.Option(help="Seeds of the bound and of other ways to play.")] = 5,
    first: Annotated[int, typer.Option(help="The first seed.")] = _FIRST,
    out: Annotated[Path, typer.Option(help="Where the figures go.")] = _RESULTS,
) -> None:
    """Play, print the tables, and write the figures (after every seed those so far)."""
    played = pd.DataFrame()
    for seed in range(first, first + seeds):
        way = Way(known_law=int(seed < first + others))
        played = pd.concat([played, play_all(way, range(seed, seed + 1))], ignore_index=True)
        _write(out, figures := _figures(played), len(played))
        _CONSOLE.print(f"seed {seed}: {_line(played)}", highlight=False)
    for by in _BY:
        _CONSOLE.print(_table(played, by))
    for name, way in _OTHER_WAYS.items():
        other = play_all(way, range(first, first + others))
        _CONSOLE.print(f"{name}: {_line(other)}", highlight=False)
        figures |= _flat(f"one_item.{name}.points_over_base_stock", difference(other))
        figures[f"one_item.{name}.reward_share"] = round(difference(other, to=None).value, 4)
        _write(out, figures, len(played))
    _CONSOLE.print(f"written: {out}")


def _write(out: Path, figures: dict[str, float], instances: int) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    document = {**provenance("benchmarks.one_item.run"), "figures": figures, "instances": instances}
    out.write_text(json.dumps(document, indent=2) + "\n")


def _figures(played: pd.DataFrame) -> dict[str, float]:
    figures = {"one_item.reward_share": round(difference(played, to=None).value, 4)}
    figures["one_item.reward_share_base_stock"] = round(float(played["rule"].mean()), 4)
    figures |= _flat("one_item.points_over_base_stock", difference(played))
    for kind in ("unclipped", "of_all_demand"):
        estimate = difference(played, f"ours_{kind}", f"rule_{kind}")
        figures[f"one_item.points_over_base_stock.{kind}"] = round(estimate.value, 4)
    figures["one_item.known_law.reward_share"] = round(float(played["known_law"].mean()), 4)
    known = difference(played, "known_law")
    figures |= _flat("one_item.known_law.points_over_base_stock", known)
    figures["one_item.ms_per_decision"] = round(float(played["ours_ms"].mean()), 2)
    for by in _BY:
        for group, part in played.groupby(by):
            name = f"one_item.points_over_base_stock.{by}.{_named(group)}"
            figures |= _flat(name, difference(part))
    return figures


def _table(played: pd.DataFrame, by: str) -> Table:
    table = Table(title=f"Share of the best reward, by {by}")
    for column in (by, "ours", "rule", "difference (95 %)", "known law"):
        table.add_column(column, justify="left" if column == by else "right")
    for group, part in played.groupby(by, sort=False):
        shares = [f"{part[player].mean():.3f}" for player in ("ours", "rule", "known_law")]
        table.add_row(_named(group), *shares[:2], _text(difference(part)), shares[2])
    return table


def _named(group: object) -> str:
    return f"{group:g}" if isinstance(group, float) else str(group)


def _line(played: pd.DataFrame) -> str:
    ours, rule = played["ours"].mean(), played["rule"].mean()
    return (
        f"ours {ours:.3f}, rule {rule:.3f}, difference {_text(difference(played))}, "
        f"{played['ours_ms'].mean():.2f} ms a decision"
    )


def _text(estimate: Estimate) -> str:
    return f"{estimate.value:+.3f} ({estimate.low:+.3f} … {estimate.high:+.3f})"


def _flat(name: str, estimate: Estimate) -> dict[str, float]:
    values = {"": estimate.value, ".low": estimate.low, ".high": estimate.high}
    return {f"{name}{suffix}": round(value, 4) for suffix, value in values.items()}


if __name__ == "__main__":
    typer.run(main)
