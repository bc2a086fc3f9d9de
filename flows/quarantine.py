"""Rows that break the contract: told apart with their reason, kept as they came, counted."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow.parquet as pq

from flows.reading import LARGEST, Reading
from flows.sql import identifier, identifiers, literal, rows, scalar
from stockalert.errors import ContractError
from stockalert.tables.checks import pandas_type, split
from stockalert.tables.declaration import Column

__all__ = ["keep_refused", "refuse_bad_rows", "stop_if_too_many"]

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
    ranges and relations (pandera, in batches), repeated keys (in SQL). Of rows alike in every
    column one stays; rows that contradict each other under one key are all refused.

    Returns
    -------
    How many rows were refused, lines that do not fit their header included.
    """
    con.execute(f"CREATE TABLE {_refused(reading)} (__row BIGINT, reason VARCHAR)")
    con.execute(
        f"CREATE VIEW {reading.clean} AS SELECT * FROM {reading.view} "
        f"ANTI JOIN {_refused(reading)} USING (__row)"
    )
    _refuse_mistyped(con, reading, today)
    _refuse_breaches(con, reading)
    if reading.table.key:
        _refuse_repeated(con, reading)
    refused: int = scalar(
        con,
        f"SELECT (SELECT count(*) FROM {_refused(reading)}) "
        f"+ (SELECT count(*) FROM {reading.raw.ragged})",
    )
    return refused


def keep_refused(con: duckdb.DuckDBPyConnection, reading: Reading, path: Path) -> None:
    """Write the refused rows to `path`: what the files said, as text, and the reason."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(con.sql(_originals(reading)).to_arrow_table(), path, compression="zstd")


def stop_if_too_many(
    con: duckdb.DuckDBPyConnection, reading: Reading, *, refused: int, read: int, max_share: float
) -> None:
    """Let a few bad rows pass as quarantined, refuse a table with more.

    Raises
    ------
    ContractError
        More than `max_share` of the `read` rows are bad; names the commonest reason.
    """
    if not refused or refused <= max_share * read:
        return
    reasons = rows(
        con,
        f"SELECT min(reason) FROM ({_originals(reading)}) "
        "GROUP BY regexp_replace(reason, ' \\(row .*', '', 's') "
        "ORDER BY count(*) DESC, 1 LIMIT 1",
    )
    column, _, expected = reasons[0][0].split("; ")[0].partition(": expected ")
    first = con.sql(f"SELECT * FROM ({_originals(reading)}) LIMIT {_SHOWN_ROWS}").df()
    share = f"{refused} bad rows of {read} (at most {max_share:.2%} may be bad)"
    raise ContractError.of(
        reading.table.name,
        column,
        expected=_printable(expected),
        found=f"{_example(first, column)}{share}",
        first_rows=_shown(first),
    )


def _refused(reading: Reading) -> str:
    return identifier(f"refused_{reading.table.name}")


def _refuse_mistyped(con: duckdb.DuckDBPyConnection, reading: Reading, today: date) -> None:
    latest = today + timedelta(days=_DAYS_AHEAD)
    faults = [
        f"CASE WHEN ({reading.given[column.name]}) IS NOT NULL "
        f"AND ({reading.typed[column.name]}) IS NULL "
        f"THEN {literal(f'{column.name}: expected {_expected(column)}')} END"
        for column in reading.table.columns
        if column.name in reading.given and column.kind != "string"
    ]
    faults += [
        f"CASE WHEN {reading.typed[name]} >= DATE '{latest + timedelta(days=1)}' "
        f"THEN '{name}: expected a day up to {latest}' END"
        for name in _FACT_DATES.get(reading.table.name, ())
    ]
    if faults:
        con.execute(
            f"INSERT INTO {_refused(reading)} SELECT * FROM (SELECT rowid, "
            f"concat_ws('; ', {', '.join(faults)}) AS reason FROM {reading.raw.name}) "
            "WHERE reason <> ''"
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
    batches = con.sql(f"SELECT __row, {casts} FROM {reading.clean}")
    found = []
    for batch in batches.to_arrow_reader(_BATCH):
        frame = batch.to_pandas().set_index("__row").astype(kinds)
        found.append(split(frame, reading.table)[1]["reason"].reset_index())
    for bad in found:
        if len(bad):
            con.register("bad_rows", bad)
            con.execute(f"INSERT INTO {_refused(reading)} SELECT __row, reason FROM bad_rows")
            con.unregister("bad_rows")


def _refuse_repeated(con: duckdb.DuckDBPyConnection, reading: Reading) -> None:
    """Refuse the copies of a row, and all rows that contradict each other."""
    key = identifiers(reading.table.key)
    columns = identifiers((*reading.table.names, *reading.attributes))
    same = " AND ".join(
        f"one.{identifier(name)} IS NOT DISTINCT FROM many.{identifier(name)}"
        for name in reading.table.key
    )
    name = ", ".join(reading.table.key)
    con.execute(
        f"INSERT INTO {_refused(reading)} "
        f"WITH repeated AS (SELECT {key} FROM {reading.clean} GROUP BY ALL HAVING count(*) > 1), "
        f"many AS (SELECT one.* FROM {reading.clean} AS one JOIN repeated AS many ON {same}), "
        f"judged AS (SELECT __row, count(*) OVER (PARTITION BY {key}) AS of_key, "
        f"count(*) OVER (PARTITION BY {columns}) AS alike, "
        f"row_number() OVER (PARTITION BY {columns} ORDER BY __row) AS copy FROM many) "
        "SELECT __row, CASE WHEN of_key = alike "
        f"THEN {literal(f'{name}: expected each key once; a copy of another row')} "
        f"ELSE {literal(f'{name}: expected each key once; rows contradict each other')} END "
        "FROM judged WHERE of_key > alike OR copy > 1"
    )


def _originals(reading: Reading) -> str:
    """Return SQL of the refused rows as their files say them, in an order of their own."""
    names = {name: _plain_name(reading, name) for name in reading.raw.columns}
    texts = ", ".join(
        f"CAST({identifier(name)} AS VARCHAR) AS {identifier(plain)}"
        for name, plain in names.items()
    )
    return (
        f"SELECT {texts}, refused.reason FROM {reading.raw.name} AS raw "
        f"JOIN {_refused(reading)} AS refused ON raw.rowid = refused.__row "
        f"UNION ALL BY NAME SELECT reason FROM {reading.raw.ragged} "
        "ORDER BY ALL"
    )


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
