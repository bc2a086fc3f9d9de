"""Parts of a large table as they were known on a day: linked, or cut where days lie beyond it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from flows.aggregation import CANONICAL
from flows.canonical import canonical_schema, count_visible, show_up_to, visible, write_rows
from flows.cutoff import DAYS, Cutoff
from flows.incremental import show_window
from flows.incremental_build import Kitchen, canonical_of
from flows.incremental_parts import Window, part_name
from flows.manifest import Book, Part, PartFile
from flows.quarantine import refuse_bad_rows
from flows.reading import Reading

__all__ = ["Shown", "lay_out"]


@dataclass(frozen=True)
class Shown:
    """What a table in parts shows at a cutoff.

    Attributes
    ----------
    visible : rows of the files that were known.
    written : rows of each canonical table made of it.
    """

    visible: int
    written: dict[str, int]


def lay_out(
    kitchen: Kitchen,
    reading: Reading,
    book: Book,
    names: tuple[str, ...],
    folder: Path,
    *,
    cutoff: Cutoff,
) -> Shown:
    """Put the parts that were known at the cutoff into `folder/NAME.parquet/`."""
    last = cutoff.as_of
    if reading.table.name == "stock" and cutoff.moment is not None:
        last = cutoff.moment.date() - timedelta(days=1)
    known, written = 0, dict.fromkeys(names, 0)
    for key, part in sorted(book.parts.items()):
        if not part.kept or date.fromisoformat(min(part.kept)) > cutoff.last_day:
            continue
        if date.fromisoformat(max(part.kept)) <= last:
            known += sum(part.kept.values())
            for name, file in _of(part, names):
                _link(kitchen.store.path(file), _target(folder, name, key))
                written[name] += file.rows
        elif reading.table.name == "stock":
            count, rows = _stock_again(kitchen, reading, key, folder, cutoff)
            known, written["stock"] = known + count, written["stock"] + rows
        else:
            known += sum(n for day, n in part.kept.items() if date.fromisoformat(day) <= last)
            for name, file in _of(part, names):
                written[name] += _cut(
                    kitchen.store.path(file), _target(folder, name, key), name, last
                )
    if known:
        _leave_none_out(folder, names)
    else:
        for name in names:
            shutil.rmtree(folder / f"{name}.parquet", ignore_errors=True)
    return Shown(known, written)


def _of(part: Part, names: tuple[str, ...]) -> Iterator[tuple[str, PartFile]]:
    return ((n, part.files[n]) for n in names if n in part.files and part.files[n].rows)


def _target(folder: Path, name: str, key: int) -> Path:
    target = folder / f"{name}.parquet" / f"{part_name(key)}.parquet"
    target.parent.mkdir(parents=True, exist_ok=True)
    return target


def _link(source: Path, target: Path) -> None:
    """Give a file that is never written again a second name; copy it where that cannot be."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _cut(source: Path, target: Path, name: str, last: date) -> int:
    """Write the rows of periods up to the last day; no file where there are none."""
    schema = canonical_schema(CANONICAL[name])
    day = DAYS.get(name, "date")
    with pq.ParquetFile(source) as file:
        rows = (
            batch.filter(pc.less_equal(batch[day].cast(pa.date32(), safe=False), pa.scalar(last)))
            for batch in file.iter_batches()
        )
        written = write_rows(rows, target, schema)
    if not written:
        target.unlink()
    return written


def _stock_again(
    kitchen: Kitchen, reading: Reading, key: int, folder: Path, cutoff: Cutoff
) -> tuple[int, int]:
    """Make a month of stock of the counts known by then; return its counts and rows."""
    con = kitchen.con
    show_window(kitchen, reading, Window((key,), kitchen.period))
    refuse_bad_rows(con, reading, today=kitchen.today)
    show_up_to(con, reading, cutoff)
    query = canonical_of(reading, "stock", visible(reading), kitchen.period)
    schema = canonical_schema(reading.table)
    target = _target(folder, "stock", key)
    batches = con.sql(f"SELECT * EXCLUDE (__part) FROM ({query})").to_arrow_reader()
    written = write_rows(batches, target, schema)
    if not written:
        target.unlink()
    return count_visible(con, reading), written


def _leave_none_out(folder: Path, names: tuple[str, ...]) -> None:
    """Write an empty part of a table that has rows to tell of, but none of its own."""
    for name in names:
        parts = folder / f"{name}.parquet"
        if not parts.exists() or not any(parts.iterdir()):
            schema = canonical_schema(CANONICAL[name])
            write_rows([], parts / "none.parquet", schema)
