"""Only what is new is read: which days of a large table changed, and the parts that hold them.

Every file is remembered with the rows and a digest of each of its days. A file that is as it was is
not opened. Of the others every row is read once, and days whose rows differ from those remembered,
whichever file they are in, re-open their part: late and corrected rows, files that were removed,
rewritten or merged. Everything else stays as it was written on an earlier night.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from hashlib import blake2b
from pathlib import Path

import duckdb
import pyarrow

from flows.aggregation import CANONICAL, DERIVED_TABLES, canonical_query, origin_of
from flows.canonical import ROW_GROUP, write_rows
from flows.cutoff import DAYS
from flows.incremental_build import Kitchen, build_parts
from flows.incremental_parts import Window, early_rows, part_of, windows_of
from flows.loading import Raw, describe, reading_files, show
from flows.manifest import Book, FileEntry, Part, PartFile
from flows.manifest_files import file_system_time, look_at
from flows.quarantine import fact_dates
from flows.reading import Reading, read_typed
from flows.sources import Source
from flows.sql import identifier, identifiers, literal, rows
from stockalert.tables.inputs import INPUT_TABLES

__all__ = ["bring_up_to_date", "relation_of", "show_window"]


def bring_up_to_date(
    kitchen: Kitchen, source: Source, makes: tuple[str, ...]
) -> tuple[Reading, Book, frozenset[int]]:
    """Read what is new in the files of one table.

    Parameters
    ----------
    makes : canonical tables that are made of it, month by month.

    Returns
    -------
    What the files hold, the table as it is now, and the parts that are not as they were.

    Raises
    ------
    ContractError
        A file cannot be read, or a required column is missing.
    """
    con, table = kitchen.con, source.table
    old = kitchen.store.books.get(table)
    entries, fresh = _look(kitchen, source, old)
    known = {file: entries[file].form for file in source.files if file not in fresh}
    raw = describe(con, source, known)
    reading = _typed(con, raw)
    form = _form(kitchen, reading, makes)
    if old is not None and old.form != form:
        old, fresh = None, frozenset(source.files)
    entries = {file: replace(entry, form=raw.forms[file]) for file, entry in entries.items()}
    _take_days(kitchen, reading, old, fresh)
    entries = _count_ragged(kitchen, raw, old, entries, fresh)
    opened = _opened(kitchen, table, old)
    parts = _kept(con, table, old, opened)
    parts |= _rebuilt(kitchen, reading, opened, makes)
    if old is not None and not opened and not fresh and old.files == tuple(entries.values()):
        return reading, replace(old, latest=kitchen.latest.isoformat()), opened
    days = _stored(kitchen, raw, "days")
    ragged = _stored(kitchen, raw, "ragged")
    latest = kitchen.latest.isoformat()
    customers = old.customers if old is not None else ""
    book = Book(form, latest, tuple(entries.values()), days, ragged, parts, customers)
    return reading, book, opened


def relation_of(
    kitchen: Kitchen, book: Book, name: str, keys: Iterable[int] | None = None
) -> str | None:
    """Return SQL of the files called `name` of some parts, or of all; None where there are none."""
    chosen = sorted(book.parts if keys is None else keys)
    files = [book.parts[key].files[name] for key in chosen if name in book.parts[key].files]
    listed = ", ".join(literal(str(kitchen.store.path(file))) for file in files)
    return f"read_parquet([{listed}])" if files else None


def show_window(kitchen: Kitchen, reading: Reading, window: Window) -> None:
    """Let `raw_NAME` show the rows of some parts, of the files that hold any."""
    con, source = kitchen.con, reading.raw.source
    named = rows(
        con,
        f"SELECT DISTINCT file FROM {_days(source.table)} WHERE {window.which}",
    )
    held = {name for (name,) in named}
    files = [file for file in source.files if _name(source, file) in held]
    day = _raw_day(reading)
    exact = (
        f"{part_of(day, kitchen.period, kitchen.latest)} IN ({', '.join(map(str, window.keys))})"
    )
    early = early_rows(reading, window)
    which = f"{early} AND {exact}" if early else exact
    show(con, reading.raw, files, fresh=_unread(con, reading.raw, files), which=which)


def _name(source: Source, file: Path) -> str:
    return file.relative_to(source.root).as_posix()


def _days(table: str) -> str:
    return identifier(f"days_{table}")


def _raw_day(reading: Reading) -> str:
    """Return SQL, on the files' columns, of the day that a row is about."""
    return f"CAST({reading.typed[DAYS[reading.table.name]]} AS DATE)"


def _look(
    kitchen: Kitchen, source: Source, old: Book | None
) -> tuple[dict[Path, FileEntry], frozenset[Path]]:
    """Return what is to be remembered of each file, and the files that are not as they were."""
    before = {entry.name: entry for entry in old.files} if old is not None else {}
    now = file_system_time(kitchen.store.folder)
    entries, fresh = {}, set()
    for file in source.files:
        with reading_files(kitchen.con, source, [file]):
            probe = look_at(file, _name(source, file), before, now=now)
        entries[file] = probe.entry
        if probe.changed:
            fresh.add(file)
    return entries, frozenset(fresh)


def _typed(con: duckdb.DuckDBPyConnection, raw: Raw) -> Reading:
    """Type the table; no row of it is shown yet."""
    nothing = ", ".join(
        f"CAST(NULL AS {kind}) AS {identifier(name)}" for name, kind in raw.columns.items()
    )
    con.execute(
        f"CREATE OR REPLACE VIEW {raw.name} AS SELECT CAST(NULL AS BIGINT) AS __row, "
        f"CAST(NULL AS INTEGER) AS __file, {nothing} WHERE false"
    )
    return read_typed(con, raw, INPUT_TABLES[raw.table])


def _form(kitchen: Kitchen, reading: Reading, makes: tuple[str, ...]) -> str:
    """Name everything besides the rows that what is made of them depends on."""
    tables, origin, period = CANONICAL, reading.table.name, kitchen.period
    derived = [name for name in DERIVED_TABLES if origin_of(name, [origin, "customers"])]
    made = sorted({*makes, *derived})
    told = [
        duckdb.__version__,
        pyarrow.__version__,
        repr(reading.table),
        sorted(reading.raw.columns.items()),
        sorted(reading.given.items()),
        sorted(reading.typed.items()),
        [canonical_query(tables[name], origin=origin, view="rows", period=period) for name in made],
        (period, kitchen.co_views),
    ]
    return blake2b(repr(told).encode(), digest_size=16).hexdigest()


def _take_days(
    kitchen: Kitchen, reading: Reading, old: Book | None, fresh: frozenset[Path]
) -> None:
    """Fill `days_NAME`: rows, digest and latest fact of each file and day."""
    con, source, table = kitchen.con, reading.raw.source, reading.table.name
    con.execute(
        f"CREATE OR REPLACE TABLE {_days(table)} "
        "(file VARCHAR, day DATE, rows BIGINT, digest HUGEINT, furthest DATE, __part INTEGER)"
    )
    files = sorted(fresh)
    if old is not None:
        same = [_name(source, file) for file in source.files if file not in fresh]
        con.execute(
            f"INSERT INTO {_days(table)} SELECT file, day, rows, CAST(digest AS HUGEINT), "
            f"furthest, NULL FROM {_parquet(kitchen, old.days)} WHERE list_contains($1, file)",
            [same],
        )
    if files:
        show(con, reading.raw, files, fresh=files)
        _digest_days(con, reading, [_name(source, file) for file in files], files)
    part = part_of("day", kitchen.period, kitchen.latest)
    con.execute(f"UPDATE {_days(table)} SET __part = {part}")


def _digest_days(
    con: duckdb.DuckDBPyConnection, reading: Reading, names: list[str], files: list[Path]
) -> None:
    raw = reading.raw
    facts = ", ".join(
        f"CAST({reading.typed[name]} AS DATE)" for name in fact_dates(reading.table.name)
    )
    with reading_files(con, raw.source, files):
        con.execute(
            f"INSERT INTO {_days(reading.table.name)} SELECT $1[__file + 1], "
            f"{_raw_day(reading)} AS day, count(*), sum(hash({identifiers(raw.columns)})), "
            f"max(greatest({facts})), NULL FROM {raw.name} GROUP BY __file, day",
            [names],
        )


def _parquet(kitchen: Kitchen, file: PartFile) -> str:
    return f"read_parquet({literal(str(kitchen.store.path(file)))})"


def _count_ragged(
    kitchen: Kitchen,
    raw: Raw,
    old: Book | None,
    entries: Mapping[Path, FileEntry],
    fresh: frozenset[Path],
) -> dict[Path, FileEntry]:
    """Bring `ragged_NAME` up to date, and count it into the entries."""
    con, source = kitchen.con, raw.source
    if old is not None and old.ragged.rows:
        same = {_name(source, file): str(file) for file in source.files if file not in fresh}
        con.execute(
            f"INSERT INTO {raw.ragged} SELECT $2[list_position($1, file)], reason "
            f"FROM {_parquet(kitchen, old.ragged)} WHERE list_contains($1, file)",
            [list(same), list(same.values())],
        )
    counted = dict(rows(con, f"SELECT file, count(*) FROM {raw.ragged} GROUP BY file"))
    return {
        file: replace(entry, ragged=counted.get(str(file), 0)) for file, entry in entries.items()
    }


def _opened(kitchen: Kitchen, table: str, old: Book | None) -> frozenset[int]:
    """Return the parts whose rows, or whose judgement, are not as they were."""
    con, days = kitchen.con, _days(table)
    if old is None:
        return frozenset(key for (key,) in rows(con, f"SELECT DISTINCT __part FROM {days}"))
    then = date.fromisoformat(old.latest)
    was, part = (part_of("day", kitchen.period, latest) for latest in (then, kitchen.latest))
    total = "SELECT day, sum(rows) AS rows, sum(digest) AS digest FROM {} GROUP BY day"
    before = (
        f"(SELECT day, rows, CAST(digest AS HUGEINT) AS digest FROM {_parquet(kitchen, old.days)})"
    )
    moved = f"SELECT DISTINCT day FROM {days} WHERE {was} <> {part}"
    changed = (
        f"SELECT coalesce(a.day, b.day) AS day FROM ({total.format(before)}) AS a "
        f"FULL JOIN ({total.format(days)}) AS b ON a.day IS NOT DISTINCT FROM b.day "
        "WHERE a.rows IS DISTINCT FROM b.rows OR a.digest IS DISTINCT FROM b.digest"
    )
    opened = {
        key
        for both in rows(con, f"SELECT {was}, {part} FROM ({changed} UNION {moved})")
        for key in both
    }
    soonest = min(then, kitchen.latest)
    ahead = (
        f"furthest > DATE '{soonest}' OR (__part = 0 AND DATE '{then}' <> DATE '{kitchen.latest}')"
    )
    opened |= {key for (key,) in rows(con, f"SELECT DISTINCT __part FROM {days} WHERE {ahead}")}
    return frozenset(opened)


def _kept(
    con: duckdb.DuckDBPyConnection, table: str, old: Book | None, opened: frozenset[int]
) -> dict[int, Part]:
    """Return the parts that stay."""
    if old is None:
        return {}
    return {key: part for key, part in old.parts.items() if key not in opened}


def _rebuilt(
    kitchen: Kitchen, reading: Reading, opened: frozenset[int], makes: tuple[str, ...]
) -> dict[int, Part]:
    """Read the opened parts that have rows again, and write them."""
    table = reading.table.name
    held = dict(rows(kitchen.con, f"SELECT __part, sum(rows) FROM {_days(table)} GROUP BY __part"))
    wanted = {key: int(count) for key, count in held.items() if key in opened}
    parts: dict[int, Part] = {}
    for window in windows_of(wanted, most=kitchen.most_rows, period=kitchen.period):
        show_window(kitchen, reading, window)
        with reading_files(kitchen.con, reading.raw.source, reading.raw.source.files):
            parts |= build_parts(kitchen, reading, window, makes)
    return parts


def _unread(con: duckdb.DuckDBPyConnection, raw: Raw, files: Iterable[Path]) -> list[Path]:
    """Return the CSV files whose lines are not in the scratch database."""
    if raw.source.format != "csv":
        return []
    there = {path for (path,) in rows(con, f"SELECT DISTINCT __path FROM {raw.lines}")}
    return [file for file in files if str(file) not in there]


def _stored(kitchen: Kitchen, raw: Raw, what: str) -> PartFile:
    """Write `days_NAME` or `ragged_NAME` into the store."""
    source, path = raw.source, kitchen.store.new_path(raw.table, what)
    if what == "days":
        columns = "file, day, rows, CAST(digest AS VARCHAR) AS digest, furthest"
        query = f"SELECT {columns} FROM {_days(raw.table)} ORDER BY ALL"
        told = kitchen.con.sql(query)
    else:
        files, names = map(
            list, zip(*((str(f), _name(source, f)) for f in source.files), strict=True)
        )
        query = f"SELECT $2[list_position($1, file)] AS file, reason FROM {raw.ragged} ORDER BY ALL"
        told = kitchen.con.sql(query, params=[files, names])
    batches = told.to_arrow_reader(ROW_GROUP)
    return kitchen.store.seal(path, write_rows(batches, path, batches.schema))
