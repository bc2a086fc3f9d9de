"""Run one peer on one stored problem, and store its quantiles with their cost.

    python -m benchmarks.peers.run PROBLEM_FOLDER PEER OUT [--sample N] [--seconds S]

OUT.npz holds `series` (positions the peer ran on) and `quantiles` (cutoff-major rows of those
series, n_levels); OUT.json its CPU seconds on one thread, peak memory and the library versions.
"""

from __future__ import annotations

import argparse
import importlib
import json
import re
import resource
import time
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np

from benchmarks.forecast.problem import Problem

__all__ = ["PEERS", "main"]

# Each peer is a function Problem -> (n_rows, n_levels), imported when asked for.
PEERS = {
    "static_formula": "formulas",
    "z_formula": "formulas",
    "z_formula_quarterly": "formulas",
    "empirical_totals": "empirical",
    "seasonal_empirical_totals": "empirical",
    "croston_sba": "statistical",
    "adida": "statistical",
    "imapa": "statistical",
    "autoets": "statistical",
    "autoarima": "statistical",
    "mlforecast_lightgbm": "boosting",
    "skforecast_lightgbm": "boosting",
    "quantile_forest": "forests",
}

_LIBRARIES = ("lightgbm", "mlforecast", "numpy", "quantile-forest", "skforecast", "statsforecast")


def main() -> None:
    """Read the arguments, run, store."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("problem", type=Path)
    parser.add_argument("peer", choices=PEERS)
    parser.add_argument("out", type=Path, help="path without a suffix")
    parser.add_argument("--sample", type=int, help="run on this many series of the fixed sample")
    parser.add_argument("--seconds", type=int, default=1_200, help="CPU time it may take")
    arguments = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_CPU, (arguments.seconds, arguments.seconds))
    warnings.simplefilter("ignore")

    problem = Problem.load(arguments.problem)
    series = problem.sample(arguments.sample or problem.n_series)
    module = importlib.import_module(f"benchmarks.peers.{PEERS[arguments.peer]}")
    start = time.process_time()
    quantiles = getattr(module, arguments.peer)(problem.take(series))
    cost = {
        "seconds": round(time.process_time() - start, 1),
        "peak_gib": _peak_gib(),
        "series": len(series),
        "versions": {name: version(name) for name in _LIBRARIES},
    }
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    np.savez(arguments.out.with_suffix(".npz"), series=series, quantiles=quantiles.astype("f4"))
    arguments.out.with_suffix(".json").write_text(json.dumps(cost, indent=2) + "\n")


def _peak_gib() -> float:
    """High-water mark of this process; getrusage would count its parent's too."""
    status = Path("/proc/self/status").read_text()
    return round(int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 2**20, 2)


if __name__ == "__main__":
    main()
