"""What each feature family is worth: our model without it, or with one more, on the same rows.

    python -m benchmarks.forecast.ablation --data DIR [--set NAME …]

One model per choice of families, trained once on what was known at the first cutoff and scored on
it and the weekly cutoffs after it. Features are computed once; a family is left out by dropping its
columns. The model is not calibrated and its number of trees is fixed, so that only the families
differ; quantiles are the mean over seeds, which draw other features and rows.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from benchmarks.forecast.ablation_rows import AblationRows, ablation_rows
from benchmarks.forecast.datasets import DATASETS
from benchmarks.forecast.problem import HEADLINE, LEVELS, Array
from benchmarks.forecast.results import source
from benchmarks.forecast.scores import Skill, pinball_loss, skill, weighted_pinball
from features.build import DEFAULT_FAMILIES, FAMILIES
from models.demand import DemandModel
from stockalert.rows import Rows

__all__ = ["Change", "main"]

RESULTS = Path(__file__).parents[1] / "results" / "ablation.json"
_CONSOLE = Console(width=120)


@dataclass(frozen=True)
class Change:
    """What the default families lose where one is left out, or gain where one is added.

    Attributes
    ----------
    added : whether the family is off by default and was added.
    columns : number of columns it has on this set.
    change : relative change of the headline weighted pinball, with its paired 90 % interval over
        series; for a family left out, positive means that it earns something.
    """

    family: str
    added: bool
    columns: int
    pinball: float
    change: float
    low: float
    high: float


def main(  # noqa: PLR0917
    data: Annotated[Path, typer.Option(envvar="BENCH_DATA", help="Folder of the data sets.")],
    sets: Annotated[list[str], typer.Option("--set")] = list(DATASETS),  # noqa: B006
    only: Annotated[list[str], typer.Option("--family", help="Only these; default: all.")] = [],  # noqa: B006
    series: Annotated[int, typer.Option(help="Size of the fixed sample of series.")] = 3_000,
    most_rows: Annotated[int, typer.Option(help="Most rows trained on.")] = 150_000,
    seeds: Annotated[int, typer.Option(help="Models averaged.")] = 3,
    out: Annotated[Path, typer.Option(help="Where the figures go.")] = RESULTS,
) -> None:
    """Print one table per set, and merge the figures into the file of results."""
    for name in sets:
        start = time.process_time()
        rows = ablation_rows(DATASETS[name](data), series=series, most_rows=most_rows)
        changes = list(_changes(rows, only or list(FAMILIES), seeds))
        seconds = round(time.process_time() - start)
        _CONSOLE.print(_table(name, rows, changes, seconds))
        facts = {"series": series, "rows_trained": len(rows.train), "rows_scored": len(rows.actual)}
        facts |= {"seeds": seeds, "cpu_seconds": seconds}
        _keep(out, name, facts | {"families": [asdict(change) for change in changes]})


def _changes(rows: AblationRows, families: list[str], seeds: int) -> Iterator[Change]:
    """Compare every choice of families with the default one."""
    default = [name for name in DEFAULT_FAMILIES if rows.columns[name]]
    usual = _loss(rows, default, seeds)
    yield Change("(default)", False, *_summary(rows, default, usual), 0.0, 0.0, 0.0)
    for family in (name for name in families if rows.columns[name]):
        added = family not in default
        chosen = [*default, family] if added else [name for name in default if name != family]
        loss = _loss(rows, chosen, seeds)
        gain: Skill = skill(loss, usual, rows.weight, rows.series)
        columns, pinball = _summary(rows, [family], loss)
        yield Change(family, added, columns, pinball, -gain.estimate, -gain.high, -gain.low)


def _summary(rows: AblationRows, families: list[str], loss: Array) -> tuple[int, float]:
    columns = sum(len(rows.columns[name]) for name in families)
    pinball = weighted_pinball(loss, rows.actual, rows.weight)[HEADLINE].mean()
    return columns, round(float(pinball), 5)


def _loss(rows: AblationRows, families: list[str], seeds: int) -> Array:
    """Pinball loss per scored row and level of a model that knows `families` alone."""
    names = [name for family in families for name in rows.columns[family]]
    train, test = (_only(part, names) for part in (rows.train, rows.test))
    told = [
        DemandModel.fit(
            train,
            levels=tuple(LEVELS),
            period_days=rows.period_days,
            random_state=seed,
            n_jobs=1,
            n_bags=1,
        ).raw(test)
        for seed in range(1, seeds + 1)
    ]
    _CONSOLE.print(f"  {len(families)} families, {len(names)} columns", highlight=False)
    return pinball_loss(rows.actual, np.mean(told, axis=0))


def _only(rows: Rows, names: list[str]) -> Rows:
    """Keep the columns `names`, in the order of the rows."""
    at = [place for place, name in enumerate(rows.names) if name in set(names)]
    kept = tuple(rows.names[place] for place in at)
    categorical = tuple(name for name in rows.categorical if name in kept)
    return replace(rows, values=rows.values[:, at], names=kept, categorical=categorical)


def _table(name: str, rows: AblationRows, changes: list[Change], seconds: int) -> Table:
    title = f"{name}: {len(rows.train):,} rows trained on, {len(rows.actual):,} scored, {seconds} s"
    table = Table("family", "columns", "pinball", "change", "90 % interval", title=title)
    for change in changes:
        sign = "+ " if change.added else "− " if change.change or change.low else ""
        table.add_row(
            sign + change.family,
            str(change.columns),
            f"{change.pinball:.4f}",
            f"{change.change:+.2%}",
            f"{change.low:+.2%} … {change.high:+.2%}",
        )
    return table


def _keep(out: Path, name: str, found: dict[str, Any]) -> None:
    """Merge the results of one set into the file."""
    document: dict[str, Any] = json.loads(out.read_text()) if out.exists() else {"sets": {}}
    document["sets"][name] = found | source()
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    typer.run(main)
