"""Tables that wait in a file until they are read again, some thousand rows at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pyarrow as pa

from stockalert.tables.blocks import LongTable, blocks_of

__all__ = ["spilled"]


def spilled(table: pd.DataFrame, path: Path) -> LongTable:
    """Write a table to the file `path` as it is, categories included, and read it from there.

    The file must stay as long as the table is used.
    """
    schema = pa.Schema.from_pandas(table, preserve_index=False)
    with (
        pa.OSFile(str(path), "wb") as sink,
        pa.ipc.new_file(sink, schema) as writer,
    ):
        for block in blocks_of(table):
            writer.write(pa.Table.from_pandas(block, schema, preserve_index=False))

    rows, none = len(table), table.iloc[:0].copy()

    def blocks() -> Iterator[pd.DataFrame]:
        if not rows:
            yield none
            return
        with pa.OSFile(str(path), "rb") as source:
            reader = pa.ipc.open_file(source)
            for at in range(reader.num_record_batches):
                yield reader.get_batch(at).to_pandas()

    return LongTable(rows, blocks)
