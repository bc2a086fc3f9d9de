"""The results as markdown, for `benchmarks/README.md`.

python -m benchmarks.scale.report [--into FILE]
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks.forecast.report import show
from benchmarks.scale.results import RESULTS

__all__ = ["main", "markdown"]

_COSTS = ("seconds", "cpu_seconds", "peak_gib")


def main(
    results: Annotated[Path, typer.Option(help="What the benchmark wrote.")] = RESULTS,
    into: Annotated[Path | None, typer.Option(help="Markdown file to refresh.")] = None,
) -> None:
    """Print the tables, or write them into a file."""
    show(markdown(json.loads(results.read_text(encoding="utf-8"))), into, of="scale")


def markdown(document: Mapping[str, Any]) -> str:
    """Return all figures and what each part cost.

    Examples
    --------
    >>> print(markdown({"figures": {"help_seconds": 0.2}, "parts": {}}))
    | figure | value |
    | --- | ---: |
    | `help_seconds` | 0.2 |
    """
    named = [[f"`{name}`", f"{value:g}"] for name, value in sorted(document["figures"].items())]
    parts = [_table(["figure", "value"], named)]
    for name, part in document["parts"].items():
        parts.extend(_of_part(name, part))
    if "growth" in document["parts"]:
        parts.append("![Growth](results/figures/scale_growth.png)")
    return "\n\n".join(parts)


def _of_part(name: str, part: Mapping[str, Any]) -> Iterator[str]:
    changes = " and uncommitted changes" * part["uncommitted"]
    yield f"### Scale: {name}"
    yield f"{part['date']}, commit `{part['commit'][:8]}`{changes}, `{part['command']}`."
    rows = list(_rows(part))
    if rows:
        yield _table(["", "seconds", "of the processor", "peak GiB"], rows)
    for command, cost in part.get("commands", {}).items():
        stages = [[stage["name"], f"{stage['seconds']:.1f}"] for stage in cost["stages"]]
        if stages:
            yield _table([f"stage of {command.replace('_', ' ')}", "seconds"], stages)
    plain = {name: value for name, value in part.items() if isinstance(value, int | float)}
    plain.pop("uncommitted", None)
    if not rows and plain:
        yield _table(["", ""], [[name.replace("_", " "), f"{v:g}"] for name, v in plain.items()])


def _rows(part: Mapping[str, Any]) -> Iterator[list[str]]:
    """Lines of everything in a part that has the three costs."""
    groups = {"": part.get("tools", part.get("commands", {}))}
    groups |= {f"{int(size):,} SKUs, ": costs for size, costs in part.get("sizes", {}).items()}
    for prefix, costs in groups.items():
        for name, cost in costs.items():
            figures = [f"{cost[key]:,.2f}" for key in _COSTS]
            yield [f"{prefix}{name.replace('_', ' ')}", *figures]


def _table(columns: list[str], rows: Iterable[list[str]]) -> str:
    rule = ["---", *["---:"] * (len(columns) - 1)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (columns, rule, *rows))


if __name__ == "__main__":
    typer.run(main)
