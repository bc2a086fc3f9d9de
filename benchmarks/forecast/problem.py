"""An evaluation problem: past demand, cutoffs, and an interval to forecast for each series.

Only arrays and pandas, so that peers can read it in an environment of their own.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = ["HEADLINE", "LEVELS", "Problem"]

Array = npt.NDArray[np.generic]

LEVELS = np.array([0.5, 0.8, 0.9, 0.95, 0.975, 0.99])
HEADLINE = LEVELS >= 0.8

_SAMPLE_SEED = 20_110_228


@dataclass(frozen=True)
class Problem:
    """Series with a shared calendar; one row to forecast per (cutoff, series), cutoff-major.

    Attributes
    ----------
    period_days : 1 or 7
    periods : datetime64[D], shape (n_periods,)
        First day of each period.
    demand : float32, shape (n_series, n_periods), units
        What was sold; 0 where nothing was.
    observed : float32, shape (n_series, n_periods)
        Share of the period's opening hours in stock, 1 where nothing says otherwise.
    price : float32, shape (n_series, n_periods), per unit
        Mean price paid in the period; NaN where unknown.
    promoted : float32, shape (n_series, n_periods)
        1 where a promotion planned ahead was running, else 0.
    series : columns sku, location, category
    unit_value : float32, shape (n_series,), per unit
        Mean price before the first cutoff: turns units into revenue; 1 where no set has prices.
    cutoffs : int32, shape (n_cutoffs,)
        Positions of the last periods whose demand is known.
    protection_days : int32, shape (n_series,), days
    """

    name: str
    period_days: int
    periods: Array
    demand: Array
    observed: Array
    price: Array
    promoted: Array
    series: pd.DataFrame
    unit_value: Array
    cutoffs: Array
    protection_days: Array

    @property
    def n_series(self) -> int:
        """Number of series."""
        return len(self.demand)

    @property
    def horizon(self) -> Array:
        """Length of each series' protection interval, in periods."""
        return self.protection_days // self.period_days

    @cached_property
    def first(self) -> Array:
        """Position of each series' first sale: before it, it did not exist."""
        return (self.demand > 0).argmax(axis=1)

    @cached_property
    def rows(self) -> tuple[Array, Array]:
        """Series position and cutoff position (in `periods`) of every row."""
        series = np.tile(np.arange(self.n_series), len(self.cutoffs))
        return series, np.repeat(self.cutoffs, self.n_series)

    def totals(self, values: Array) -> Array:
        """Sum of `values` (n_series, n_periods) over each row's (cutoff, cutoff + horizon]."""
        series, cutoff = self.rows
        summed = np.cumsum(values, axis=1, dtype=np.float64)
        return summed[series, cutoff + self.horizon[series]] - summed[series, cutoff]

    @property
    def actual(self) -> Array:
        """Units sold over each row's protection interval."""
        return self.totals(self.demand)

    def level(self, window: int) -> Array:
        """Each row's mean demand per period over the last `window` periods it existed."""
        series, cutoff = self.rows
        summed = np.pad(np.cumsum(self.demand, axis=1, dtype=np.float64), ((0, 0), (1, 0)))
        start = np.minimum(np.maximum(cutoff + 1 - window, self.first[series]), cutoff)
        return (summed[series, cutoff + 1] - summed[series, start]) / (cutoff + 1 - start)

    def take(self, which: Array) -> Problem:
        """Return the problem for the series at positions `which` alone."""
        per_series = ("demand", "observed", "price", "promoted", "unit_value", "protection_days")
        series = self.series.iloc[which].reset_index(drop=True)
        return replace(self, series=series, **{k: getattr(self, k)[which] for k in per_series})

    def sample(self, size: int) -> Array:
        """Positions of a fixed random sample of series; a larger one contains a smaller one."""
        order = np.random.default_rng(_SAMPLE_SEED).permutation(self.n_series)
        return np.sort(order[:size])

    @cached_property
    def fingerprint(self) -> str:
        """First 16 hex digits of a SHA-256 over everything that defines the problem."""
        digest = hashlib.sha256(self.name.encode())
        for value in self._arrays().values():
            digest.update(np.ascontiguousarray(value).tobytes())
        digest.update(self.series.to_csv(index=False).encode())
        return digest.hexdigest()[:16]

    def save(self, folder: Path) -> None:
        """Write the problem to `folder` as problem.npz and series.parquet."""
        folder.mkdir(parents=True, exist_ok=True)
        np.savez(folder / "problem.npz", name=self.name, **self._arrays())
        self.series.to_parquet(folder / "series.parquet", index=False)

    @classmethod
    def load(cls, folder: Path) -> Problem:
        """Read what `save` wrote."""
        with np.load(folder / "problem.npz") as stored:
            arrays = {key: stored[key] for key in stored.files}
        name, period_days = str(arrays.pop("name")), int(arrays.pop("period_days"))
        series = pd.read_parquet(folder / "series.parquet")
        return cls(name=name, period_days=period_days, series=series, **arrays)

    def _arrays(self) -> dict[str, Array]:
        names = [field.name for field in fields(self) if field.name not in ("name", "series")]
        return {name: np.asarray(getattr(self, name)) for name in names}
