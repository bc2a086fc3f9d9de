"""Draw the README's picture of a night: `.venv/bin/python docs/pictures/flow.py`."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

INK, BLUE, PALE, GREY, SAND = "#1b2a3a", "#08306b", "#e3eef9", "#f2f2f2", "#fdf1e0"

INPUTS = """sales or order_lines

stock
purchase_orders, suppliers
products
promotions, prices
browsing or events"""

STEPS = (
    ("read", "type, check,\nquarantine,\nhide what comes\nafter as-of"),
    ("features", "one dense panel;\nonly what was\nknown at each\ncutoff"),
    ("forecast", "quantiles of total\ndemand, lead times\nmixed in"),
    ("decide", "quantile at the\nservice level =\nreorder point;\nwhat to order now"),
    ("publish", "all tables\nin one step,\nor none"),
)

OUTPUTS = """thresholds
forecasts
order_proposals

quarantine"""


def box(ax: Axes, at: tuple[float, float], size: tuple[float, float], colour: str) -> None:
    """Draw a rounded box with its lower left corner at `at`."""
    style = "round,pad=0,rounding_size=0.12"
    ax.add_patch(FancyBboxPatch(at, *size, boxstyle=style, facecolor=colour, edgecolor=BLUE, lw=1))


def arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float], style: str) -> None:
    """Draw an arrow."""
    ax.annotate("", end, start, arrowprops={"arrowstyle": style, "color": BLUE, "lw": 1.6})


def titled(ax: Axes, at: tuple[float, float], size: tuple[float, float], words: tuple[str, str]):
    """Write a title and a text into a box."""
    x, top = at[0] + size[0] / 2, at[1] + size[1]
    ax.text(x, top - 0.30, words[0], ha="center", va="center", weight="bold", size=11, color=INK)
    ax.text(x, top - 0.52, words[1], ha="center", va="top", size=8.6, color=INK, linespacing=1.25)


def draw(path: Path) -> None:
    """Write the picture to `path`."""
    fig, ax = plt.subplots(figsize=(12.4, 3.5), dpi=130)
    ax.set(xlim=(0, 15.5), ylim=(-0.03, 4.33))
    ax.axis("off")
    size, bottom = (1.75, 1.7), 2.0
    frame = FancyBboxPatch(
        (2.72, 0.02), 10.7, 4.2, boxstyle="round,pad=0", fc="none", ec=BLUE, lw=1, ls=(0, (4, 3))
    )
    ax.add_patch(frame)
    ax.text(2.95, 4.0, "nightly: one Prefect flow", va="center", color=BLUE, style="italic")
    box(ax, (0.1, 1.85), (2.3, 2.0), GREY)
    titled(ax, (0.1, 1.85), (2.3, 2.0), ("your tables", INPUTS))
    for place, words in enumerate(STEPS):
        at = (2.95 + place * 2.13, bottom)
        box(ax, at, size, PALE)
        titled(ax, at, size, words)
        arrow(ax, (at[0] - 0.5 if place == 0 else at[0] - 0.36, 2.85), (at[0], 2.85), "-|>")
    box(ax, (13.65, 1.95), (1.75, 1.8), GREY)
    titled(ax, (13.65, 1.95), (1.75, 1.8), ("OUT/latest", OUTPUTS))
    arrow(ax, (13.22, 2.85), (13.65, 2.85), "-|>")
    training = (5.08, 0.15), (6.01, 1.15)
    box(ax, *training, SAND)
    titled(
        ax,
        *training,
        (
            "train  (no champion, or an old one)",
            "boosters per level · calibrate · prove on eight unseen weeks beside the\n"
            "baselines · log to MLflow · the gate says why it serves or not",
        ),
    )
    arrow(ax, (5.95, 2.0), (5.95, 1.3), "-|>")
    arrow(ax, (8.08, 1.3), (8.08, 2.0), "-|>")
    ax.text(8.2, 1.65, "champion", size=8.6, va="center", color=BLUE, style="italic")
    box(ax, (13.65, 0.15), (1.75, 1.15), GREY)
    titled(ax, (13.65, 0.15), (1.75, 1.15), ("MLflow", "runs, figures,\nversions"))
    arrow(ax, (11.09, 0.72), (13.65, 0.72), "<|-|>")
    fig.subplots_adjust(0, 0, 1, 1)
    fig.savefig(path)


if __name__ == "__main__":
    draw(Path(__file__).with_suffix(".png"))
