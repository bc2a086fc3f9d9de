"""Canonical tables: typed, cut off at as_of, in periods, sorted by key, as parquet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from flows.aggregation import canonical_order, canonical_query
from flows.cutoff import Cutoff, known_after, visible_columns
from flows.reading import Reading
from flows.sql import identifier, identifiers, scalar
from stockalert.tables.arrow import arrow_schema
from stockalert.tables.declaration import Table

__all__ = [
    "ROW_GROUP",
    "canonical_schema",
    "count_visible",
    "show_up_to",
    "visible",
    "write_canonical",
    "write_rows",
]

ROW_GROUP = 100_000
"""Rows of a row group: small enough to skip the neighbours of what is asked for."""


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


def canonical_schema(table: Table, attributes: tuple[str, ...] = ()) -> pa.Schema:
    """Return the Arrow schema of a canonical table."""
    schema = arrow_schema(table)
    for name in attributes:
        schema = schema.append(pa.field(name, pa.string()))
    return schema


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
    schema = canonical_schema(table, origin.attributes)
    ordered = con.sql(
        f"SELECT {identifiers(schema.names)} FROM ({query}) "
        f"ORDER BY {canonical_order(table, origin.attributes)}"
    )
    return write_rows(ordered.to_arrow_reader(ROW_GROUP), path, schema)


def write_rows(batches: Iterable[pa.RecordBatch], path: Path, schema: pa.Schema) -> int:
    """Write rows in row groups of one size, so that the same rows give the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    written = 0
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for group in _row_groups(batches):
            writer.write_table(group.cast(schema))
            written += group.num_rows
    return written


def _row_groups(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    held: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        held.append(batch)
        rows += batch.num_rows
        while rows >= ROW_GROUP:
            together = pa.Table.from_batches(held)
            yield together.slice(0, ROW_GROUP).combine_chunks()
            held = together.slice(ROW_GROUP).to_batches()
            rows -= ROW_GROUP
    if rows:
        yield pa.Table.from_batches(held).combine_chunks()


def visible(reading: Reading) -> str:
    """Name the view of the rows that count, quoted."""
    return identifier(f"visible_{reading.table.name}")
