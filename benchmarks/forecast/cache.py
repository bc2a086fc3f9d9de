"""Forecasts that were made before, kept per problem in `benchmarks/.cache/forecast`.

`NAME.npz` holds `series` (positions in the problem) and `quantiles` (cutoff-major rows of those
series, n_levels); `NAME.json` what the forecast cost.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from benchmarks.forecast.evaluation import Forecast
from benchmarks.forecast.problem import Problem

__all__ = ["CACHE", "keep", "kept", "problem_folder"]

CACHE = Path(__file__).parents[1] / ".cache" / "forecast"


def problem_folder(problem: Problem) -> Path:
    """Return the folder of what is kept for a problem; a new one holds the problem itself."""
    folder = CACHE / f"{problem.name}-{problem.fingerprint}"
    if not (folder / "problem.npz").exists():
        problem.save(folder)
    return folder


def kept(out: Path) -> Forecast | None:
    """Read the forecast stored as `out` (a path without a suffix); None where there is none."""
    if not out.with_suffix(".json").exists():
        return None
    with np.load(out.with_suffix(".npz")) as stored:
        cost = json.loads(out.with_suffix(".json").read_text())
        return Forecast(stored["series"], stored["quantiles"], cost)


def keep(out: Path, forecast: Forecast) -> None:
    """Store a forecast as `out`; its cost comes last, since it says that all is there."""
    quantiles = forecast.quantiles.astype(np.float32)
    np.savez(out.with_suffix(".npz"), series=forecast.series, quantiles=quantiles)
    out.with_suffix(".json").write_text(json.dumps(forecast.cost, indent=2) + "\n")
