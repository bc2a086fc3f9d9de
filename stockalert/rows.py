"""The matrix that features hand to models: one row per (series, cutoff, horizon)."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from stockalert.arrays import BoolArray, DateArray, FloatArray, IntArray

__all__ = ["Rows", "concatenate", "load_rows", "save_rows"]


@dataclass(frozen=True)
class Rows:
    """Features known at each row's cutoff, and the facts a model needs beside them.

    Attributes
    ----------
    values : float32, shape (n_rows, n_features)
        Feature matrix; NaN where a feature is unknown.
    names : length n_features
        Column names of `values`.
    categorical : names of columns that hold category codes (negative or NaN = unknown).
    series : int32, shape (n_rows,)
        Position of the row's series in the panel.
    cutoff : datetime64[D], shape (n_rows,)
        Last day whose sales are known to the row.
    horizon : int32, shape (n_rows,), periods
        Length of the interval that the row's demand is summed over.
    scale : float32, shape (n_rows,), units per period, > 0
        The series' own backward-looking level.
    abc, pattern : int8, shape (n_rows,)
        Codes of `stockalert.classification` at the cutoff.
    demand : float32, shape (n_rows,), units, or None
        Demand over (cutoff, cutoff + horizon]: the target; None where it is not known yet.
    weight : float32, shape (n_rows,), or None
        Trust in the target: the share of the interval whose demand was visible, 0..1.
    """

    values: FloatArray
    names: tuple[str, ...]
    categorical: tuple[str, ...]
    series: IntArray
    cutoff: DateArray
    horizon: IntArray
    scale: FloatArray
    abc: IntArray
    pattern: IntArray
    demand: FloatArray | None = None
    weight: FloatArray | None = None

    def __len__(self) -> int:
        return len(self.series)

    def without_values(self) -> Rows:
        """Return all but the features: what is known of each row, cheap to take from."""
        return replace(self, values=np.empty((len(self), 0), dtype=np.float32), names=())

    def take(self, which: BoolArray | IntArray | slice) -> Rows:
        """Return the rows that `which` (mask, positions or slice) selects."""
        per_row: dict[str, Any] = {
            f.name: getattr(self, f.name)[which]
            for f in fields(self)
            if isinstance(getattr(self, f.name), np.ndarray)
        }
        return replace(self, **per_row)


def concatenate(parts: list[Rows]) -> Rows:
    """Stack rows that have the same columns, in order."""
    first = parts[0]
    stacked: dict[str, Any] = {
        f.name: np.concatenate([getattr(part, f.name) for part in parts])
        for f in fields(first)
        if isinstance(getattr(first, f.name), np.ndarray)
    }
    return replace(first, **stacked)


def save_rows(rows: Rows, path: Path) -> Path:
    """Write rows to one uncompressed `.npz` file, so that tasks can hand over a path."""
    present = {f.name: getattr(rows, f.name) for f in fields(rows)}
    arrays = {name: np.asarray(value) for name, value in present.items() if value is not None}
    np.savez(path, allow_pickle=False, **arrays)
    return path


def load_rows(path: Path) -> Rows:
    """Read what `save_rows` wrote."""
    with np.load(path, allow_pickle=False) as stored:
        content: dict[str, Any] = {name: stored[name] for name in stored.files}
    for name in ("names", "categorical"):
        content[name] = tuple(content[name].tolist())
    return Rows(**content)
