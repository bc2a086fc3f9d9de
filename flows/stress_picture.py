"""Picture of a stress test: what is lost, and when the first items run out."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from flows.stressing import StressTest

__all__ = ["draw"]

_SHOWN = 12
_COURSES = {"normal": "normal course", "stress": "scenario", "adapted": "scenario, adapted"}
_COLOURS = {"normal": "#9aa5b1", "stress": "#c0392b", "adapted": "#2e86ab"}


def draw(test: StressTest) -> None:
    """Draw what each course loses, and the days until the items that lose most run out."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 4.5), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2, width_ratios=(1, 2))
    sums = [test.items[f"lost_value_{name}"].sum() for name in _COURSES]
    left.bar(list(_COURSES.values()), sums, color=list(_COLOURS.values()))
    left.set_ylabel(f"sales lost in {test.days} days, currency")
    left.tick_params(axis="x", labelrotation=20)
    first = test.items.head(_SHOWN).iloc[::-1]
    place = np.arange(len(first))
    for step, name in enumerate(_COURSES):
        days = np.minimum(first[f"days_to_stockout_{name}"].to_numpy(np.float64), test.days)
        right.barh(
            place + 0.27 * (1 - step), days, 0.25, color=_COLOURS[name], label=_COURSES[name]
        )
    # A product's name is no formula.
    labels = [
        f"{s} · {w}".replace("$", r"\$")
        for s, w in zip(first["sku"], first["location"], strict=True)
    ]
    right.set_yticks(place, labels)
    right.set_xlabel(f"days to the first unit short (median; {test.days} = none in half the paths)")
    right.legend(fontsize=8)
    figure.suptitle(test.scenario.replace("$", r"\$"))
    staged = test.figure.with_name(f".{test.figure.name}.{os.getpid()}")
    figure.savefig(staged, format="png", dpi=110)
    staged.replace(test.figure)
