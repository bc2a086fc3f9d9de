"""The results as markdown, for `benchmarks/README.md`.

    python -m benchmarks.decision.report [--into FILE]

Without a file it prints; with one it replaces what stands between the file's two markers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks.decision.results import RESULTS, read_results
from benchmarks.decision.tables import tables_of
from benchmarks.forecast.report import show

__all__ = ["main", "markdown"]

_PICTURES = {
    "online_retail_ii": "trade_off",
    "completejourney": "trade_off",
    "spare_parts": "trade_off",
    "vn2_windows": "costs",
}


def main(
    results: Annotated[Path, typer.Option(help="What the benchmark wrote.")] = RESULTS,
    into: Annotated[Path | None, typer.Option(help="Markdown file to refresh.")] = None,
) -> None:
    """Print the tables, or write them into a file."""
    show(markdown(read_results(results)), into, of="decision")


def markdown(document: Mapping[str, Any]) -> str:
    """Return all figures and the tables of each set.

    Examples
    --------
    >>> markdown({"figures": {}, "sets": {}})
    'Nothing has been measured yet.'
    """
    if not document["sets"]:
        return "Nothing has been measured yet."
    named = [[f"`{name}`", f"{value:g}"] for name, value in sorted(document["figures"].items())]
    parts = [_table(["figure", "value"], named)]
    for name, result in document["sets"].items():
        parts.extend(_of_set(name, result))
    return "\n\n".join(parts)


def _of_set(name: str, result: Mapping[str, Any]) -> Iterator[str]:
    changes = " and uncommitted changes" * result["uncommitted"]
    yield f"### Decisions: {name}"
    yield f"{result['date']}, commit `{result['commit'][:8]}`{changes}, `{result['command']}`."
    for title, columns, rows in tables_of(name, result):
        yield f"{title}:"
        yield _table(columns, rows)
    if picture := _PICTURES.get(name):
        yield f"![{name}](results/figures/decision_{name}_{picture}.png)"


def _table(columns: list[str], rows: Iterable[list[str]]) -> str:
    rule = ["---", *["---:"] * (len(columns) - 1)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (columns, rule, *rows))


if __name__ == "__main__":
    typer.run(main)
