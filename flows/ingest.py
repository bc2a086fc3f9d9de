"""From a data directory to canonical tables: find → load → type → check → cut off → write.

Tables that grow by the day are kept in monthly parts, and only days that changed are read again
(`flows.incremental`). The others are read whole.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

import duckdb

from flows.aggregation import CANONICAL, origin_of
from flows.canonical import count_visible, show_up_to, write_canonical
from flows.co_views import CO_VIEWS
from flows.cutoff import DAYS, Cutoff, choose_as_of
from flows.incremental_build import Kitchen
from flows.incremental_faults import naming_full_disk
from flows.incremental_tables import InParts, derive_all, read_in_parts
from flows.incremental_view import lay_out
from flows.intake import Intake, TableReport
from flows.intraday import BROWSING, bring_browsing_forward
from flows.loading import load
from flows.manifest import open_store
from flows.notes import notes_on
from flows.progress import report as report_progress
from flows.quarantine import (
    keep_refused,
    refuse_bad_rows,
    refused_rows,
    stop_if_too_many,
    with_ragged,
)
from flows.reading import Reading, read_typed
from flows.sources import InputPlace, Source, find_sources
from flows.sql import ALONE, Resources, open_database, scalar
from stockalert.errors import ContractError
from stockalert.tables.inputs import INPUT_TABLES

__all__ = ["Input", "ingest", "open_input"]

_STALE_DAYS = 7


def ingest(
    data: Path | InputPlace,
    work: Path,
    *,
    period: str,
    as_of: date | None,
    today: date,
    max_share: float,
    moment: datetime | None = None,
    resources: Resources = ALONE,
) -> Intake:
    """Read the tables of `data` into `work/tables/NAME.parquet`, refused rows beside them.

    Tables that grow by the day become folders of that name, with a file a month. Equal rows in
    another order, or read over several nights, give equal tables, bit for bit.
    `work/quarantine/NAME.parquet` holds the refused rows as text, each with its reason.

    Parameters
    ----------
    period : "D" or "W-MON"; sales, stock and browsing are brought into weeks by the latter.
    as_of : last day whose sales are known; None = the last in the sales, at most `today`.
    today : facts dated more than a year after it are refused.
    max_share : of a table's rows that may be refused.
    moment : see `flows.cutoff.Cutoff`.
    resources : memory, threads, and the store of what earlier nights read.

    Raises
    ------
    UsageError
        No such data directory, a table twice, or as_of before the first sale.
    ContractError
        A table cannot be read, lacks a required column, has too many bad rows, or there are no
        sales.
    OutputError
        The disk is full.
    """
    with open_input(
        data,
        work,
        period=period,
        today=today,
        max_share=max_share,
        resources=resources,
        intraday=moment is not None,
    ) as tables:
        return tables.write(work, as_of=as_of, moment=moment)


@dataclass(frozen=True)
class Input:
    """Tables that are read and checked, and can be written as they were known on any day.

    Attributes
    ----------
    readings : of tables read whole.
    parts : tables kept in monthly parts.
    reports : what became of the rows of each table.
    unread : notes on files.
    span : first and last day with a sale.
    """

    kitchen: Kitchen
    readings: Mapping[str, Reading]
    parts: Mapping[str, InParts]
    reports: Mapping[str, TableReport]
    unread: tuple[str, ...]
    span: tuple[date, date]

    def write(self, work: Path, *, as_of: date | None, moment: datetime | None = None) -> Intake:
        """Write the canonical tables as known at the cutoff, in place of those written before."""
        shutil.rmtree(work / "tables", ignore_errors=True)
        first, last = self.span
        period, today = self.kitchen.period, self.kitchen.today
        day = choose_as_of(first, last, period=period, asked=as_of, today=today, moment=moment)
        reports = _write_all(self, work / "tables", Cutoff(day, moment))
        clean = {name: reading.clean for name, reading in self.readings.items()}
        skus = {name: table.skus for name, table in self.parts.items() if table.skus}
        returns = self.parts["order_lines"].returns if "order_lines" in self.parts else 0
        notes = notes_on(self.kitchen.con, clean | skus, reports, returns=returns)
        dated = _notes_on_dates(day, last, today, period)
        return Intake(day, period, reports, (*self.unread, *dated, *notes), moment)


@contextmanager
def open_input(
    data: Path | InputPlace,
    work: Path,
    *,
    period: str,
    today: date,
    max_share: float,
    problems: list[ContractError] | None = None,
    resources: Resources = ALONE,
    intraday: bool = False,
) -> Iterator[Input]:
    """Read and check the tables of `data` once; parameters and errors as of `ingest`.

    Parameters
    ----------
    problems : where given, tables that break their contract are noted there and left out.
    intraday : browsing is wanted up to a moment within a day.
    """
    for folder in ("tables", "quarantine", "parts"):
        shutil.rmtree(work / folder, ignore_errors=True)
    sources, unread = find_sources(data, work)
    with naming_full_disk(resources.store or work), open_database(work, resources) as con:
        store = open_store(resources.store or work / "parts")
        kitchen = Kitchen(con, store, period, today, resources.most_rows, resources.co_views)
        readings, parts, reports = _read_all(
            kitchen, sources, work, max_share=max_share, problems=problems, intraday=intraday
        )
        span = _span_of_sales(parts, data, unread)
        parts = derive_all(kitchen, parts, readings)
        store.keep({name: table.book for name, table in parts.items()}, set(sources))
        said = [*unread, *filter(None, [store.note])]
        said += [note for table in parts.values() for note in table.notes]
        yield Input(kitchen, readings, parts, reports, tuple(said), span)
    shutil.rmtree(work / "parts", ignore_errors=True)


def _read_all(
    kitchen: Kitchen,
    sources: Mapping[str, Source],
    work: Path,
    *,
    max_share: float,
    problems: list[ContractError] | None,
    intraday: bool,
) -> tuple[dict[str, Reading], dict[str, InParts], dict[str, TableReport]]:
    whole: dict[str, Reading] = {}
    parts: dict[str, InParts] = {}
    reports: dict[str, TableReport] = {}
    for done, (name, source) in enumerate(sources.items(), start=1):
        path = work / "quarantine" / f"{name}.parquet"
        try:
            if name in DAYS and not (intraday and name in BROWSING):
                makes = tuple(
                    n
                    for n in INPUT_TABLES
                    if n != "events" and origin_of(n, [*parts, name]) == name
                )
                table, report = read_in_parts(kitchen, source, makes, path, max_share=max_share)
                parts[name], reports[name] = table, report
            else:
                whole[name], reports[name] = _read(kitchen, source, path, max_share=max_share)
        except ContractError as problem:
            if problems is None:
                raise
            problems.append(problem)
            continue
        finally:
            report_progress("reading tables", done, len(sources))
    return whole, parts, reports


def _read(
    kitchen: Kitchen, source: Source, path: Path, *, max_share: float
) -> tuple[Reading, TableReport]:
    """Load, type and check one table."""
    con = kitchen.con
    reading = read_typed(con, load(con, source), INPUT_TABLES[source.table])
    bad = refuse_bad_rows(con, reading, today=kitchen.today)
    ragged = scalar(con, f"SELECT count(*) FROM {reading.raw.ragged}")
    read = ragged + scalar(con, f"SELECT count(*) FROM {reading.raw.name}")
    bad += ragged
    refused = with_ragged(refused_rows(reading), reading.raw.ragged)
    if bad:
        keep_refused(con, refused, path)
    stop_if_too_many(con, source.table, refused, bad=bad, read=read, max_share=max_share)
    return reading, TableReport(read, read - bad, bad, 0, 0, reading.extra, reading.missing)


def _span_of_sales(
    parts: Mapping[str, InParts], data: Path | InputPlace, unread: list[str]
) -> tuple[date, date]:
    """Return the days of the first and the last sale."""
    origin = origin_of("sales", parts)
    if origin is None:
        found = "; ".join(["found neither", *unread])
        raise ContractError(f"expected a table sales or order_lines in {data}, {found}")
    span = parts[origin].span
    if span is None:
        raise ContractError(f"table {origin}: expected at least one sale, found none")
    return span


def _write_all(tables: Input, folder: Path, cutoff: Cutoff) -> dict[str, TableReport]:
    """Write every canonical table that has a row, and complete the reports."""
    kitchen, there = tables.kitchen, [*tables.readings, *tables.parts]
    wanted = {n: t for n, t in CANONICAL.items() if kitchen.co_views or n != CO_VIEWS.name}
    found = {name: origin_of(name, there) for name in wanted}
    origins = {name: origin for name, origin in found.items() if origin is not None}
    visible = _show(kitchen.con, tables.readings, cutoff)
    written: dict[str, int] = {}
    for origin, table in tables.parts.items():
        names = tuple(n for n, of in origins.items() if of == origin and n != "events")
        shown = lay_out(kitchen, table.reading, table.book, names, folder, cutoff=cutoff)
        visible[origin] = shown.visible
        written |= shown.written
    finished = {}
    for name, origin in origins.items():
        path = folder / f"{name}.parquet"
        if origin in tables.readings and visible[origin] and name != "events":
            written[name] = write_canonical(
                kitchen.con, wanted[name], tables.readings[origin], path, period=kitchen.period
            )
        report = tables.reports[origin]
        finished[name] = replace(
            report,
            rows_kept=visible[origin],
            rows_set_aside=report.rows_kept - visible[origin],
            rows_written=written.get(name, 0),
            derived_from=None if origin == name else origin,
            path=path if path.exists() else None,
        )
    return finished


def _show(
    con: duckdb.DuckDBPyConnection, readings: Mapping[str, Reading], cutoff: Cutoff
) -> dict[str, int]:
    """Show what the tables read whole held at the cutoff, and count it."""
    visible = {}
    for name, reading in readings.items():
        show_up_to(con, reading, cutoff)
        visible[name] = count_visible(con, reading)
    bring_browsing_forward(con, readings, cutoff)
    return visible


def _notes_on_dates(as_of: date, last: date, today: date, period: str) -> list[str]:
    if as_of > today:
        return [f"as-of {as_of} lies after today, {today}"]
    if 0 < (as_of - last).days < _STALE_DAYS and last.weekday() and period != "D":
        return [f"the week ends on {as_of}, its sales on {last}: the days between count as zero"]
    if (as_of - last).days > _STALE_DAYS:
        return [f"the last sale, {last}, is {(as_of - last).days} days before as-of {as_of}"]
    return []
