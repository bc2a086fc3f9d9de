"""Rows handed to LightGBM some at a time, so that its bins are the only copy of them.

Rows that lie in a file (`numpy.memmap`) are read from it and never mapped: neither they nor a copy
count as memory in use. The bins are those that LightGBM makes of the whole matrix, bit for bit.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from mmap import mmap

import lightgbm as lgb
import numpy as np

from stockalert.arrays import FloatArray, IntArray

__all__ = ["Batches", "sampling_seed"]

BATCH_ROWS = 32_768
MOST_SPREAD = 4


def sampling_seed(seed: int) -> int:
    """Seed of the rows that bins are found from, as LightGBM draws it from `seed` by itself.

    It does so for a matrix but not for rows in batches, which would be sampled otherwise: beyond
    200,000 rows the bins would not be the same.

    Examples
    --------
    >>> sampling_seed(0)
    38
    """
    drawn = (214013 * seed + 2531011) % 2**32
    return (drawn >> 16) % 2**15 % (2**15 - 1)


class Batches(lgb.Sequence):
    """Some rows of a matrix, in order.

    Parameters
    ----------
    values : float32, shape (n_rows, n_features), in memory or mapped from a file
    which : ascending positions of the rows wanted; None = all
    codes : columns of category codes; a negative one is unknown and becomes NaN
    """

    batch_size = BATCH_ROWS

    def __init__(self, values: FloatArray, which: IntArray | None, codes: Sequence[int]) -> None:
        self._values, self._codes = values, list(codes)
        self._which = np.arange(len(values)) if which is None else which
        # A view of a mapped matrix does not know where in the file it begins.
        self._file: int | None = None
        base: object = values.base
        if isinstance(values, np.memmap) and isinstance(base, mmap) and values.flags.c_contiguous:
            self._file = os.open(str(values.filename), os.O_RDONLY)

    def __len__(self) -> int:
        return len(self._which)

    def __getitem__(self, at: int | slice | list[int]) -> FloatArray:
        """Return one row, as float64, which LightGBM samples in, or the rows asked for."""
        rows = np.atleast_1d(self._which[at])
        found = self._known(self._gathered(rows))
        return found[0].astype(np.float64) if np.ndim(self._which[at]) == 0 else found

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _gathered(self, rows: IntArray) -> FloatArray:
        """Rows at ascending positions; where they lie far apart, in two halves."""
        if not len(rows):
            return np.empty((0, self._values.shape[1]), dtype=self._values.dtype)
        first, end, half = int(rows[0]), int(rows[-1]) + 1, len(rows) // 2
        if half and end - first > MOST_SPREAD * len(rows):
            return np.concatenate([self._gathered(rows[:half]), self._gathered(rows[half:])])
        return np.ascontiguousarray(self._read(first, end)[rows - first])

    def _read(self, begin: int, end: int) -> FloatArray:
        if self._file is None:
            held: FloatArray = self._values[begin:end]
            return held
        width, dtype = self._values.shape[1], self._values.dtype
        row_bytes = width * dtype.itemsize
        offset = self._values.offset + begin * row_bytes  # type: ignore[attr-defined]
        raw = os.pread(self._file, (end - begin) * row_bytes, offset)
        if len(raw) != (end - begin) * row_bytes:
            raise OSError(f"training rows {begin} to {end}: their file is cut off")
        return np.frombuffer(raw, dtype=dtype).reshape(-1, width)

    def _known(self, rows: FloatArray) -> FloatArray:
        """Rows with unknown codes as NaN."""
        codes = rows[:, self._codes]
        if not (codes < 0).any():
            return rows
        known = rows.copy()
        known[:, self._codes] = np.where(codes < 0, np.nan, codes)
        return known
