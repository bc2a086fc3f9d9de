"""Arrays that lie in a file: read some rows at a time, and none of them stays in memory."""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np

from stockalert.arrays import BoolArray, FloatArray, IntArray

__all__ = ["RowFile", "row_file", "rows_of"]


class RowFile:
    """A file of float64 rows that grows part by part; made by `row_file`."""

    def __init__(self, path: Path, file: IO[bytes], shape: tuple[int, ...]) -> None:
        self._path, self._file, self._shape, self._rows = path, file, shape, 0

    def append(self, rows: FloatArray) -> None:
        """Add rows at the end."""
        np.ascontiguousarray(rows, dtype=np.float64).tofile(self._file)
        self._rows += len(rows)

    def array(self) -> FloatArray:
        """Map what was written so far, read-only."""
        self._file.flush()
        shape = (self._rows, *self._shape)
        if not np.prod(shape):
            return np.empty(shape)
        return np.memmap(self._path, dtype=np.float64, mode="r", shape=shape)


@contextmanager
def row_file(path: Path, shape: tuple[int, ...]) -> Iterator[RowFile]:
    """Begin a file of rows; one of that name that is still mapped keeps its contents.

    Parameters
    ----------
    shape : of one row
    """
    path.unlink(missing_ok=True)
    with path.open("wb") as file:
        yield RowFile(path, file, shape)


def rows_of(values: FloatArray, which: slice | IntArray | BoolArray) -> FloatArray:
    """Return some rows; of an array that lies in a file, copies, and what was read is let go.

    Examples
    --------
    >>> rows_of(np.arange(6.0).reshape(3, 2), slice(1, 2)).tolist()
    [[2.0, 3.0]]
    """
    rows: FloatArray = values[which]
    mapping = _mapping(values)
    if mapping is None:
        return rows
    held: FloatArray = np.array(rows)
    del rows
    if hasattr(mmap, "MADV_DONTNEED"):
        mapping.madvise(mmap.MADV_DONTNEED)
    return held


def _mapping(values: FloatArray) -> mmap.mmap | None:
    """The mapping that an array looks into; None where it is in memory."""
    base: Any = values
    while base is not None and not isinstance(base, mmap.mmap):
        base = getattr(base, "base", None)
    return base
