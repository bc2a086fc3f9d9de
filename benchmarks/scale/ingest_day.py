"""What one more day costs a shop whose history has been read: 30,490 SKUs, 1,941 days.

    python -m benchmarks.scale.ingest_day [--skus N]

The shop is that of the other scale figures, its last day in files of its own. All days but the
last are read on the first night, which is measured as well; then the new files are laid beside the
others, and what is measured is the whole of `ingest`: finding what is new, reading it, and laying
out every table for the night.
"""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from benchmarks.scale.reading import alone, ingested
from benchmarks.scale.shop import LAST_DAY, M5_DAYS, M5_SKUS, Shop, write_shop
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
        alone(write_shop, Shop(skus, days), data, last_day)
        resources = Resources(store=Path(folder) / "store", co_views=False)
        given = Path(folder), "sales", resources, LAST_DAY + timedelta(days=1)
        first = alone(ingested, *given)
        for part in sorted(last_day.rglob("*.parquet")):
            shutil.move(part, data / part.parent.name / part.name)
        again = alone(ingested, *given)
        unchanged = alone(ingested, *given)
    return {
        "skus": skus,
        "days": days,
        "sales_rows": again["rows"],
        "seconds": again["seconds"],
        "cpu_seconds": again["cpu_seconds"],
        "peak_gib": again["peak_gib"],
        "first_night_seconds": first["seconds"],
        "first_night_cpu_seconds": first["cpu_seconds"],
        "first_night_peak_gib": first["peak_gib"],
        "nothing_new_seconds": unchanged["seconds"],
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
