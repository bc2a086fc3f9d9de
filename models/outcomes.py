"""What a model forecast without having seen the outcome, beside what came."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Self

import numpy as np

from models.splits import window_end
from stockalert.arrays import BoolArray, DateArray, FloatArray, IntArray
from stockalert.rows import Rows

__all__ = ["Outcomes"]


@dataclass(frozen=True)
class Outcomes:
    """Out-of-sample quantiles and the demand that followed, one row per window.

    Attributes
    ----------
    cutoff, end : datetime64[D], shape (n,), last day known and last day of the window
    expected : shape (n,), scale × horizon: the units that the series' own level expects
    demand : shape (n,), units
    weight : shape (n,), share of the window that was seen
    predicted : shape (n, n_levels), units, not calibrated
    """

    cutoff: DateArray
    end: DateArray
    expected: FloatArray
    demand: FloatArray
    weight: FloatArray
    predicted: FloatArray

    def __len__(self) -> int:
        return len(self.demand)

    @classmethod
    def of(cls, rows: Rows, predicted: FloatArray, *, period_days: int = 1) -> Self:
        """Take the windows of `rows` whose demand is known, with their raw quantiles.

        Parameters
        ----------
        predicted : shape (n_rows, n_levels), units, made by a model that saw none of the windows.
        """
        if rows.demand is None:
            raise ValueError("outcomes need rows with demand")
        weight = np.ones(len(rows), np.float32) if rows.weight is None else rows.weight
        known = np.isfinite(rows.demand) & (weight > 0)
        return cls(
            cutoff=rows.cutoff[known].astype("datetime64[D]"),
            end=window_end(rows, period_days=period_days)[known],
            expected=(rows.scale[known] * rows.horizon[known]).astype(np.float32),
            demand=rows.demand[known].astype(np.float32),
            weight=weight[known].astype(np.float32),
            predicted=predicted[known].astype(np.float32),
        )

    @classmethod
    def concatenate(cls, *parts: Self) -> Self:
        """Join several, in order."""
        names = [field.name for field in fields(cls)]
        return cls(**{name: np.concatenate([getattr(p, name) for p in parts]) for name in names})

    @classmethod
    def none(cls, n_levels: int) -> Self:
        """Return no outcome at all."""
        empty = np.zeros(0, np.float32)
        days = np.zeros(0, "datetime64[D]")
        return cls(days, days, empty, empty, empty, np.zeros((0, n_levels), np.float32))

    def take(self, which: BoolArray | IntArray | slice) -> Self:
        """Return some of the windows."""
        return type(self)(**{name: value[which] for name, value in vars(self).items()})

    def thinned(self, most: int) -> Self:
        """Keep at most `most` windows, evenly spaced."""
        every = -(-len(self) // most) if len(self) else 1
        return self.take(slice(None, None, every))

    def save(self, path: Path) -> None:
        """Write one npz file, without pickle."""
        np.savez(path, **vars(self))

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote."""
        with np.load(path, allow_pickle=False) as stored:
            return cls(**{field.name: stored[field.name] for field in fields(cls)})
