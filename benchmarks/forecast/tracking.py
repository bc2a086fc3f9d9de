"""Every benchmark run of a set is an MLflow run, so that two ideas are compared in its pages.

mlflow ui --backend-store-uri sqlite:///benchmarks/.cache/mlflow.db
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from models.quiet import quiet_environment

quiet_environment()

from mlflow import MlflowClient  # noqa: E402
from mlflow.entities import Metric, Param  # noqa: E402

__all__ = ["EXPERIMENT", "TRACKING_URI", "log_run", "run_metrics"]

EXPERIMENT = "forecast benchmark"
_CACHE = Path(__file__).parents[1] / ".cache"
TRACKING_URI = f"sqlite:///{_CACHE / 'mlflow.db'}"

_SINGLE = (
    "pinball", "pinball_revenue", "pinball_scaled", "coverage_error_max",
    "group_coverage_error_max", "crossing_rate", "windows_scored",
)  # fmt: skip
_BY_LEVEL = ("pinball", "coverage", "coverage_below", "coverage_error")


def log_run(
    uri: str,
    name: str,
    result: Mapping[str, Any],
    figures: Mapping[str, Path],
    params: Mapping[str, object],
) -> str:
    """Log the result of one set with its pictures; return the run's id.

    Parameters
    ----------
    params : what tells two runs apart: code, commit, settings.
    """
    client = MlflowClient(tracking_uri=uri)
    tags = {
        "mlflow.runName": f"{name} {params['code']}",
        "mlflow.source.name": "forecast benchmark",
    }
    run = client.create_run(_experiment(client, uri), tags=tags)
    now = int(time.time() * 1000)
    try:
        client.log_batch(
            run.info.run_id,
            metrics=[Metric(key, value, now, 0) for key, value in run_metrics(result).items()],
            params=[Param(key, str(value)) for key, value in {"set": name, **params}.items()],
        )
        with TemporaryDirectory() as folder:
            file = Path(folder) / "result.json"
            file.write_text(json.dumps(result, indent=1))
            client.log_artifact(run.info.run_id, str(file))
        for figure in figures.values():
            client.log_artifact(run.info.run_id, str(figure), "figures")
    except BaseException:
        client.set_terminated(run.info.run_id, "FAILED")
        raise
    client.set_terminated(run.info.run_id)
    return str(run.info.run_id)


def run_metrics(result: Mapping[str, Any]) -> dict[str, float]:
    """Name the figures of a run: ours by level and by group, its cost, and skill per peer."""
    return {key: float(value) for key, value in _metrics(result) if value is not None}


def _metrics(result: Mapping[str, Any]) -> Iterator[tuple[str, float | None]]:
    ours = result["ours"]
    yield from ((key, ours[key]) for key in _SINGLE)
    for key in _BY_LEVEL:
        by_level = ours["pinball_by_level"] if key == "pinball" else ours[key]
        yield from ((f"{key}_{level}", value) for level, value in by_level.items())
    for group, value in ours["pinball_by_group"].items():
        yield f"pinball_group/{group}", value
    yield from ((key, value) for key, value in ours["cost"].items())
    skills = {peer: score["skill_of_ours"] for peer, score in result["peers"].items()}
    for peer, skill in skills.items():
        yield f"skill_vs_{peer}", skill["estimate"]
        yield f"skill_vs_{peer}_low", skill["low"]
    if skills:
        yield "skill_vs_best_peer", min(skill["estimate"] for skill in skills.values())


def _experiment(client: MlflowClient, uri: str) -> str:
    found = client.get_experiment_by_name(EXPERIMENT)
    if found is not None:
        return str(found.experiment_id)
    return str(client.create_experiment(EXPERIMENT, artifact_location=_artifacts(uri)))


def _artifacts(uri: str) -> str | None:
    """Keep files beside a SQLite store; any other store knows where."""
    file = uri.removeprefix("sqlite:///")
    return str(Path(file).resolve().with_name("mlartifacts")) if file != uri else None
