"""The forecast benchmark: ours and every peer on four real data sets.

    python -m benchmarks.forecast.run --data DIR [--set NAME …] [--again ours] [--jobs 2]

Sets may be run one at a time: a run replaces the figures of its own sets alone. With several jobs
as many sets run beside each other, each of them on one thread.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Annotated, Any

import typer
from matplotlib.figure import Figure
from rich.console import Console

from benchmarks.forecast.datasets import DATASETS, Prepared
from benchmarks.forecast.evaluation import Evaluation, Forecast
from benchmarks.forecast.figures import run_figures
from benchmarks.forecast.ours import SETTINGS, our_forecast
from benchmarks.forecast.peers import PEERS, peer_forecast
from benchmarks.forecast.results import RESULTS, source, store_result
from benchmarks.forecast.tables import calibration_table, score_table
from benchmarks.forecast.tracking import TRACKING_URI, log_run

__all__ = ["main"]

_CONSOLE = Console(width=170)


@dataclass(frozen=True)
class _Task:
    """One set, and how it is to be measured; `figures` is the folder of its pictures."""

    name: str
    data: Path
    peers: list[str]
    again: list[str]
    run_peers: bool
    figures: Path


@dataclass(frozen=True)
class _Measured:
    """What was found on one set."""

    name: str
    result: dict[str, Any]
    figures: dict[str, Path]
    params: dict[str, object]

    def by(self, code: dict[str, object]) -> _Measured:
        """Say which code was measured."""
        named = {key: code[key] for key in ("code", "commit", "uncommitted")}
        return replace(self, result=self.result | code, params=named | self.params)


def main(
    *,
    data: Annotated[Path, typer.Option(envvar="BENCH_DATA", help="Folder of the data sets.")],
    sets: Annotated[list[str], typer.Option("--set")] = list(DATASETS),  # noqa: B006
    peers: Annotated[
        list[str], typer.Option("--peer", help="With fewer than all, no figures are written.")
    ] = list(PEERS),  # noqa: B006
    again: Annotated[
        list[str], typer.Option(help='"ours" or a peer, to run anew although it is in the cache.')
    ] = [],  # noqa: B006
    cached_peers: Annotated[
        bool, typer.Option("--cached-peers", help="Run no peer: those in the cache will do.")
    ] = False,
    jobs: Annotated[int, typer.Option(min=1, help="Sets measured beside each other.")] = 1,
    out: Annotated[Path, typer.Option(help="Where the figures go.")] = RESULTS,
    tracking_uri: Annotated[str, typer.Option(help="MLflow store.")] = TRACKING_URI,
) -> None:
    """Print the tables of each set, write its figures, and log it as an MLflow run."""
    figures = out.parent / "figures"
    tasks = [_Task(name, data, peers, again, not cached_peers, figures) for name in sets]
    code = source()
    for found in (measured.by(code) for measured in _all_measured(tasks, jobs)):
        name, result = found.name, found.result
        _CONSOLE.print(score_table(name, result), calibration_table(name, result))
        if set(peers) == set(PEERS):
            store_result(out, {name: result})
            _CONSOLE.print(f"written: {out}")
        log_run(tracking_uri, name, result, found.figures, found.params)


def _all_measured(tasks: list[_Task], jobs: int) -> Iterator[_Measured]:
    """Measure every set; with several jobs each in a process, as they are done."""
    if jobs == 1:
        yield from map(_measured, tasks)
        return
    os.environ["OMP_NUM_THREADS"] = "1"
    with ProcessPoolExecutor(jobs, get_context("spawn"), max_tasks_per_child=1) as pool:
        waiting = [pool.submit(_measured, task) for task in tasks]
        failed = []
        for done in as_completed(waiting):
            if (error := done.exception()) is None:
                yield done.result()
            else:
                failed.append(error)
    if failed:
        raise failed[0]


def _measured(task: _Task) -> _Measured:
    _CONSOLE.print(f"[bold]{task.name}[/]: preparing")
    prepared = DATASETS[task.name](task.data)
    evaluation = Evaluation(prepared.problem)
    peers = _peer_forecasts(prepared, task.peers, again=task.again, run=task.run_peers)
    _CONSOLE.print(f"  {task.name}: ours", highlight=False)
    anew = "ours" in task.again
    ours = our_forecast(prepared, again=anew)
    result = _result(prepared, evaluation, ours, peers, again=anew)
    result["missing"] = sorted(set(task.peers) - set(peers))
    figures = _saved(run_figures(result, evaluation, ours), task.figures, task.name)
    return _Measured(task.name, result, figures, _params(prepared))


def _peer_forecasts(
    prepared: Prepared, peers: list[str], *, again: list[str], run: bool
) -> dict[str, Forecast]:
    found = {}
    for peer in peers:
        _CONSOLE.print(f"  {prepared.problem.name}: {peer}", highlight=False)
        found[peer] = peer_forecast(prepared.problem, peer, again=peer in again, run=run)
    return {peer: forecast for peer, forecast in found.items() if forecast is not None}


def _result(
    prepared: Prepared,
    evaluation: Evaluation,
    ours: Forecast,
    peers: dict[str, Forecast],
    *,
    again: bool,
) -> dict[str, Any]:
    """Score ours and the peers; beside a peer on a sample of series, ours on the same sample."""
    scored = {peer: evaluation.score(forecast) for peer, forecast in peers.items()}
    for peer, forecast in peers.items():
        scored[peer]["skill_of_ours"] = vars(evaluation.compare(ours, forecast))
        if (size := len(forecast.series)) < len(ours.series):
            told = f"  {prepared.problem.name}: ours on {size} series, for {peer}"
            _CONSOLE.print(told, highlight=False)
            alone = our_forecast(prepared, size, again=again)
            there = {"fitted on all": evaluation.only(ours, forecast.series), "alone": alone}
            scored[peer]["ours_there"] = {
                where: evaluation.score(mine)
                | {"skill_of_ours": vars(evaluation.compare(mine, forecast))}
                for where, mine in there.items()
            }
    return {
        "facts": prepared.facts,
        "windows": len(evaluation.weight),
        "share_scored": round(float((evaluation.weight > 0).mean()), 4),
        "ours": evaluation.score(ours),
        "calibration": [group.to_json() for group in evaluation.calibration(ours)],
        "peers": scored,
    }


def _saved(figures: dict[str, Figure], folder: Path, name: str) -> dict[str, Path]:
    folder.mkdir(parents=True, exist_ok=True)
    files = {title: folder / f"{name}_{title}.png" for title in figures}
    for title, figure in figures.items():
        figure.savefig(files[title], metadata={"Software": None})
    return files


def _params(prepared: Prepared) -> dict[str, object]:
    """What tells one run from another."""
    problem = prepared.problem
    return {
        "problem": problem.fingerprint,
        "series": problem.n_series,
        "cutoffs": len(problem.cutoffs),
        "settings": SETTINGS[problem.name],
    }


if __name__ == "__main__":
    typer.run(main)
