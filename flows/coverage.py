"""How often recent demand stayed at or below what was forecast, per calibration group."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd

from stockalert.arrays import BoolArray, FloatArray, IntArray, TextArray
from stockalert.quantiles import quantile_at

__all__ = ["Coverage"]

BLOCK_SERIES = 8192


@dataclass(frozen=True)
class Coverage:
    """Shares of recent outcomes at or below each quantile, held once per group of series.

    Attributes
    ----------
    shares : shape (n_groups, n_levels); NaN = unknown
    group : shape (n,), row of `shares` of each series
    """

    shares: FloatArray
    group: IntArray

    @classmethod
    def of(
        cls,
        measured: Mapping[str, FloatArray],
        groups: TextArray,
        known: BoolArray,
        n_levels: int,
    ) -> Self:
        """Take what was measured for each series' group; of all, where the group is small.

        Parameters
        ----------
        measured : group → shape (n_levels,)
        groups, known : shape (n,), of each series, and whether the model speaks of it
        """
        unknown = np.full(n_levels, np.nan)
        member, names = pd.factorize(groups)
        table = [measured.get(name, measured.get("all", unknown)) for name in names.tolist()]
        shares = np.array([*table, unknown], dtype=np.float64).reshape(-1, n_levels)
        return cls(shares, np.where(known, member, len(table)).astype(np.int32))

    @classmethod
    def unknown(cls, n: int, n_levels: int) -> Self:
        """Nothing is known of any series."""
        return cls(np.full((1, n_levels), np.nan), np.zeros(n, np.int32))

    def kept(self, at: IntArray, shares: FloatArray) -> Self:
        """Replace what is known of the series at positions `at` by one share for all levels."""
        added = np.repeat(shares[:, None], self.shares.shape[1], axis=1)
        group = self.group.copy()
        group[at] = len(self.shares) + np.arange(len(at))
        return type(self)(np.concatenate([self.shares, added]), group)

    def at(self, levels: FloatArray, level: FloatArray) -> FloatArray:
        """Shares at each series' own service level, at most 1; shape (n,), NaN = unknown.

        Parameters
        ----------
        levels : shape (n_levels,)
        level : shape (n,)
        """
        ascending, found = np.sort(self.shares, axis=1), np.empty(len(self.group))
        for start in range(0, len(found), BLOCK_SERIES):
            which = slice(start, start + BLOCK_SERIES)
            found[which] = quantile_at(ascending[self.group[which]], levels, level[which])
        return np.minimum(found, 1.0)
