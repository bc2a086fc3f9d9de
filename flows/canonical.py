"""Canonical tables: typed, cut off at as_of, in periods, sorted by key, as parquet."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from flows.aggregation import canonical_query
from flows.cutoff import known_on, visible_columns
from flows.reading import Reading
from flows.sql import identifier, identifiers, scalar
from stockalert.tables.arrow import arrow_schema
from stockalert.tables.declaration import Table

__all__ = ["count_visible", "show_up_to", "write_canonical"]

_ROW_GROUP = 250_000


def show_up_to(con: duckdb.DuckDBPyConnection, reading: Reading, as_of: date) -> None:
    """Create `visible_NAME`: the clean rows as they were known at the end of `as_of`."""
    columns = visible_columns(reading.table, as_of)
    attributes = "".join(f", {identifier(name)}" for name in reading.attributes)
    known = known_on(reading.table.name)
    which = f"WHERE ({known} > DATE '{as_of}') IS NOT TRUE" if known else ""
    con.execute(
        f"CREATE OR REPLACE VIEW {_visible(reading)} AS "
        f"SELECT {columns}{attributes} FROM {reading.clean} {which}"
    )


def count_visible(con: duckdb.DuckDBPyConnection, reading: Reading) -> int:
    """Count the rows of `visible_NAME`."""
    count: int = scalar(con, f"SELECT count(*) FROM {_visible(reading)}")
    return count


def write_canonical(
    con: duckdb.DuckDBPyConnection, table: Table, origin: Reading, path: Path, *, period: str
) -> int:
    """Write the canonical `table`, made of the visible rows of `origin`; return its rows."""
    query = canonical_query(
        table,
        origin=origin.table.name,
        view=_visible(origin),
        period=period,
        attributes=origin.attributes,
    )
    schema = arrow_schema(table)
    for name in origin.attributes:
        schema = schema.append(pa.field(name, pa.string()))
    path.parent.mkdir(parents=True, exist_ok=True)
    ordered = con.sql(f"SELECT {identifiers(schema.names)} FROM ({query})")
    written = 0
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in ordered.to_arrow_reader(_ROW_GROUP):
            writer.write_table(pa.Table.from_batches([batch]).cast(schema))
            written += batch.num_rows
    return written


def _visible(reading: Reading) -> str:
    return identifier(f"visible_{reading.table.name}")
