"""The cold-start benchmark: series in their first eight weeks, on four real data sets.

python -m benchmarks.cold_start.run --data DIR [--set NAME …] [--again]

The global model's answers are kept in benchmarks/.cache under a fingerprint of the questions;
--again trains it anew. Sets that are not run keep their figures in the results.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import numpy as np
import typer
from rich.console import Console

from benchmarks.cold_start.global_model import model_quantiles, train_model
from benchmarks.cold_start.launched import SHOPS, Shop, prepare
from benchmarks.cold_start.report import age_table, scores_by_age
from benchmarks.cold_start.rivals import analogs, category_quantiles, own_formula
from benchmarks.cold_start.scene import Scene, night, read_scene
from benchmarks.command import provenance
from benchmarks.forecast.datasets.prepared import write_tables
from benchmarks.forecast.problem import Array
from flows.run import Run

__all__ = ["cache_file", "main"]

_ROOT = Path(__file__).parents[1]
_RESULTS, _CACHE = _ROOT / "results" / "cold_start.json", _ROOT / ".cache" / "cold_start"
_CONSOLE = Console(width=110)


def main(
    data: Annotated[Path, typer.Option(envvar="BENCH_DATA", help="Folder of the data sets.")],
    sets: Annotated[list[str], typer.Option("--set")] = list(SHOPS),  # noqa: B006
    again: Annotated[bool, typer.Option(help="Train the global model anew.")] = False,
    out: Annotated[Path, typer.Option(help="Where the figures go.")] = _RESULTS,
) -> None:
    """Print one table per set, and write the figures."""
    results = json.loads(out.read_text())["sets"] if out.exists() else {}
    for name in sets:
        results[name] = _evaluate(SHOPS[name], data, again=again)
        _CONSOLE.print(age_table(name, results[name]["ages"]))
    document = {
        **provenance("benchmarks.cold_start.run"),
        "figures": _figures(results),
        "sets": results,
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(document, indent=2) + "\n")
    _CONSOLE.print(f"written: {out}")


def cache_file(scene: Scene) -> Path:
    """Where the global model's answers to these questions are kept."""
    digest = hashlib.sha256(scene.panel.units.tobytes())
    for column in vars(scene.questions).values():
        digest.update(np.ascontiguousarray(column).tobytes())
    return _CACHE / f"{digest.hexdigest()[:16]}.npy"


def _evaluate(shop: Shop, data: Path, *, again: bool) -> dict[str, object]:
    with TemporaryDirectory() as folder:
        tables = Path(folder) / "data"
        write_tables(prepare(shop, data), tables)
        with night(shop, tables, Path(folder) / "out", shop.end) as run:
            scene = read_scene(shop, run)
            seconds: dict[str, float] = {}
            model = _model(shop, scene, run, tables, again=again)
    answers = {"global model": model}
    rules = {"analogs": analogs, "category": category_quantiles, "formula": own_formula}
    for name, rule in rules.items():
        seconds[name], answers[name] = _timed(rule, scene)
    answers["analogs + model"] = (answers["analogs"] + model) / 2
    ages = scores_by_age(scene.questions, answers)
    return {"series": scene.panel.n_series, "seconds": seconds, "ages": ages}


def _model(shop: Shop, scene: Scene, run: Run, tables: Path, *, again: bool) -> Array:
    kept = cache_file(scene)
    if again or not kept.exists():
        trained = train_model(shop, tables, tables.parent / "training")
        kept.parent.mkdir(parents=True, exist_ok=True)
        np.save(kept, model_quantiles(scene, run, *trained))
    return np.load(kept)


def _timed(rule: Callable[[Scene], Array], scene: Scene) -> tuple[float, Array]:
    start = time.process_time()
    answer = rule(scene)
    return round(time.process_time() - start, 1), answer


def _figures(results: dict[str, dict]) -> dict[str, float]:
    """Pinball of every forecast by set and age."""
    return {
        f"pinball.{name}.week_{age}.{forecast.replace(' ', '_')}": score["pinball"]
        for name, result in results.items()
        for age, row in result["ages"].items()
        for forecast, score in row["forecasts"].items()
    }


if __name__ == "__main__":
    typer.run(main)
