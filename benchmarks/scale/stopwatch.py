"""Seconds and memory of a piece of work, in the process that does it."""

from __future__ import annotations

import re
import resource
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

__all__ = ["Cost", "measured", "peak_gib"]


@dataclass(frozen=True)
class Cost:
    """What it took.

    Attributes
    ----------
    seconds : by the clock
    cpu_seconds : of the processor, all threads and finished children
    peak_gib : most memory of this process while it ran, what was there before included
    before_gib : what was there before
    """

    seconds: float
    cpu_seconds: float
    peak_gib: float
    before_gib: float

    def rounded(self) -> dict[str, float]:
        """As a dictionary, two decimals."""
        return {name: round(value, 2) for name, value in asdict(self).items()}


def measured(work: Callable[[], Any]) -> tuple[Any, Cost]:
    """Run `work`; return its result and what it cost."""
    Path("/proc/self/clear_refs").write_text("5")  # start the high-water mark anew
    before, clock, cpu = peak_gib(), time.perf_counter(), _cpu()
    result = work()
    return result, Cost(time.perf_counter() - clock, _cpu() - cpu, peak_gib(), before)


def peak_gib() -> float:
    """Most memory of this process so far, or since `measured` began."""
    status = Path("/proc/self/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+)", status)
    if found is None:
        raise RuntimeError("no high-water mark of memory on this system")
    return int(found[1]) / 2**20


def _cpu() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime
