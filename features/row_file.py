"""Rows of blocks, gathered in a file in the order of one block: by cutoff, series, horizon."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np

from features.panel import slices
from stockalert.arrays import FloatArray, IntArray
from stockalert.rows import Rows, concatenate

__all__ = ["gathered_rows"]

SORTED_ROWS = 65_536


def gathered_rows(blocks: Iterable[tuple[slice, Rows]], path: Path) -> Rows:
    """Gather the rows of all blocks; their features lie in the file `path`, mapped, not held.

    Parameters
    ----------
    blocks : positions of each block's series, ascending, and its rows, whose series count from
        the block's first; at least one block
    path : float32, row after row; written beside and put in place at the end
    """
    parts, loose = [], path.with_name(f"{path.name}.loose")
    with loose.open("wb") as file:
        for which, rows in blocks:
            rows.values.tofile(file)
            known = rows.without_values()
            parts.append(replace(known, series=known.series + np.int32(which.start)))
            names = rows.names
    known = concatenate(parts)
    order = np.argsort(known.cutoff, kind="stable")
    values = _reordered(loose, path, order, len(names))
    loose.unlink()
    return replace(known.take(order), values=values, names=names)


def _reordered(loose: Path, path: Path, order: IntArray, width: int) -> FloatArray:
    """Write rows in another order, and map them."""
    if not len(order) or not width:
        path.touch()
        return np.empty((len(order), width), dtype=np.float32)
    shape, unfinished = (len(order), width), path.with_name(f"{path.name}.unfinished")
    with unfinished.open("wb") as file:
        for some in slices(len(order), SORTED_ROWS):
            np.memmap(loose, dtype=np.float32, mode="r", shape=shape)[order[some]].tofile(file)
    unfinished.rename(path)
    return np.memmap(path, dtype=np.float32, mode="r", shape=shape)
