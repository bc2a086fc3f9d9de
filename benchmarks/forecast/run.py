"""The forecast benchmark: ours and every peer on four real data sets.

    python -m benchmarks.forecast.run --data DIR [--set NAME …] [--again ours]

Sets may be run one at a time: a run replaces the figures of its own sets alone.
"""

from __future__ import annotations

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
    out: Annotated[Path, typer.Option(help="Where the figures go.")] = RESULTS,
    tracking_uri: Annotated[str, typer.Option(help="MLflow store.")] = TRACKING_URI,
) -> None:
    """Print the tables of each set, write its figures, and log it as an MLflow run."""
    for name in sets:
        _CONSOLE.print(f"[bold]{name}[/]: preparing")
        prepared = DATASETS[name](data)
        evaluation = Evaluation(prepared.problem)
        found = _peer_forecasts(prepared, peers, again=again, run=not cached_peers)
        _CONSOLE.print("  ours", highlight=False)
        ours = our_forecast(prepared, again="ours" in again)
        result = _result(prepared, evaluation, ours, found, again="ours" in again)
        result |= {**source(), "missing": sorted(set(peers) - set(found))}
        _CONSOLE.print(score_table(name, result), calibration_table(name, result))
        figures = _saved(run_figures(result, evaluation, ours), out.parent / "figures", name)
        if set(peers) == set(PEERS):
            store_result(out, {name: result})
            _CONSOLE.print(f"written: {out}")
        log_run(tracking_uri, name, result, figures, _params(prepared, result))


def _peer_forecasts(
    prepared: Prepared, peers: list[str], *, again: list[str], run: bool
) -> dict[str, Forecast]:
    found = {}
    for peer in peers:
        _CONSOLE.print(f"  {peer}", highlight=False)
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
            _CONSOLE.print(f"  ours on {size} series, for {peer}", highlight=False)
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


def _params(prepared: Prepared, result: dict[str, Any]) -> dict[str, object]:
    """What tells one run from another."""
    problem = prepared.problem
    return {
        **{key: result[key] for key in ("code", "commit", "uncommitted")},
        "problem": problem.fingerprint,
        "series": problem.n_series,
        "cutoffs": len(problem.cutoffs),
        "settings": SETTINGS[problem.name],
    }


if __name__ == "__main__":
    typer.run(main)
