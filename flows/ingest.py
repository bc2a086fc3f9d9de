"""From a data directory to canonical tables: find → load → type → check → cut off → write."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

import duckdb

from flows.aggregation import DERIVED_TABLES, origin_of
from flows.canonical import count_visible, show_up_to, write_canonical
from flows.cutoff import Cutoff, choose_as_of
from flows.intake import Intake, TableReport
from flows.intraday import bring_browsing_forward
from flows.loading import load
from flows.notes import notes_on
from flows.progress import report as report_progress
from flows.quarantine import keep_refused, refuse_bad_rows, stop_if_too_many
from flows.reading import Reading, read_typed
from flows.sources import InputPlace, Source, find_sources
from flows.sql import open_database, rows, scalar
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
    problems: list[ContractError] | None = None,
) -> Intake:
    """Read the tables of `data` into `work/tables/NAME.parquet`, refused rows beside them.

    Equal rows in another order give equal tables, bit for bit. `work/quarantine/NAME.parquet`
    holds the refused rows as text, each with its reason.

    Parameters
    ----------
    period : "D" or "W-MON"; sales, stock and browsing are brought into weeks by the latter.
    as_of : last day whose sales are known; None = the last in the sales, at most `today`.
    today : facts dated more than a year after it are refused.
    max_share : of a table's rows that may be refused.
    moment : see `flows.cutoff.Cutoff`.
    problems : where given, tables that break their contract are noted there and left out.

    Raises
    ------
    UsageError
        No such data directory, a table twice, or as_of before the first sale.
    ContractError
        A table cannot be read, lacks a required column, has too many bad rows, or there are no
        sales.
    """
    with open_input(data, work, today=today, max_share=max_share, problems=problems) as tables:
        return tables.write(work, period=period, as_of=as_of, moment=moment)


@dataclass(frozen=True)
class Input:
    """Tables that are read and checked, and can be written as they were known on any day."""

    con: duckdb.DuckDBPyConnection
    readings: Mapping[str, Reading]
    reports: Mapping[str, TableReport]
    unread: tuple[str, ...]
    span: tuple[date, date]
    today: date

    def write(
        self, work: Path, *, period: str, as_of: date | None, moment: datetime | None = None
    ) -> Intake:
        """Write the canonical tables as known at the cutoff, in place of those written before."""
        shutil.rmtree(work / "tables", ignore_errors=True)
        first, last = self.span
        day = choose_as_of(first, last, period=period, asked=as_of, today=self.today, moment=moment)
        cutoff = Cutoff(day, moment)
        reports = _write_all(
            self.con, self.readings, self.reports, work, cutoff=cutoff, period=period
        )
        notes = notes_on(self.con, self.readings, reports)
        dated = _notes_on_dates(day, last, self.today, period)
        return Intake(day, period, reports, (*self.unread, *dated, *notes), moment)


@contextmanager
def open_input(
    data: Path | InputPlace,
    work: Path,
    *,
    today: date,
    max_share: float,
    problems: list[ContractError] | None = None,
) -> Iterator[Input]:
    """Read and check the tables of `data` once; parameters and errors as of `ingest`."""
    for folder in ("tables", "quarantine"):
        shutil.rmtree(work / folder, ignore_errors=True)
    sources, unread = find_sources(data, work)
    with open_database(work) as con:
        readings, reports = _read_all(
            con, sources, work, today=today, max_share=max_share, problems=problems
        )
        span = _span_of_sales(con, readings, data, unread)
        yield Input(con, readings, reports, tuple(unread), span, today)


def _read_all(
    con: duckdb.DuckDBPyConnection,
    sources: Mapping[str, Source],
    work: Path,
    *,
    today: date,
    max_share: float,
    problems: list[ContractError] | None,
) -> tuple[dict[str, Reading], dict[str, TableReport]]:
    readings, reports = {}, {}
    for done, (name, source) in enumerate(sources.items(), start=1):
        try:
            reading, report = _read(con, source, work, today=today, max_share=max_share)
        except ContractError as problem:
            if problems is None:
                raise
            problems.append(problem)
            continue
        finally:
            report_progress("reading tables", done, len(sources))
        readings[name], reports[name] = reading, report
    return readings, reports


def _read(
    con: duckdb.DuckDBPyConnection, source: Source, work: Path, *, today: date, max_share: float
) -> tuple[Reading, TableReport]:
    """Load, type and check one table."""
    reading = read_typed(con, load(con, source), INPUT_TABLES[source.table])
    refused = refuse_bad_rows(con, reading, today=today)
    read = scalar(
        con,
        f"SELECT (SELECT count(*) FROM {reading.raw.name}) "
        f"+ (SELECT count(*) FROM {reading.raw.ragged})",
    )
    if refused:
        keep_refused(con, reading, work / "quarantine" / f"{source.table}.parquet")
    stop_if_too_many(con, reading, refused=refused, read=read, max_share=max_share)
    report = TableReport(read, read - refused, refused, 0, 0, reading.extra, reading.missing)
    return reading, report


def _span_of_sales(
    con: duckdb.DuckDBPyConnection,
    readings: Mapping[str, Reading],
    data: Path | InputPlace,
    unread: list[str],
) -> tuple[date, date]:
    """Return the days of the first and the last sale."""
    origin = origin_of("sales", readings)
    if origin is None:
        found = "; ".join(["found neither", *unread])
        raise ContractError(f"expected a table sales or order_lines in {data}, {found}")
    day = "date" if origin == "sales" else "CAST(ordered_at AS DATE)"
    which = "" if origin == "sales" else "WHERE units >= 0"
    first, last = rows(con, f"SELECT min({day}), max({day}) FROM {readings[origin].clean} {which}")[
        0
    ]
    if first is None:
        raise ContractError(f"table {origin}: expected at least one sale, found none")
    return first, last


def _write_all(
    con: duckdb.DuckDBPyConnection,
    readings: Mapping[str, Reading],
    reports: Mapping[str, TableReport],
    work: Path,
    *,
    cutoff: Cutoff,
    period: str,
) -> dict[str, TableReport]:
    """Write every canonical table that has a row, and complete the reports."""
    visible = {}
    for name, reading in readings.items():
        show_up_to(con, reading, cutoff)
        visible[name] = count_visible(con, reading)
    bring_browsing_forward(con, readings, cutoff)
    finished = {}
    for name, table in (INPUT_TABLES | DERIVED_TABLES).items():
        origin = origin_of(name, readings)
        if origin is None:
            continue
        path = work / "tables" / f"{name}.parquet"
        written = (
            write_canonical(con, table, readings[origin], path, period=period)
            if visible[origin]
            else 0
        )
        finished[name] = replace(
            reports[origin],
            rows_kept=visible[origin],
            rows_set_aside=reports[origin].rows_kept - visible[origin],
            rows_written=written,
            derived_from=None if origin == name else origin,
            path=path if visible[origin] else None,
        )
    return finished


def _notes_on_dates(as_of: date, last: date, today: date, period: str) -> list[str]:
    if as_of > today:
        return [f"as-of {as_of} lies after today, {today}"]
    if 0 < (as_of - last).days < _STALE_DAYS and last.weekday() and period != "D":
        return [f"the week ends on {as_of}, its sales on {last}: the days between count as zero"]
    if (as_of - last).days > _STALE_DAYS:
        return [f"the last sale, {last}, is {(as_of - last).days} days before as-of {as_of}"]
    return []
