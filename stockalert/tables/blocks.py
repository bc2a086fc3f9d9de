"""Tables that are never held whole: their rows are made in blocks, each time they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from stockalert.errors import ContractError
from stockalert.tables.arrow import arrow_schema, to_arrow
from stockalert.tables.checks import check
from stockalert.tables.declaration import Table

__all__ = ["BLOCK_ROWS", "AnyTable", "LongTable", "blocks_of", "checked_batches", "whole"]

BLOCK_ROWS = 32_768
"""Rows of a table in memory that are checked and written together."""


@dataclass(frozen=True)
class LongTable:
    """A table in blocks of rows.

    Attributes
    ----------
    rows : how many there are
    make : makes the blocks, in order
    """

    rows: int
    make: Callable[[], Iterator[pd.DataFrame]]

    def __len__(self) -> int:
        return self.rows


AnyTable = pd.DataFrame | LongTable
"""A table of a night, held or made in blocks."""


def blocks_of(table: AnyTable) -> Iterator[pd.DataFrame]:
    """Yield the rows of a table, some thousands at a time; one block at least.

    Examples
    --------
    >>> [len(block) for block in blocks_of(pd.DataFrame({"sku": ["mug", "pot"]}))]
    [2]
    """
    if isinstance(table, LongTable):
        yield from table.make()
        return
    for start in range(0, max(len(table), 1), BLOCK_ROWS):
        yield table.iloc[start : start + BLOCK_ROWS]


def whole(table: AnyTable, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Return all rows of a table at once, or of some of its columns."""
    wanted = slice(None) if columns is None else list(columns)
    if isinstance(table, LongTable):
        return pd.concat([block.loc[:, wanted] for block in table.make()], ignore_index=True)
    return table if columns is None else table.loc[:, wanted]


def checked_batches(table: AnyTable, declared: Table) -> pa.RecordBatchReader:
    """Read a table as Arrow, each block checked against the contract when it is made.

    Raises
    ------
    ContractError
        While it is read: as `check`, or two blocks hold the same key.
    """
    schema = arrow_schema(declared)
    return pa.RecordBatchReader.from_batches(schema, _batches(table, declared))


def _batches(table: AnyTable, declared: Table) -> Iterator[pa.RecordBatch]:
    seen: list[np.ndarray] = []
    for block in blocks_of(table):
        good = check(block, declared)
        if declared.key:
            seen.append(
                pd.util.hash_pandas_object(good[list(declared.key)], index=False).to_numpy()
            )
        yield from to_arrow(good, declared).to_batches()
    every = np.concatenate(seen) if seen else np.empty(0)
    if len(np.unique(every)) < len(every):
        names = ", ".join(declared.key)
        expected, found = "each key once", "repeated keys in different blocks"
        raise ContractError.of(declared.name, names, expected=expected, found=found)
