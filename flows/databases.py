"""Tables read from PostgreSQL: batch by batch into parquet, in a transaction that cannot write.

A connection that is lost is tried again, from the first row. No message repeats an address or a
password.
"""

from __future__ import annotations

import re
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pyarrow as pa
import pyarrow.parquet as pq

from flows.database_types import readable
from flows.progress import report
from flows.settings_sources import SourceSettings, filled_in
from flows.sql import identifier
from stockalert.errors import ContractError, SourceError, StockalertError, UsageError
from stockalert.tables.inputs import INPUT_TABLES

__all__ = ["WAITS", "fetch_tables"]

WAITS = (1.0, 5.0, 15.0)
"""Seconds before each further try; a run waits no longer than this for a database."""

_OPTIONS = {
    "connect_timeout": "15",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "application_name": "stockalert",
}
_PASSING = ("08", "40", "53", "57P", "58")  # SQLSTATE: connection, conflict, resources, shutdown
_TIMED_OUT = "57014"
_READS = re.compile(
    r"(?>\s|\(|--[^\n]*\n|/\*.*?\*/)*+(SELECT|WITH|TABLE|VALUES)\b", re.IGNORECASE | re.DOTALL
)
_BUSY = ("starting up", "shutting down", "recovery mode", "too many", "connection slots")


class _LostError(Exception):
    """The database went away; the reason is safe to be shown."""


@dataclass(frozen=True)
class _Query:
    """One table's address, SQL and limit."""

    table: str
    address: str = field(repr=False)
    sql: str
    timeout_minutes: float

    @property
    def key(self) -> str:
        return f"sources.{self.table}"


def fetch_tables(
    sources: Mapping[str, SourceSettings], folder: Path, *, waits: Sequence[float] = WAITS
) -> dict[str, Path]:
    """Read each table into `folder/TABLE/part-0.parquet`.

    Parameters
    ----------
    sources : by table.
    folder : scratch folder.
    waits : seconds before each further try, when a connection is lost or refused for the moment.

    Returns
    -------
    Folder of each table

    Raises
    ------
    SourceError
        The database cannot be reached, refuses user or password, or breaks off every time.
    UsageError
        A query is refused or takes too long, an address is wrong, or a variable in it is not set.
    ContractError
        A column of the contract has a type that cannot be read.
    """
    folders = {}
    for done, (table, source) in enumerate(sources.items(), start=1):
        address = filled_in(source.url.get_secret_value(), f"sources.{table}.url")
        sql = source.query.strip() or f"TABLE {identifier(table)}"
        if not _READS.match(sql):
            raise UsageError(
                f"setting sources.{table}.query: expected one query that reads: SELECT, WITH, "
                "TABLE or VALUES"
            )
        query = _Query(table, _with_options(address), sql, source.timeout_minutes)
        folders[table] = folder / table
        folders[table].mkdir(parents=True, exist_ok=True)
        _write(query, folders[table] / "part-0.parquet", waits)
        report("reading databases", done, len(sources))
    return folders


def _write(query: _Query, file: Path, waits: Sequence[float]) -> None:
    """Write a table, from its first row again each time the database is lost."""
    for wait in (*waits, None):
        try:
            with closing(_batches(query)) as batches:
                first = next(batches)
                with pq.ParquetWriter(file, first.schema, compression="zstd") as writer:
                    for batch in batches:
                        writer.write_batch(batch)
            return
        except _LostError as error:
            if wait is None:
                raise SourceError(
                    f"table {query.table}: the database was lost {len(waits) + 1} times: {error}"
                ) from None
            time.sleep(wait)


def _batches(query: _Query) -> Generator[pa.RecordBatch]:
    """Read a table once; the first batch is empty and tells the schema."""
    with _told_plainly(query), _cursor(query) as cursor:
        cursor.execute("SELECT current_setting('TimeZone')")
        zone = cursor.fetchone()[0]
        cursor.execute(query.sql)
        batches = cursor.fetch_record_batch()
        form = readable(batches.schema, INPUT_TABLES[query.table], zone)
        yield pa.RecordBatch.from_pylist([], schema=form.schema)
        for batch in batches:
            yield form.converted(batch)


@contextmanager
def _cursor(query: _Query) -> Iterator[Any]:
    from adbc_driver_postgresql.dbapi import connect

    with connect(query.address) as connection, connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION READ ONLY")
        cursor.execute(f"SET LOCAL statement_timeout = {round(query.timeout_minutes * 60_000)}")
        yield cursor


@contextmanager
def _told_plainly(query: _Query) -> Iterator[None]:
    """Turn what the driver raises into errors that name the table and hide the password."""
    from adbc_driver_manager import Error

    try:
        yield
    except StockalertError:
        raise
    except (Error, OSError, pa.ArrowException) as error:
        raise _explained(query, error) from None


def _explained(query: _Query, error: Exception) -> Exception:
    """Return the error that the user, or the next try, is told of."""
    text, state = str(error), str(getattr(error, "sqlstate", None) or "")
    reason = _hidden(_first_line(text), query.address)
    if "Failed to connect" in text:
        return _refused(query, text, reason)
    if state == _TIMED_OUT or "statement timeout" in text:
        return UsageError(
            f"setting {query.key}.query: it took longer than the {query.timeout_minutes:g} "
            f"minutes of {query.key}.timeout_minutes, or was cancelled: {reason}"
        )
    if state.startswith(_PASSING) if state else _broke_off(error):
        return _LostError(reason)
    if isinstance(error, pa.ArrowException):
        return ContractError(
            f"table {query.table}: expected columns of plain types, found one that cannot be "
            f"read; change it in {query.key}.query, with CAST(… AS text): {reason}"
        )
    return UsageError(f"setting {query.key}.query: the database refuses it: {reason}")


def _broke_off(error: Exception) -> bool:
    """Whether reading ended for another reason than an error of the query itself."""
    text = str(error)
    wrong = "ERROR:" in text and "conflict with recovery" not in text
    return isinstance(error, OSError) and not wrong


def _refused(query: _Query, text: str, reason: str) -> Exception:
    """Tell an address that is wrong, a door that stays closed, and a database that is away."""
    known = "connection to server" in text or "could not translate host name" in text
    if not known:  # libpq quotes the piece that it does not understand: it may be the password
        return UsageError(
            f"setting {query.key}.url: the address cannot be understood; letters such as @ : / % "
            "in a user or password are written as %40 %3A %2F %25"
        )
    if "FATAL" in text and not any(word in text for word in _BUSY):
        return SourceError(f"table {query.table}: the database refuses the connection: {reason}")
    return _LostError(reason)


def _first_line(text: str) -> str:
    """Return the database's own words, without the driver's.

    Examples
    --------
    >>> _first_line('NOT_FOUND: Failed to prepare query: ERROR:  no column "nope"\\nLINE 1: …')
    'no column "nope"'
    """
    told = re.search(r"(?:ERROR|FATAL|PANIC):\s*(.+)", text)
    line = told.group(1) if told else text.strip().partition("\n")[0]
    return re.sub(r"^.*\[libpq\] (Failed to (connect|execute query '.*'): ?)?", "", line).strip()


def _hidden(text: str, address: str) -> str:
    """Return a text without the secrets of an address, however they are written."""
    parts = urlsplit(address.replace("[", "").replace("]", ""))
    secrets = [parts.netloc.rpartition("@")[0].partition(":")[2]]
    secrets += [value for name, value in parse_qsl(parts.query) if "password" in name]
    for secret in {*secrets, *map(unquote, secrets)} - {""}:
        text = text.replace(secret, "**********")
    return text.replace(address, "the address")


def _with_options(address: str) -> str:
    """Add limits to the waiting, so far as the address does not set them itself."""
    given = {name for name, _ in parse_qsl(address.partition("?")[2], keep_blank_values=True)}
    added = "&".join(f"{name}={value}" for name, value in _OPTIONS.items() if name not in given)
    return f"{address}{'&' if '?' in address else '?'}{added}" if added else address
