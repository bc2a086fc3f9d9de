"""The figures of the long run as markdown, for `benchmarks/README.md`.

python -m benchmarks.soak.report [--into FILE]
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks.forecast.report import show

__all__ = ["RESULTS", "main", "markdown"]

RESULTS = Path(__file__).parents[1] / "results" / "soak.json"

_SAID = {
    "nights": "in a row, a new day of the demo's shop each, with a hundred of its products",
    "nights_faulty": "of them, something went wrong on purpose",
    "nights_without_a_table_of_their_day": "of these, the night before was served on",
    "nights_lost": "not published although nothing kept it, or not after a fault",
    "half_published": "times that readers would have met a mixed, torn or missing table",
    "faults": "faulty nights, faults tried one by one, and kills",
    "faults_not_as_promised": "ended with another exit code or message than the guide says",
    "kills": "runs that died by SIGKILL, half of them while they published",
    "kills_in_training_nights": "of them, in nights that had to train",
    "fuzz_cases": "generated tables, nights, settings files and texts",
    "fuzz_tracebacks": "of them, ended in anything but one of our messages",
    "fuzz_slowest_seconds": "the slowest case",
    "secrets_found": "files that hold a planted secret",
    "thirty_nights_seconds": "the nights by the clock, asked for 600 at most",
    "flat": "1 = memory and disk grew by less than 12 % once `keep_days` removes nights",
    "memory_growth": "median of the later nights against the earlier ones",
    "disk_growth": "the most disk of the later nights against the earlier ones",
    "seconds": "the whole run",
}


def main(
    results: Annotated[Path, typer.Option(help="What the long run wrote.")] = RESULTS,
    into: Annotated[Path | None, typer.Option(help="Markdown file to refresh.")] = None,
) -> None:
    """Print the tables, or write them into a file."""
    show(markdown(json.loads(results.read_text(encoding="utf-8"))), into, of="soak")


def markdown(document: Mapping[str, Any]) -> str:
    """Return the figures, each with what it counts, and what became of each fault.

    Examples
    --------
    >>> seen = {"fault": "it is gone", "code": -9, "message": "", "served": "the night before"}
    >>> print(markdown({"figures": {"nights_lost": 0, "faults_seen": [seen]}}))
    | figure | value | |
    | --- | ---: | --- |
    | `nights_lost` | 0 | not published although nothing kept it, or not after a fault |
    <BLANKLINE>
    | fault | exit code | served |
    | --- | ---: | --- |
    | it is gone | -9 | the night before |
    """
    figures = document["figures"]
    shown = [name for name in _SAID if name in figures]
    rows = [f"| `{name}` | {figures[name]:,g} | {_SAID[name]} |" for name in shown]
    seen = [f"| {s['fault']} | {s['code']} | {s['served']} |" for s in figures["faults_seen"]]
    head = ["| figure | value | |", "| --- | ---: | --- |"]
    faults = ["| fault | exit code | served |", "| --- | ---: | --- |"]
    return "\n".join([*head, *rows, "", *faults, *seen])


if __name__ == "__main__":
    typer.run(main)
