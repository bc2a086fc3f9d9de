"""One ingestion of a folder, timed in a process that does nothing else."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from benchmarks.scale.stopwatch import measured
from flows.ingest import ingest
from flows.sql import Resources

__all__ = ["alone", "ingested"]


def alone(work: Callable[..., Any], *given: Any) -> Any:
    """Run in a process of its own, whose memory is this work's alone."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, *given).result()


def ingested(folder: Path, table: str, resources: Resources, today: date) -> dict[str, float]:
    """Read `folder`/data; seconds, memory and the rows of the canonical `table`."""

    def work() -> int:
        intake = ingest(
            folder / "data",
            folder / "work",
            period="D",
            as_of=None,
            today=today,
            max_share=0.01,
            resources=resources,
        )
        return intake.tables[table].rows_written

    written, cost = measured(work)
    shutil.rmtree(folder / "work")
    figures = cost.rounded()
    costs = {name: figures[name] for name in ("seconds", "cpu_seconds", "peak_gib")}
    return costs | {"rows": written}
