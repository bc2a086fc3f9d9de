"""Purchase order lines, of which there are many: those still open, or what they say of times."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from stockalert.tables.blocks import LongTable

__all__ = ["open_lines", "order_times"]

BATCH_ROWS = 1 << 17
_WORDS = ("sku", "location", "supplier_id")
_TIMES = ("ordered_at", "expected_at", "received_at", "cancelled_at")


def open_lines(tables: Path, name: str, *, as_of: date) -> pd.DataFrame | None:
    """Read the lines that `stockalert.positions.open_orders` keeps; None without such a table."""
    path = tables / f"{name}.parquet"
    if not path.exists():
        return None
    today = pd.Timestamp(as_of)
    is_open = pc.field("ordered_at") <= today
    for end in (pc.field("cancelled_at"), pc.field("received_at")):
        is_open &= end.is_null() | (end > today)
    with pq.ParquetFile(path) as file:  # on one thread: readers that run ahead hold the table
        found = [file.schema_arrow.empty_table()]
        for batch in file.iter_batches(BATCH_ROWS, use_threads=False):
            found.append(pa.Table.from_batches([batch]).filter(is_open))
    lines: pd.DataFrame = pa.concat_tables(found).to_pandas(date_as_object=False)
    return lines


def order_times(tables: Path, name: str) -> LongTable | None:
    """Who was asked for what, and when it came, read some lines at a time; words are categories.

    None without such a table.
    """
    path = tables / f"{name}.parquet"
    if not path.exists():
        return None
    rows, words = pq.read_metadata(path).num_rows, list(_WORDS)
    columns = [*words, *_TIMES]

    def blocks() -> Iterator[pd.DataFrame]:
        with pq.ParquetFile(path, read_dictionary=words) as file:
            if not rows:
                yield file.read(columns).to_pandas(date_as_object=False)
            for batch in file.iter_batches(BATCH_ROWS, columns=columns, use_threads=False):
                yield batch.to_pandas(date_as_object=False)

    return LongTable(rows, blocks)
