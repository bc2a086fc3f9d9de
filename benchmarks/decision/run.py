"""The decision benchmark: what ours saves, on real shops and generated ones.

    python -m benchmarks.decision.run --data DIR [--set NAME …]

Sets may be run one at a time: a run replaces the figures of its own sets alone. A run on a sample
of series (`--series`) prints and writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from matplotlib.figure import Figure
from rich.console import Console
from rich.table import Table

from benchmarks.decision.daily import daily_shop, with_lead_times
from benchmarks.decision.figures import trade_off, window_costs
from benchmarks.decision.nights import Question, our_quantiles
from benchmarks.decision.points import our_points
from benchmarks.decision.results import RESULTS, store_result
from benchmarks.decision.retail import retail_result
from benchmarks.decision.shop import Shop
from benchmarks.decision.simulator_speed import measure
from benchmarks.decision.spare_parts import REFIT_WEEKS, spare_parts, spare_shop
from benchmarks.decision.spare_parts import SETTINGS as SPARE_SETTINGS
from benchmarks.decision.tables import Lines, tables_of
from benchmarks.decision.vn2_windows import cutoffs_of, vn2_result
from benchmarks.forecast.datasets import DATASETS, Prepared
from benchmarks.forecast.ours import SETTINGS

__all__ = ["SETS", "main"]

_CONSOLE = Console(width=150)
Found = tuple[dict[str, Any], dict[str, Figure]]


def _daily(data: Path, size: int | None, again: bool, *, name: str) -> Found:
    prepared = with_lead_times(_sampled(DATASETS[name](data), size))
    shop = daily_shop(prepared)
    return _shop(shop, _question(shop, prepared, SETTINGS[name]), again)


def _spare(_: Path, size: int | None, again: bool) -> Found:
    prepared = spare_parts(size) if size else spare_parts()
    shop = spare_shop(prepared)
    question = _question(shop, prepared, SPARE_SETTINGS)
    return _shop(shop, replace(question, refit_weeks=REFIT_WEEKS), again)


def _vn2(data: Path, size: int | None, again: bool) -> Found:
    prepared = _sampled(DATASETS["vn2"](data), size)
    weeks = np.tile([1, 2, 3], (prepared.problem.n_series, 1))
    question = Question(prepared, cutoffs_of(), weeks, SETTINGS["vn2"])
    result = vn2_result(prepared.problem, our_quantiles(question, again=again))
    return result, {"costs": window_costs(result)}


def _simulator(_: Path, size: int | None, again: bool) -> Found:
    speed = asdict(measure(**({"n_series": size} if size else {})))
    speed = {key: round(value, 3) for key, value in speed.items()}
    return {**speed, "speed": speed}, {}


SETS: dict[str, Callable[[Path, int | None, bool], Found]] = {
    "online_retail_ii": partial(_daily, name="online_retail_ii"),
    "completejourney": partial(_daily, name="completejourney"),
    "vn2_windows": _vn2,
    "spare_parts": _spare,
    "simulator": _simulator,
}


def main(
    *,
    data: Annotated[Path, typer.Option(envvar="BENCH_DATA", help="Folder of the data sets.")],
    sets: Annotated[list[str], typer.Option("--set")] = list(SETS),  # noqa: B006
    series: Annotated[int | None, typer.Option(help="A sample of so many series.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Forget what was forecast.")] = False,
    out: Annotated[Path, typer.Option(help="Where the figures go.")] = RESULTS,
) -> None:
    """Replay every policy on every set, print the tables and write the figures."""
    if unknown := set(sets) - set(SETS):
        raise typer.BadParameter(f"unknown: {', '.join(unknown)}; there are {', '.join(SETS)}")
    for name in sets:
        _CONSOLE.print(f"[bold]{name}[/bold]")
        result, figures = SETS[name](data, series, again)
        for lines in tables_of(name, result):
            _CONSOLE.print(_table(lines))
        if series is None:
            _save(figures, out.parent / "figures", name)
            store_result(out, {name: result})
            _CONSOLE.print(f"written: {out}", highlight=False)


def _shop(shop: Shop, question: Question, again: bool) -> Found:
    ours = our_quantiles(question, again=again)
    result, _ = retail_result(shop, our_points(ours, shop.problem))
    result["cost_of_forecasts"] = ours.cost
    return result, {"trade_off": trade_off(shop.problem.name.replace("_", " "), result)}


def _question(shop: Shop, prepared: Prepared, settings: dict[str, Any]) -> Question:
    horizons = shop.problem.horizon[:, None].astype(np.int64)
    return Question(prepared, shop.cutoffs, horizons, settings)


def _sampled(prepared: Prepared, size: int | None) -> Prepared:
    if size is None:
        return prepared
    problem = prepared.problem
    return replace(prepared, problem=problem.take(problem.sample(size)))


def _table(lines: Lines) -> Table:
    title, columns, rows = lines
    table = Table(title=title, title_justify="left")
    for place, column in enumerate(columns):
        table.add_column(column, justify="right" if place else "left", no_wrap=True)
    for cells in rows:
        table.add_row(*cells)
    return table


def _save(figures: dict[str, Figure], folder: Path, name: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for title, figure in figures.items():
        figure.savefig(folder / f"decision_{name}_{title}.png", metadata={"Software": None})


if __name__ == "__main__":
    typer.run(main)
