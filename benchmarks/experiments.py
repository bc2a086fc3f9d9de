"""The smaller benchmarks as markdown, for `benchmarks/README.md`: what each part is worth.

    python -m benchmarks.experiments [--into FILE]

Ablation, un-censoring, first weeks, lead times: read from the files that their own commands wrote.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks.forecast.report import show

__all__ = ["main", "markdown"]

RESULTS = Path(__file__).parent / "results"


def main(
    into: Annotated[Path | None, typer.Option(help="Markdown file to refresh.")] = None,
) -> None:
    """Print the tables, or write them into a file."""
    show(markdown(RESULTS), into, of="experiments")


def markdown(results: Path) -> str:
    """Return the tables of every experiment that has been run."""
    parts: list[str] = []
    for name, table in _TABLES.items():
        file = results / f"{name}.json"
        if file.exists():
            parts.extend(table(json.loads(file.read_text(encoding="utf-8"))))
    return "\n\n".join(parts)


def _ablation(document: Mapping[str, Any]) -> Iterator[str]:
    yield "### What each feature family earns"
    yield (
        "Change of the weighted pinball loss (0.8–0.99, not calibrated) when a family is left out "
        "of the default ones, or (+) added to them, with its 90 % interval over SKUs: above zero, "
        "the family helps, or the added one would not."
    )
    for name, found in document["sets"].items():
        rows = [
            [
                f"+ {family['family']}" if family["added"] else family["family"],
                f"{family['columns']}",
                f"{100 * family['pinball']:.2f} %",
                f"{100 * family['change']:+.2f} %",
                f"{100 * family['low']:+.2f} … {100 * family['high']:+.2f} %",
            ]
            for family in found["families"]
        ]
        yield (
            f"{name}: {found['series']:,} SKUs, {found['rows_trained']:,} training rows, "
            f"{found['seeds']} seeds; {_source(found)}."
        )
        yield _table(["family", "columns", "pinball", "change", "interval"], rows)


def _censoring(document: Mapping[str, Any]) -> Iterator[str]:
    yield "### Demand recovered from stock-outs"
    yield (
        f"{_source(document)}. Hours of days without a stock-out are hidden as if sold out, and "
        "their sales recovered. `ours` is the learned curve of sales over the day, which training "
        "does not read yet (record 17): it scales by share (`28-day targets`, the rule in force)."
    )
    rows = [
        [case, rule, *(f"{100 * score[key]:+.1f} %" for key in ("bias", "mae", "rmse"))]
        for case, rules in document["scores"].items()
        for rule, score in rules.items()
    ]
    yield _table(["hidden", "rule", "bias", "MAE", "RMSE"], rows)


def _cold_start(document: Mapping[str, Any]) -> Iterator[str]:
    yield "### First weeks"
    yield (
        f"{_source(document)}. Launches made by cutting history off; weighted pinball over "
        "0.8–0.99 and the largest coverage error, by age."
    )
    rows = []
    for name, told in document["sets"].items():
        for age, found in told["ages"].items():
            for forecast, score in found["forecasts"].items():
                figures = [score["pinball"], score["coverage_error_max"]]
                percents = [f"{100 * figure:.2f}" for figure in figures]
                rows.append([name, age, f"{found['windows']:,}", forecast, *percents])
    columns = ["set", "weeks", "windows", "forecast", "pinball, %", "worst coverage, points"]
    yield _table(columns, rows)


def _lead_times(document: Mapping[str, Any]) -> Iterator[str]:
    yield "### Lead times"
    orders = document["orders"]
    yield (
        f"{_source(document)}. {orders['orders']:,} real orders at {orders['cutoffs']} cutoffs; "
        "mean of −log of the probability given to the day that it came, lower is better, and the "
        "share that had come by each quantile."
    )
    columns = ["log_score", *(f"covered_{level}" for level in (0.5, 0.8, 0.9, 0.95))]
    rows = [
        [law, *(f"{score[column]:.3f}" for column in columns)]
        for law, score in document["scores"].items()
    ]
    yield _table(["law", *(column.replace("_", " ") for column in columns)], rows)


_TABLES = {
    "ablation": _ablation,
    "censoring": _censoring,
    "cold_start": _cold_start,
    "lead_times": _lead_times,
}


def _source(document: Mapping[str, Any]) -> str:
    if "command" not in document:
        return "commit not kept"
    return f"{document['date']}, commit `{document['commit'][:8]}`, `{document['command']}`"


def _table(columns: list[str], rows: Iterable[list[str]]) -> str:
    rule = ["---"] * len(columns)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (columns, rule, *rows))


if __name__ == "__main__":
    typer.run(main)
