"""Keep MLflow to itself: no telemetry, no network, no chatter; set before it is imported."""

from __future__ import annotations

import logging
import os
import warnings

__all__ = ["quiet_environment"]

_COLOUR = r"(\x1b\[[\d;]*m)?"
_NOT_OURS = (
    # SQLAlchemy deprecates a loader strategy that MLflow's store still uses.
    ("The ``noload`` loader strategy", DeprecationWarning),
    # pandas deprecates a comparison in MLflow's writing of input examples.
    ("Operation with range is deprecated", DeprecationWarning),
    # MLflow warns of its own type hints, on import.
    (_COLOUR + "Any type hint is inferred as AnyType", UserWarning),
)

_DEFAULTS = {
    "DO_NOT_TRACK": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_UV_AUTO_DETECT": "false",
    "GIT_PYTHON_REFRESH": "quiet",
}


def quiet_environment() -> None:
    """Switch off MLflow's telemetry and small talk; what the user has set in the environment wins.

    Must run before the first import of mlflow, which reads the variables once.
    """
    for name, value in _DEFAULTS.items():
        os.environ.setdefault(name, value)
    logging.getLogger("mlflow").setLevel(os.environ["MLFLOW_LOGGING_LEVEL"].upper())
    logging.getLogger("alembic").setLevel(logging.WARNING)
    for message, category in _NOT_OURS:
        warnings.filterwarnings("ignore", message=message, category=category)
