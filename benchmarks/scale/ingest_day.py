"""What one more day costs a shop whose history has been read: 30,490 SKUs, 1,941 days.

    python -m benchmarks.scale.ingest_day [--skus N]

The shop is that of the other scale figures, its last day in files of its own. All days but the
last are read on the first night, which is measured as well; then the new files are laid beside the
others, and what is measured is the whole of `ingest`: finding what is new, reading it, and laying
out every table for the night.
"""

from __future__ import annotations

import shutil
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from benchmarks.scale.shop import LAST_DAY, M5_DAYS, M5_SKUS, Shop, write_shop
from benchmarks.scale.stopwatch import measured
from flows.ingest import ingest
from flows.sql import Resources

__all__ = ["main", "measure"]


def measure(
    skus: int = M5_SKUS, days: int = M5_DAYS, *, scratch: Path | None = None
) -> dict[str, float]:
    """Write a shop, read all days but one, add it, and say what that took.

    Parameters
    ----------
    scratch : folder for the shop, emptied afterwards; None = a temporary one.
    """
    with TemporaryDirectory(prefix="shop-", dir=scratch) as folder:
        data, last_day = Path(folder) / "data", Path(folder) / "last day"
        _alone(write_shop, Shop(skus, days), data, last_day)
        first = _alone(_ingested, Path(folder))
        for part in sorted(last_day.rglob("*.parquet")):
            shutil.move(part, data / part.parent.name / part.name)
        again = _alone(_ingested, Path(folder))
        unchanged = _alone(_ingested, Path(folder))
    return {
        "skus": skus,
        "days": days,
        "sales_rows": again["sales_rows"],
        "seconds": again["seconds"],
        "cpu_seconds": again["cpu_seconds"],
        "peak_gib": again["peak_gib"],
        "first_night_seconds": first["seconds"],
        "first_night_cpu_seconds": first["cpu_seconds"],
        "first_night_peak_gib": first["peak_gib"],
        "nothing_new_seconds": unchanged["seconds"],
    }


def _alone(work, *given):  # type: ignore[no-untyped-def]
    """Run in a process of its own, whose memory is this work's alone."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, *given).result()


def _ingested(folder: Path) -> dict[str, float]:
    resources = Resources(store=folder / "store", co_views=False)

    def work() -> int:
        intake = ingest(
            folder / "data",
            folder / "work",
            period="D",
            as_of=None,
            today=LAST_DAY + timedelta(days=1),
            max_share=0.01,
            resources=resources,
        )
        return intake.tables["sales"].rows_written

    written, cost = measured(work)
    shutil.rmtree(folder / "work")
    figures = cost.rounded()
    return {name: figures[name] for name in ("seconds", "cpu_seconds", "peak_gib")} | {
        "sales_rows": written
    }


def main(
    skus: Annotated[int, typer.Option(help="How many SKUs.")] = M5_SKUS,
    scratch: Annotated[Path | None, typer.Option(help="Where the shop is written.")] = None,
) -> None:
    """Print what it took."""
    for name, value in measure(skus, scratch=scratch).items():
        typer.echo(f"{name:<26} {value:,.2f}")


if __name__ == "__main__":
    typer.run(main)
