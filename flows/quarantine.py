"""Rows that break the contract: told apart with their reason, kept as they came, counted."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow.parquet as pq

from flows.incremental_sieve import suspicious
from flows.reading import LARGEST, Reading
from flows.sql import identifier, identifiers, literal, rows, scalar
from stockalert.errors import ContractError
from stockalert.tables.checks import pandas_type, split
from stockalert.tables.declaration import Column

__all__ = [
    "fact_dates",
    "keep_refused",
    "last_day_of",
    "refuse_bad_rows",
    "refused_rows",
    "stop_if_too_many",
    "with_ragged",
]

_BATCH = 200_000
_SHOWN_ROWS = 5
_DAYS_AHEAD = 366

_FACT_DATES = {
    "sales": ("date",),
    "order_lines": ("ordered_at",),
    "stock": ("date", "observed_at"),
    "purchase_orders": ("ordered_at", "received_at", "cancelled_at"),
    "browsing": ("date",),
    "events": ("occurred_at",),
    "ratings": ("rated_at",),
}


def refuse_bad_rows(con: duckdb.DuckDBPyConnection, reading: Reading, *, today: date) -> int:
    """Note every bad row in `refused_NAME` (__row, reason); `clean_NAME` is the view of the rest.

    In turn: values of another type and facts from the far future (in SQL), the contract's
    ranges and relations (pandera, in batches, of those that a sieve in SQL keeps), repeated keys
    (in SQL). Of rows alike in every column one stays; rows that contradict each other under one
    key are all refused.

    Returns
    -------
    How many rows were refused; lines that do not fit their header are not among them.
    """
    con.execute(f"CREATE OR REPLACE TABLE {_refused(reading)} (__row BIGINT, reason VARCHAR)")
    con.execute(f"CREATE OR REPLACE VIEW {reading.clean} AS SELECT * FROM {reading.view}")
    if _sift(con, reading, today):
        _leave_refused_out(con, reading)
        _refuse_mistyped(con, reading, today)
        _refuse_breaches(con, reading)
    if reading.table.key:
        _refuse_repeated(con, reading)
    refused: int = scalar(con, f"SELECT count(*) FROM {_refused(reading)}")
    if not refused:
        con.execute(f"CREATE OR REPLACE VIEW {reading.clean} AS SELECT * FROM {reading.view}")
    return refused


def refused_rows(reading: Reading, part: str = "") -> str:
    """Return SQL of the refused rows as their files say them, as text, and the reason.

    Parameters
    ----------
    part : SQL on the typed columns of what to call `__part`; empty = no such column.
    """
    names = {name: _plain_name(reading, name) for name in reading.raw.columns}
    texts = ", ".join(
        f"CAST(raw.{identifier(name)} AS VARCHAR) AS {identifier(plain)}"
        for name, plain in names.items()
    )
    parted = f"JOIN (SELECT __row, {part} AS __part FROM {reading.view}) USING (__row)"
    first = "__part, " if part else ""
    return (
        f"SELECT {first}{texts}, refused.reason FROM {reading.raw.name} AS raw "
        f"JOIN {_refused(reading)} AS refused USING (__row) {parted if part else ''}"
    )


def with_ragged(refused: str, ragged: str) -> str:
    """Return SQL of refused rows and of lines that do not fit their header, in one order."""
    return f"{refused} UNION ALL BY NAME SELECT reason FROM {ragged} ORDER BY ALL"


def keep_refused(con: duckdb.DuckDBPyConnection, refused: str, path: Path) -> None:
    """Write the refused rows, an SQL query, to `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    batches = con.sql(refused).to_arrow_reader(_BATCH)
    with pq.ParquetWriter(path, batches.schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(batch)


def stop_if_too_many(
    con: duckdb.DuckDBPyConnection,
    table: str,
    refused: str,
    *,
    bad: int,
    read: int,
    max_share: float,
) -> None:
    """Let a few bad rows pass as quarantined, refuse a table with more.

    Parameters
    ----------
    refused : SQL of the refused rows, in an order of their own.

    Raises
    ------
    ContractError
        More than `max_share` of the `read` rows are `bad`; names the commonest reason.
    """
    if not bad or bad <= max_share * read:
        return
    reasons = rows(
        con,
        f"SELECT min(reason) FROM ({refused}) "
        "GROUP BY regexp_replace(reason, ' \\(row .*', '', 's') "
        "ORDER BY count(*) DESC, 1 LIMIT 1",
    )
    column, _, expected = reasons[0][0].split("; ")[0].partition(": expected ")
    first = con.sql(f"SELECT * FROM ({refused}) LIMIT {_SHOWN_ROWS}").df()
    share = f"{bad} bad rows of {read} (at most {max_share:.2%} may be bad)"
    raise ContractError.of(
        table,
        column,
        expected=_printable(expected),
        found=f"{_example(first, column)}{share}",
        first_rows=_shown(first),
    )


def fact_dates(table: str) -> tuple[str, ...]:
    """Return the columns of a table that tell when something happened."""
    return _FACT_DATES.get(table, ())


def last_day_of(today: date) -> date:
    """Return the last day that is not absurdly far ahead of `today`."""
    return today + timedelta(days=_DAYS_AHEAD)


def _refused(reading: Reading) -> str:
    return identifier(f"refused_{reading.table.name}")


def _suspects(reading: Reading) -> str:
    return identifier(f"suspect_{reading.table.name}")


def _leave_refused_out(con: duckdb.DuckDBPyConnection, reading: Reading) -> None:
    con.execute(
        f"CREATE OR REPLACE VIEW {reading.clean} AS SELECT * FROM {reading.view} "
        f"ANTI JOIN {_refused(reading)} USING (__row)"
    )


def _sift(con: duckdb.DuckDBPyConnection, reading: Reading, today: date) -> bool:
    """Note the rows that may be bad in `suspect_NAME`; tell whether there are any."""
    faults = _mistyped(reading, today)
    faulty = " OR ".join(f"({fault}) IS TRUE" for fault in faults.values()) or "false"
    typed = ", ".join(f"{sql} AS {identifier(name)}" for name, sql in reading.typed.items())
    con.execute(
        f"CREATE OR REPLACE TABLE {_suspects(reading)} AS SELECT __row FROM ("
        f"SELECT __row, {typed}, {faulty} AS __faulty FROM {reading.raw.name}) "
        f"WHERE __faulty OR {suspicious(reading.table)}"
    )
    return bool(scalar(con, f"SELECT count(*) FROM {_suspects(reading)}"))


def _mistyped(reading: Reading, today: date) -> dict[str, str]:
    """Map what is expected to SQL on the files' columns that is true where it is not so."""
    latest = last_day_of(today)
    faults = {
        f"{column.name}: expected {_expected(column)}": f"({reading.given[column.name]}) IS NOT "
        f"NULL AND ({reading.typed[column.name]}) IS NULL"
        for column in reading.table.columns
        if column.name in reading.given and column.kind != "string"
    }
    ahead = {
        f"{name}: expected a day up to {latest}": f"{reading.typed[name]} >= "
        f"DATE '{latest + timedelta(days=1)}'"
        for name in fact_dates(reading.table.name)
    }
    return faults | ahead


def _refuse_mistyped(con: duckdb.DuckDBPyConnection, reading: Reading, today: date) -> None:
    faults = [
        f"CASE WHEN {fault} THEN {literal(reason)} END"
        for reason, fault in _mistyped(reading, today).items()
    ]
    if faults:
        con.execute(
            f"INSERT INTO {_refused(reading)} SELECT * FROM (SELECT __row, "
            f"concat_ws('; ', {', '.join(faults)}) AS reason FROM {reading.raw.name} "
            f"SEMI JOIN {_suspects(reading)} USING (__row)) WHERE reason <> ''"
        )


def _expected(column: Column) -> str:
    if column.kind == "number":
        return f"{column.expected} (below {LARGEST:g})"
    form = "YYYY-MM-DD" if column.kind == "date" else "YYYY-MM-DD HH:MM:SS"
    return f"{column.expected} ({form})"


def _refuse_breaches(con: duckdb.DuckDBPyConnection, reading: Reading) -> None:
    """Check the contract batch by batch, so that memory stays bounded."""
    kinds = {column.name: pandas_type(column) for column in reading.table.columns}
    casts = ", ".join(
        f"CAST({identifier(c.name)} AS TIMESTAMP) AS {identifier(c.name)}"
        if c.kind == "date"
        else identifier(c.name)
        for c in reading.table.columns
    )
    batches = con.sql(
        f"SELECT __row, {casts} FROM {reading.clean} SEMI JOIN {_suspects(reading)} USING (__row)"
    )
    con.execute("CREATE OR REPLACE TABLE breaches (__row BIGINT, reason VARCHAR)")
    with con.cursor() as other:
        for batch in batches.to_arrow_reader(_BATCH):
            frame = batch.to_pandas().set_index("__row").astype(kinds)
            found = split(frame, reading.table)[1]["reason"].reset_index()
            other.register("found", found)
            other.execute("INSERT INTO breaches SELECT __row, reason FROM found")
            other.unregister("found")
    con.execute(f"INSERT INTO {_refused(reading)} FROM breaches; DROP TABLE breaches")


def _refuse_repeated(con: duckdb.DuckDBPyConnection, reading: Reading) -> None:
    """Refuse the copies of a row, and all rows that contradict each other."""
    key = identifiers(reading.table.key)
    con.execute(
        f"CREATE OR REPLACE TABLE repeated AS SELECT {key} FROM {reading.clean} "
        "GROUP BY ALL HAVING count(*) > 1"
    )
    if not scalar(con, "SELECT count(*) FROM repeated"):
        return
    columns = identifiers((*reading.table.names, *reading.attributes))
    same = " AND ".join(
        f"one.{identifier(name)} IS NOT DISTINCT FROM many.{identifier(name)}"
        for name in reading.table.key
    )
    given = ", ".join(f"CAST({identifier(name)} AS VARCHAR)" for name in reading.raw.columns)
    name = ", ".join(reading.table.key)
    con.execute(
        f"CREATE OR REPLACE TABLE copies AS WITH "
        f"many AS (SELECT one.* FROM {reading.clean} AS one JOIN repeated AS many ON {same}), "
        f"told AS (SELECT __row, row({given}) AS __given FROM {reading.raw.name}), "
        f"judged AS (SELECT __row, count(*) OVER (PARTITION BY {key}) AS of_key, "
        f"count(*) OVER (PARTITION BY {columns}) AS alike, "
        f"row_number() OVER (PARTITION BY {columns} ORDER BY __given, __row) AS copy "
        "FROM many JOIN told USING (__row)) "
        "SELECT __row, CASE WHEN of_key = alike "
        f"THEN {literal(f'{name}: expected each key once; a copy of another row')} "
        f"ELSE {literal(f'{name}: expected each key once; rows contradict each other')} END "
        "FROM judged WHERE of_key > alike OR copy > 1"
    )
    con.execute(f"INSERT INTO {_refused(reading)} FROM copies; DROP TABLE copies")
    _leave_refused_out(con, reading)


def _plain_name(reading: Reading, name: str) -> str:
    """Return the contract's spelling of a column of the files."""
    plain = name.strip().casefold()
    if plain == "reason":
        return "reason (as given)"
    return plain if plain in reading.given else name


def _example(first: pd.DataFrame, column: str) -> str:
    return f"{first[column].iloc[0]!r}; " if column in first else ""


def _shown(first: pd.DataFrame) -> str:
    """Return the first bad rows as a small text table, free of control characters."""
    return _printable(first.to_string(index=False, max_colwidth=60, na_rep=""))


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() or letter == "\n" else "?" for letter in text)
