"""How a night's time and memory grow with the shop."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

__all__ = ["growth_figure"]


def growth_figure(growth: Mapping[str, Any], file: Path) -> None:
    """Draw processor seconds and peak memory of a refresh beside straight proportion."""
    skus = np.array(sorted(map(int, growth["sizes"])))
    nights = [growth["sizes"][str(n)]["refresh"] for n in skus]
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    for axis, name, label in zip(
        figure.subplots(1, 2),
        ("cpu_seconds", "peak_gib"),
        ("processor seconds", "peak memory, GiB"),
        strict=True,
    ):
        values = np.array([night[name] for night in nights])
        axis.loglog(skus, values, "o-", label="refresh")
        axis.loglog(skus, values[-1] * skus / skus[-1], ":", color="grey", label="in proportion")
        axis.set(xlabel=f"SKUs, {growth['days']} days each", ylabel=label)
        axis.grid(alpha=0.3, which="both")
        axis.legend()
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, dpi=120, metadata={"Software": None})
