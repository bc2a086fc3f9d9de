"""The scale benchmark: features beside peers, nights at M5 size, growth, browsing, start-up.

    python -m benchmarks.scale.run [--part NAME …]

Parts may be run one at a time; a part replaces its own figures alone. Ratios come from one run;
seconds by the clock need a machine with nothing else to do.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.forecast.cache import CACHE
from benchmarks.scale.figure import growth_figure
from benchmarks.scale.results import RESULTS, read_parts, store_part
from benchmarks.scale.shop import M5_DAYS, M5_SKUS, Shop
from benchmarks.scale.stages import nights_of

__all__ = ["PARTS", "main"]

_CONSOLE = Console(width=120)
_SCRATCH = CACHE.with_name("scale-shops")
GROWTH = (1_000, 10_000, 30_000, 300_000)
GROWTH_DAYS = 365
GROWTH_SETTINGS = """
[model]
max_rows = 200000
n_bags = 1          # what a shop of this size has by default

[scale]
memory_gib = 0.3    # as for a shop that is short of memory
"""
"""What is compared is a refresh: the models behind it are the same small size at every shop."""
_HELPS = 5


def _features() -> dict[str, Any]:
    from benchmarks.scale.features import feature_costs

    return {"series": M5_SKUS, "days": M5_DAYS, "tools": feature_costs()}


def _m5() -> dict[str, Any]:
    return {"commands": _nights(Shop(M5_SKUS, M5_DAYS))}


def _growth() -> dict[str, Any]:
    sizes = {str(skus): _nights(Shop(skus, GROWTH_DAYS), GROWTH_SETTINGS) for skus in GROWTH}
    return {"days": GROWTH_DAYS, "sizes": sizes}


def _events() -> dict[str, Any]:
    from benchmarks.scale.events import measure

    return dict(measure())


def _ingest_day() -> dict[str, Any]:
    from benchmarks.scale.ingest_day import measure

    return dict(measure())


def _startup() -> dict[str, Any]:
    """Best of some `stockalert --help`, and one refresh of a shop of 500 SKUs."""
    words = [sys.executable, "-c", "from flows.cli import main; main()", "--help"]
    took = []
    for _ in range(_HELPS):
        begun = time.perf_counter()
        subprocess.run(words, check=True, capture_output=True)
        took.append(time.perf_counter() - begun)
    small = _nights(Shop(500, 365), GROWTH_SETTINGS)["refresh"]
    return {
        "help_seconds": round(min(took), 3),
        "small_refresh_seconds": small["seconds"],
        "small_refresh_cpu_seconds": small["cpu_seconds"],
        "small_refresh_own_cpu_seconds": small["own_cpu_seconds"],
        "stages": small["stages"],
    }


def _nights(shop: Shop, settings: str = "") -> dict[str, dict[str, Any]]:
    _CONSOLE.print(f"{shop.skus:,} SKUs × {shop.days:,} days", highlight=False)
    costs = nights_of(shop, _SCRATCH / shop.name, settings)
    return {name: cost.rounded() for name, cost in costs.items()}


PARTS: Mapping[str, Callable[[], dict[str, Any]]] = {
    "features": _features,
    "m5": _m5,
    "growth": _growth,
    "events": _events,
    "ingest_day": _ingest_day,
    "startup": _startup,
}


def main(
    parts: Annotated[list[str], typer.Option("--part")] = list(PARTS),  # noqa: B006
    out: Annotated[Path, typer.Option(help="Where the figures go.")] = RESULTS,
) -> None:
    """Measure every part, print what it cost and write the figures."""
    if unknown := set(parts) - set(PARTS):
        raise typer.BadParameter(f"unknown: {', '.join(unknown)}; there are {', '.join(PARTS)}")
    for name in parts:
        _CONSOLE.print(f"[bold]{name}[/bold]")
        figures = store_part(name, PARTS[name](), out)
        _CONSOLE.print(_table(figures))
    if "growth" in read_parts(out):
        growth_figure(read_parts(out)["growth"], out.parent / "figures" / "scale_growth.png")


def _table(figures: Mapping[str, float]) -> Table:
    table = Table("figure", title="scale so far", title_justify="left")
    table.add_column("value", justify="right")
    for name, value in figures.items():
        table.add_row(name, f"{value:,.2f}")
    return table


if __name__ == "__main__":
    typer.run(main)
