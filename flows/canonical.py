"""Canonical tables: typed, cut off at as_of, in periods, sorted by key, as parquet."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from flows.aggregation import canonical_query
from flows.cutoff import Cutoff, known_after, visible_columns
from flows.reading import Reading
from flows.sql import identifier, identifiers, scalar
from stockalert.tables.arrow import arrow_schema
from stockalert.tables.declaration import Table

__all__ = ["count_visible", "show_up_to", "visible", "write_canonical"]

_ROW_GROUP = 250_000


def show_up_to(con: duckdb.DuckDBPyConnection, reading: Reading, cutoff: Cutoff) -> None:
    """Create `visible_NAME`: the clean rows as they were known at the cutoff."""
    columns = visible_columns(reading.table, cutoff)
    attributes = "".join(f", {identifier(name)}" for name in reading.attributes)
    later = known_after(reading.table.name, cutoff)
    which = f"WHERE ({later}) IS NOT TRUE" if later else ""
    con.execute(
        f"CREATE OR REPLACE VIEW {visible(reading)} AS "
        f"SELECT {columns}{attributes} FROM {reading.clean} {which}"
    )


def count_visible(con: duckdb.DuckDBPyConnection, reading: Reading) -> int:
    """Count the rows of `visible_NAME`."""
    count: int = scalar(con, f"SELECT count(*) FROM {visible(reading)}")
    return count


def write_canonical(
    con: duckdb.DuckDBPyConnection, table: Table, origin: Reading, path: Path, *, period: str
) -> int:
    """Write the canonical `table`, made of the visible rows of `origin`; return its rows."""
    query = canonical_query(
        table,
        origin=origin.table.name,
        view=visible(origin),
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


def visible(reading: Reading) -> str:
    """Name the view of the rows that count, quoted."""
    return identifier(f"visible_{reading.table.name}")
