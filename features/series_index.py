"""Which row of the panel a sku and location is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from stockalert.arrays import IntArray

__all__ = ["SeriesIndex", "expand_ranges"]


@dataclass(frozen=True)
class SeriesIndex:
    """Series in the order of (sku, location), found without a loop.

    Attributes
    ----------
    skus, locations : sorted, unique
    sku : int64, shape (n_series,), position of the series' sku in `skus`
    location : int64, shape (n_series,), position of its location in `locations`
    """

    skus: pd.Index
    locations: pd.Index
    sku: IntArray
    location: IntArray

    @classmethod
    def of(cls, series: pd.DataFrame) -> SeriesIndex:
        """Index the sorted, unique `series` (columns sku, location)."""
        skus = pd.Index(series["sku"].unique()).sort_values()
        locations = pd.Index(series["location"].unique()).sort_values()
        return cls(
            skus, locations, _codes(series["sku"], skus), _codes(series["location"], locations)
        )

    def __len__(self) -> int:
        return len(self.sku)

    def sku_codes(self, sku: pd.Series) -> IntArray:
        """Position of each sku in `skus`; -1 where no series sells it."""
        return _codes(sku, self.skus)

    def positions(self, frame: pd.DataFrame) -> IntArray:
        """Series of each row of `frame` (columns sku, location); -1 where there is none."""
        width = len(self.locations)
        pairs = self.sku * width + self.location
        sku, location = self.sku_codes(frame["sku"]), _codes(frame["location"], self.locations)
        wanted = np.where((sku >= 0) & (location >= 0), sku * width + location, -1)
        found = np.minimum(np.searchsorted(pairs, wanted), len(pairs) - 1)
        return np.where(pairs[found] == wanted, found, -1)

    def expand(self, frame: pd.DataFrame) -> tuple[IntArray, IntArray]:
        """Pair each row of `frame` with every series that it concerns.

        A row whose location is null or `"default"` concerns the sku everywhere.

        Returns
        -------
        rows, series : int64, shape (n_pairs,)
        """
        sku = self.sku_codes(frame["sku"])
        begin = np.searchsorted(self.sku, sku, side="left")
        count = np.searchsorted(self.sku, sku, side="right") - begin
        everywhere = ~_given(frame)
        rows, series = expand_ranges(begin, np.where(everywhere & (sku >= 0), count, 0))
        exact = self.positions(frame) if (~everywhere).any() else np.full(len(frame), -1)
        one = np.flatnonzero((exact >= 0) & ~everywhere)
        return np.concatenate([rows, one]), np.concatenate([series, exact[one]])


def expand_ranges(begin: IntArray, count: IntArray) -> tuple[IntArray, IntArray]:
    """List the members of each range [begin, begin + count).

    Examples
    --------
    >>> owner, member = expand_ranges(np.array([5, 9]), np.array([2, 1]))
    >>> owner.tolist(), member.tolist()
    ([0, 0, 1], [5, 6, 9])
    """
    owner = np.repeat(np.arange(len(count)), count)
    before = np.cumsum(count) - count
    return owner, np.arange(len(owner)) - before[owner] + begin[owner]


def _given(frame: pd.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    if "location" not in frame:
        return np.zeros(len(frame), dtype=np.bool_)
    return (frame["location"].notna() & (frame["location"] != "default")).to_numpy(dtype=np.bool_)


def _codes(values: pd.Series, index: pd.Index) -> IntArray:
    """Position of each value in `index`, -1 for null and unknown; cheap for categories."""
    names = values if isinstance(values.dtype, pd.CategoricalDtype) else values.astype("category")
    positions = index.get_indexer(pd.Index(names.cat.categories).astype(index.dtype))
    return np.append(positions, -1)[names.cat.codes.to_numpy()].astype(np.int64)
