"""Defaults for the frameworks underneath, set before any of them is imported.

Prefect keeps its run history beside the tables and starts a temporary server on 127.0.0.1;
nothing is sent anywhere. Whatever the user has set in the environment wins.
"""

from __future__ import annotations

import os
from pathlib import Path

from flows.memory import hold_little

__all__ = ["prepare_environment"]

_QUIET = {
    # Arrow's own allocator keeps what is freed, some hundred MiB of it; the system's can be told.
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "DO_NOT_TRACK": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MPLBACKEND": "Agg",
    "OMP_WAIT_POLICY": "passive",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY": "false",
    "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "true",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "180",
    "PREFECT_SERVER_API_HOST": "127.0.0.1",
    "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",
}


def prepare_environment(out: Path | None = None, *, debug: bool = False) -> None:
    """Set the defaults that the environment does not set yet.

    Parameters
    ----------
    out : the output directory; Prefect's home is kept below it when given.
    debug : let Prefect log what it does; otherwise only this project's own words appear.
    """
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "INFO" if debug else "CRITICAL")
    if out is not None:
        os.environ.setdefault("PREFECT_HOME", str(out.resolve() / "_prefect"))
    hold_little()
