"""What a backtest or a review leaves behind in MLflow: one run with figures, tables, picture."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from models.quiet import quiet_environment
from models.tracking_store import Store

quiet_environment()

from mlflow.entities import Metric, Param  # noqa: E402

__all__ = ["log_backtest"]


def log_backtest(
    store: Store,
    name: str,
    *,
    started_at: datetime,
    params: Mapping[str, object],
    metrics: Mapping[str, float],
    folder: Path,
    note: str,
    source: str = "stockalert backtest",
) -> str:
    """Log a finished backtest or review; its run is marked FAILED when that goes wrong.

    Parameters
    ----------
    started_at : with its time zone
    metrics : those that are not a number are left out
    folder : every file in it becomes an artifact
    note : shown as the run's description
    source : the command that made it

    Returns
    -------
    the run's id
    """
    at = int(started_at.timestamp() * 1000)
    tags = {
        "mlflow.runName": name,
        "mlflow.source.name": source,
        "mlflow.source.type": "JOB",
        "mlflow.note.content": note,
    }
    run_id = str(store.client.create_run(store.experiment_id, at, tags=tags).info.run_id)
    try:
        store.client.log_batch(
            run_id,
            metrics=[Metric(k, v, at, 0) for k, v in metrics.items() if math.isfinite(v)],
            params=[Param(k, str(v)) for k, v in params.items()],
        )
        store.client.log_artifacts(run_id, str(folder))
    except BaseException:
        store.client.set_terminated(run_id, "FAILED")
        raise
    store.client.set_terminated(run_id)
    return run_id
