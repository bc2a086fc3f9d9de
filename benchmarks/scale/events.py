"""What browsing events cost: many parts of parquet into daily panels, in a process of its own.

    python -m benchmarks.scale.events [--events N]

A part a day for a year and a half, with visits of one to a dozen items, of which few are looked at
by many. Measured is the whole of `ingest` with an empty store: every event is read, checked,
counted by item and day, its visitors told apart, and the panels are written; then a night on which
one more day has come.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import duckdb
import typer

from benchmarks.scale.reading import alone, ingested
from flows.sql import Resources

__all__ = ["EVENTS", "main", "measure", "write_events"]

EVENTS = 100_000_000
_DAYS, _SKUS, _VISIT = 540, 30_000, 6
_FIRST = date(2024, 1, 1)
_MEMORY_GIB = 2.0


def measure(events: int = EVENTS, *, scratch: Path | None = None) -> dict[str, float]:
    """Generate events, bring them into panels, and say what it took.

    Parameters
    ----------
    scratch : folder for the events, emptied afterwards; None = a temporary one.
    """
    with TemporaryDirectory(prefix="events-", dir=scratch) as folder:
        write_events(Path(folder) / "data", events)
        given = Path(folder), "browsing", _resources(Path(folder)), _FIRST + timedelta(days=_DAYS)
        first = alone(ingested, *given)
        _write_day(Path(folder) / "data", _DAYS, events // _DAYS)
        again = alone(ingested, *given)
    return {
        "events": events // _DAYS * _DAYS,
        "parts": _DAYS,
        **first,
        "next_day_seconds": again["seconds"],
        "next_day_peak_gib": again["peak_gib"],
    }


def _resources(folder: Path) -> Resources:
    return Resources(memory_gib=_MEMORY_GIB, store=folder / "store", co_views=False)


def write_events(data: Path, events: int) -> None:
    """Write a part a day, and sales on the first and the last day."""
    (data / "events").mkdir(parents=True)
    for day in range(_DAYS):
        _write_day(data, day, events // _DAYS)


def _write_day(data: Path, day: int, count: int) -> None:
    on = _FIRST + timedelta(days=day)
    path = data / "events" / f"part-{day:04d}.parquet"
    with duckdb.connect(config={"memory_limit": "1GB"}) as con:
        con.execute(
            f"COPY (SELECT TIMESTAMP '{on}' + INTERVAL (i * 86400 // {count}) SECOND "
            f"AS occurred_at, concat('visit ', {day}, ' ', i // {_VISIT}) AS session_id, "
            "CASE WHEN kind < 80 THEN 'view' WHEN kind < 90 THEN 'search' WHEN kind < 98 "
            "THEN 'add_to_cart' ELSE 'purchase' END AS event, "
            f"concat('sku ', lpad(CAST(floor({_SKUS} * pow(chance, 3)) AS VARCHAR), 6, '0')) "
            "AS sku, CASE WHEN who % 2 = 0 THEN concat('customer ', who % 2000000) END "
            f"AS customer_id FROM (SELECT i, hash(i, {day}) % 100 AS kind, "
            f"(hash(i, {day}, 7) % 1000000) / 1e6 AS chance, hash(i // {_VISIT}, {day}) AS who "
            f"FROM range({count}) AS t(i))) TO '{path}' (FORMAT parquet)"
        )
    lines = [f"sku 000001,{sold},1" for sold in (_FIRST, on)]
    (data / "sales.csv").write_text("\n".join(["sku,date,units_sold", *dict.fromkeys(lines)]))


def main(
    events: Annotated[int, typer.Option(help="How many events.")] = EVENTS,
    scratch: Annotated[Path | None, typer.Option(help="Where they are written.")] = None,
) -> None:
    """Print what it took."""
    for name, value in measure(events, scratch=scratch).items():
        typer.echo(f"{name:<24} {value:,.2f}")


if __name__ == "__main__":
    typer.run(main)
