"""The results as markdown, for `benchmarks/README.md`.

    python -m benchmarks.forecast.report [--into FILE]

Without a file it prints; with one it replaces what stands between the file's two markers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks.forecast.results import RESULTS, read_results
from benchmarks.forecast.tables import calibration_cells, score_cells, score_columns

__all__ = ["between_markers", "main", "markdown", "show"]

_LEFT_OUT = {"q500", "q800", "q900", "q950", "q975", "q990", "cross"}
_CALIBRATION = ["group", "windows", "0.8", "0.9", "0.95", "0.975", "0.99"]
_FIGURES = ("reliability", "pinball_by_level", "pinball_by_group")  # examples show real data


def main(
    results: Annotated[Path, typer.Option(help="What the benchmark wrote.")] = RESULTS,
    into: Annotated[Path | None, typer.Option(help="Markdown file to refresh.")] = None,
) -> None:
    """Print the tables, or write them into a file."""
    show(markdown(read_results(results)), into, of="forecast")


def show(text: str, into: Path | None, *, of: str) -> None:
    """Print the tables of one benchmark, or write them between its markers in a file."""
    if into is None:
        typer.echo(text)
    else:
        into.write_text(between_markers(into.read_text(), text, of=of))


def markdown(document: Mapping[str, Any]) -> str:
    """Return all figures and the tables of each set."""
    if not document["figures"]:
        return "Nothing has been measured yet."
    named = [[f"`{name}`", f"{value:g}"] for name, value in sorted(document["figures"].items())]
    parts = [_table(["figure", "value"], named)]
    for name, result in document["sets"].items():
        parts.extend(_of_set(name, result))
    return "\n\n".join(parts)


def between_markers(page: str, text: str, *, of: str = "forecast") -> str:
    """Return the page with `text` between the markers of one benchmark.

    Raises
    ------
    ValueError
        The page lacks a marker.

    Examples
    --------
    >>> lines = ["before", "<!-- forecast results: begin -->", "old"]
    >>> page = "\\n".join([*lines, "<!-- forecast results: end -->", "after", ""])
    >>> print(between_markers(page, "new"))
    before
    <!-- forecast results: begin -->
    <BLANKLINE>
    new
    <BLANKLINE>
    <!-- forecast results: end -->
    after
    <BLANKLINE>
    """
    begin, end = (f"<!-- {of} results: {at} -->" for at in ("begin", "end"))
    before, begun, rest = page.partition(begin)
    _, ended, after = rest.partition(end)
    if not (begun and ended):
        raise ValueError(f"the page needs the lines {begin} and {end}")
    return f"{before}{begin}\n\n{text}\n\n{end}{after}"


def _of_set(name: str, result: Mapping[str, Any]) -> Iterator[str]:
    scored = f"{result['windows']:,} windows, {result['share_scored']:.0%} of them scored"
    at = f"commit `{result['commit'][:8]}`{' and uncommitted changes' * result['uncommitted']}"
    yield f"### {name}"
    yield f"{scored}; {result['date']}, {at}. In %; *ours ahead by* with its 90 % interval."
    columns = score_columns(result)
    shown = [i for i, column in enumerate(columns) if column not in _LEFT_OUT]
    rows = ([_bold(cells[i], cells[0]) for i in shown] for cells in score_cells(result))
    yield _table([columns[i] for i in shown], rows)
    if result["missing"]:
        yield f"Not in the table, because it had not finished: {', '.join(result['missing'])}."
    yield "Coverage of ours by group, with 90 % limits:"
    yield _table(_CALIBRATION, calibration_cells(result))
    pictures = (f"[{title.replace('_', ' ')}]({_picture(name, title)})" for title in _FIGURES)
    yield f"Pictures: {' · '.join(pictures)}."


def _picture(name: str, title: str) -> str:
    return f"results/figures/{name}_{title}.png"


def _bold(cell: str, forecast: str) -> str:
    return f"**{cell}**" if forecast == "ours" and cell else cell.strip()


def _table(columns: list[str], rows: Iterable[list[str]]) -> str:
    rule = ["---", *["---:"] * (len(columns) - 1)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (columns, rule, *rows))


if __name__ == "__main__":
    typer.run(main)
