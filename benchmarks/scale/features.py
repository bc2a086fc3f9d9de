"""Sixteen columns at the same cutoffs by every tool, each in a process of its own on one thread.

All results are compared with those of the bare kernels; a tool that differs is an error. The panel
ends a day after the last cutoff, since mlforecast tells what is known before a day.
"""

from __future__ import annotations

import json
import os
import subprocess
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.scale.shop import M5_DAYS, M5_SKUS
from benchmarks.scale.stopwatch import measured
from benchmarks.scale.windows import COLUMNS, cutoffs_of, generated_units

__all__ = ["feature_costs"]

_ROOT = Path(__file__).parents[2]
_PEERS = _ROOT / "benchmarks" / "peers" / ".venv" / "bin" / "python"
_SAME = {"rtol": 2e-3, "atol": 2e-3}  # float32 sums in different orders
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "POLARS_MAX_THREADS"), "1")


def feature_costs(n_series: int = M5_SKUS, n_days: int = M5_DAYS) -> dict[str, dict[str, float]]:
    """Tool → seconds, processor seconds, peak memory.

    Raises
    ------
    RuntimeError
        Two tools do not agree, or the peers' environment is missing.
    """
    if not _PEERS.exists():
        raise RuntimeError("mlforecast runs in the peers' environment: make bench-peers")
    os.environ.update(_ONE_THREAD)
    costs: dict[str, dict[str, float]] = {}
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        np.save(folder / "units.npy", generated_units(n_series, n_days + 1))
        np.save(folder / "cutoffs.npy", cutoffs_of(n_days))
        for tool in ("kernels", "ours", "ours_whole_family", "polars", "pandas"):
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as alone:
                costs[tool] = alone.submit(_run, folder, tool).result()
        costs["mlforecast"] = _mlforecast(folder)
        for tool in ("ours", "polars", "pandas", "mlforecast"):
            _compare(folder, tool)
    return costs


def _run(folder: Path, tool: str) -> dict[str, float]:
    from benchmarks.scale.tools import TOOLS

    prepare, build = TOOLS[tool]
    given, cutoffs = prepare(np.load(folder / "units.npy")), np.load(folder / "cutoffs.npy")
    table, cost = measured(lambda: build(given, cutoffs))
    np.save(folder / f"{tool}.npy", table)
    return cost.rounded()


def _mlforecast(folder: Path) -> dict[str, float]:
    files = [str(folder / f"{name}.npy") for name in ("units", "cutoffs", "mlforecast")]
    done = subprocess.run(
        [str(_PEERS), "-m", "benchmarks.peers.rolling", *files],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"mlforecast failed: {done.stderr[-500:]}")
    cost: dict[str, float] = json.loads(done.stdout)
    return cost


def _compare(folder: Path, tool: str) -> None:
    table = np.load(folder / f"{tool}.npy", mmap_mode="r")
    reference = np.load(folder / "kernels.npy", mmap_mode="r")
    for place, name in enumerate(COLUMNS):
        if not np.allclose(table[:, :, place], reference[:, :, place], **_SAME):
            worst = float(np.abs(table[:, :, place] - reference[:, :, place]).max())
            raise RuntimeError(f"{tool}, column {name}: differs from the kernels by {worst:g}")
