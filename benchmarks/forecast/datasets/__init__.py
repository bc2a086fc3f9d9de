"""The four real data sets, each prepared as an evaluation problem and as contract tables."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from benchmarks.forecast.datasets import completejourney, freshretailnet, online_retail_ii, vn2
from benchmarks.forecast.datasets.prepared import Prepared

__all__ = ["DATASETS", "Prepared"]

DATASETS: dict[str, Callable[[Path], Prepared]] = {
    "online_retail_ii": online_retail_ii.prepare,
    "completejourney": completejourney.prepare,
    "vn2": vn2.prepare,
    "freshretailnet": freshretailnet.prepare,
}
"""The dearest first, so that jobs beside each other end together."""
