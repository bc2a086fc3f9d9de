"""Peers run in their own environment, one process each, and are remembered per problem."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import numpy as np

from benchmarks.forecast.evaluation import Forecast
from benchmarks.forecast.problem import Problem

__all__ = ["PEERS", "peer_forecast"]

_ROOT = Path(__file__).parents[2]
_PYTHON = _ROOT / "benchmarks" / "peers" / ".venv" / "bin" / "python"
_CACHE = _ROOT / "benchmarks" / ".cache" / "forecast"
_SECONDS = 20 * 60

# Series of the fixed random sample that a peer runs on, per set; all where no number is given.
PEERS: dict[str, dict[str, int]] = {
    "static_formula": {},
    "z_formula": {},
    "z_formula_quarterly": {},
    "empirical_totals": {},
    "seasonal_empirical_totals": {},
}


def peer_forecast(problem: Problem, peer: str, *, again: bool = False) -> Forecast | None:
    """Return the peer's quantiles, from the cache where they are; None where it ran out of time."""
    folder = _CACHE / f"{problem.name}-{problem.fingerprint}"
    if not (folder / "problem.npz").exists():
        problem.save(folder)
    size = min(PEERS[peer].get(problem.name, problem.n_series), problem.n_series)
    out = folder / f"{peer}-{size}"
    if again or not out.with_suffix(".json").exists():
        try:
            _run(folder, peer, out, size)
        except subprocess.TimeoutExpired:
            return None
    with np.load(out.with_suffix(".npz")) as stored:
        cost = json.loads(out.with_suffix(".json").read_text())
        return Forecast(stored["series"], stored["quantiles"], cost)


def _run(folder: Path, peer: str, out: Path, size: int) -> None:
    if not _PYTHON.exists():
        raise SystemExit("no environment for the peers: make benchmarks/peers/.venv")
    command = [_PYTHON, "-m", "benchmarks.peers.run", folder, peer, out, "--sample", str(size)]
    one_thread = {"OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1", "NIXTLA_ID_AS_COL": "1"}
    subprocess.run(
        [str(part) for part in command],
        cwd=_ROOT, env=os.environ | one_thread, check=True, timeout=_SECONDS,
    )  # fmt: skip
