"""The forecast benchmark: ours and every peer on four real data sets, in one run.

python -m benchmarks.forecast.run --data DIR [--set NAME …] [--peer NAME …] [--again]
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks.forecast.datasets import DATASETS, Prepared
from benchmarks.forecast.evaluation import Evaluation, Forecast
from benchmarks.forecast.peers import PEERS, peer_forecast
from benchmarks.forecast.report import figures, score_table

__all__ = ["main"]

_RESULTS = Path(__file__).parents[1] / "results" / "forecast.json"
_CONSOLE = Console(width=150)


def main(
    data: Annotated[Path, typer.Option(envvar="BENCH_DATA", help="Folder of the data sets.")],
    sets: Annotated[list[str], typer.Option("--set")] = list(DATASETS),  # noqa: B006
    peers: Annotated[list[str], typer.Option("--peer")] = list(PEERS),  # noqa: B006
    again: Annotated[bool, typer.Option(help="Run peers anew, cached or not.")] = False,
    out: Annotated[Path, typer.Option(help="Where the figures go.")] = _RESULTS,
) -> None:
    """Print one table per set, and write the figures."""
    results = {}
    for name in sets:
        _CONSOLE.print(f"[bold]{name}[/]: preparing")
        prepared = DATASETS[name](data)
        results[name] = _evaluate(prepared, peers, again=again)
        _CONSOLE.print(score_table(name, results[name]))
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(_document(results), indent=2) + "\n")
    _CONSOLE.print(f"written: {out}")


def _evaluate(prepared: Prepared, peers: list[str], *, again: bool) -> dict[str, object]:
    evaluation = Evaluation(prepared.problem)
    forecasts = {}
    for peer in peers:
        _CONSOLE.print(f"  {peer}", highlight=False)
        forecasts[peer] = peer_forecast(prepared.problem, peer, again=again)
    forecasts = {peer: forecast for peer, forecast in forecasts.items() if forecast}
    scored = {peer: evaluation.score(forecast) for peer, forecast in forecasts.items()}
    result: dict[str, object] = {
        "facts": prepared.facts,
        "windows": len(evaluation.weight),
        "share_scored": round(float((evaluation.weight > 0).mean()), 4),
        "peers": scored,
        "timed_out": sorted(set(peers) - set(forecasts)),
    }
    if ours := _ours(prepared):
        result["ours"] = evaluation.score(ours)
        for peer, forecast in forecasts.items():
            scored[peer]["skill_of_ours"] = vars(evaluation.compare(ours, forecast))
    return result


def _ours(prepared: Prepared) -> Forecast | None:
    """Our own forecast, where its adapter is there."""
    if importlib.util.find_spec("benchmarks.forecast.ours") is None:
        return None
    return importlib.import_module("benchmarks.forecast.ours").forecast(prepared)


def _document(results: dict[str, dict[str, object]]) -> dict[str, object]:
    head = subprocess.run(
        ["git", "rev-parse", "HEAD"],
        capture_output=True,
        text=True,
        check=False,
        cwd=_RESULTS.parents[1],
    )
    return {
        "commit": head.stdout.strip(),
        "command": " ".join(["python -m benchmarks.forecast.run", *sys.argv[1:]]),
        "date": datetime.now(UTC).date().isoformat(),
        "figures": figures(results),
        "sets": results,
    }


if __name__ == "__main__":
    typer.run(main)
