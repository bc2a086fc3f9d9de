"""Keep MLflow to itself: no telemetry, no network, no chatter; set before it is imported."""

from __future__ import annotations

import logging
import os
import warnings

__all__ = ["quiet_environment"]

_DEFAULTS = {
    "DO_NOT_TRACK": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "MLFLOW_UV_AUTO_DETECT": "false",
    "GIT_PYTHON_REFRESH": "quiet",
}


def quiet_environment() -> None:
    """Switch off MLflow's telemetry and small talk; what the user has set in the environment wins.

    Must run before the first import of mlflow, which reads the variables once. SQLAlchemy
    deprecates a loader strategy that MLflow's store still uses: not a user's business.
    """
    for name, value in _DEFAULTS.items():
        os.environ.setdefault(name, value)
    logging.getLogger("mlflow").setLevel(os.environ["MLFLOW_LOGGING_LEVEL"].upper())
    logging.getLogger("alembic").setLevel(logging.WARNING)
    warnings.filterwarnings(
        "ignore", message=r"The ``noload`` loader strategy", category=DeprecationWarning
    )
