"""Peers run in their own environment, one process each, and are remembered per problem."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

from benchmarks.forecast.cache import kept, problem_folder
from benchmarks.forecast.evaluation import Forecast
from benchmarks.forecast.problem import Problem

__all__ = ["PEERS", "peer_forecast"]

_ROOT = Path(__file__).parents[2]
_PYTHON = _ROOT / "benchmarks" / "peers" / ".venv" / "bin" / "python"
_SECONDS = 20 * 60  # of CPU time, so that a busy machine changes nothing
_NO_ENVIRONMENT = f"""the peers need an environment of their own:
    uv venv {_PYTHON.parents[1].relative_to(_ROOT)}
    uv pip install --python {_PYTHON.relative_to(_ROOT)} -r benchmarks/peers/requirements.lock"""

# Series of the fixed random sample that a peer runs on, per set; all where no number is given.
PEERS: dict[str, dict[str, int]] = {
    "static_formula": {},
    "z_formula": {},
    "z_formula_quarterly": {},
    "empirical_totals": {},
    "seasonal_empirical_totals": {},
    "croston_sba": {},
    "adida": {},
    "imapa": {},
    "quantile_forest": {},
    "mlforecast_lightgbm": {},
    "skforecast_lightgbm": {
        "online_retail_ii": 80,
        "completejourney": 150,
        "freshretailnet": 500,
        "vn2": 150,
    },
    "autoets": {"online_retail_ii": 200, "completejourney": 150, "freshretailnet": 2_000},
    "autoarima": {"online_retail_ii": 200, "completejourney": 150, "freshretailnet": 2_000},
}


def peer_forecast(
    problem: Problem, peer: str, *, again: bool = False, run: bool = True
) -> Forecast | None:
    """Return the peer's quantiles, from the cache where they are.

    None where it ran out of time, now or before, or where it is not in the cache and may not `run`.
    """
    folder = problem_folder(problem)
    size = min(PEERS[peer].get(problem.name, problem.n_series), problem.n_series)
    out = folder / f"{peer}-{size}"
    gave_up = out.with_suffix(".gave_up")
    if run and (again or not (out.with_suffix(".json").exists() or gave_up.exists())):
        gave_up.unlink(missing_ok=True)
        if not _finished(folder, peer, out, size):
            gave_up.write_text(f"{_SECONDS} s of CPU time\n")
            return None
    return kept(out)


def _finished(folder: Path, peer: str, out: Path, size: int) -> bool:
    """Run the peer on one thread; False where its CPU time was used up."""
    if not _PYTHON.exists():
        raise SystemExit(_NO_ENVIRONMENT)
    command = [_PYTHON, "-m", "benchmarks.peers.run", folder, peer, out, "--sample", size]
    command += ["--seconds", _SECONDS]
    threads = {"OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}
    done = subprocess.run(
        [str(x) for x in command], cwd=_ROOT, env=os.environ | threads, check=False
    )
    if done.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        return False
    done.check_returncode()
    return True
