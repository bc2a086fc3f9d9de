"""What preparing a data set yields, and the steps that every set shares."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.forecast.problem import Array, Problem

__all__ = ["Prepared", "days", "dense", "protection", "write_tables"]


@dataclass(frozen=True)
class Prepared:
    """A problem, the contract tables it came from, and what cleaning did, in counts.

    The tables hold the whole shop, past the last cutoff too: whoever reads them cuts at `as_of`.
    """

    problem: Problem
    tables: dict[str, pd.DataFrame]
    facts: dict[str, int]

    @cached_property
    def tables_fingerprint(self) -> str:
        """First 8 hex digits of a SHA-256 over the tables."""
        digest = hashlib.sha256()
        for name, table in sorted(self.tables.items()):
            digest.update(f"{name}: {', '.join(table.columns)}\n".encode())
            digest.update(pd.util.hash_pandas_object(table, index=False).to_numpy().tobytes())
        return digest.hexdigest()[:8]


def days(start: str, end: str, step: int = 1) -> Array:
    """First days of the periods from `start` up to and including `end`."""
    return np.arange(np.datetime64(start), np.datetime64(end) + 1, step, dtype="datetime64[D]")


def dense(frame: pd.DataFrame, series: pd.DataFrame, periods: Array, column: str) -> Array:
    """Lay `column` of a frame by sku, location, date out as (n_series, n_periods); NaN elsewhere.

    Examples
    --------
    >>> long = pd.DataFrame({"sku": ["a"], "location": ["default"], "date": ["2024-01-02"]})
    >>> long = long.assign(date=pd.to_datetime(long["date"]), units_sold=3.0)
    >>> dense(long, long[["sku", "location"]], days("2024-01-01", "2024-01-02"), "units_sold")
    array([[nan,  3.]], dtype=float32)
    """
    keys = pd.MultiIndex.from_frame(series[["sku", "location"]])
    row = keys.get_indexer(pd.MultiIndex.from_frame(frame[["sku", "location"]]))
    date = frame["date"].to_numpy("datetime64[D]")
    at = np.searchsorted(periods, date)
    inside = (row >= 0) & (date >= periods[0]) & (date <= periods[-1])
    values = np.full((len(series), len(periods)), np.nan, dtype=np.float32)
    values[row[inside], at[inside]] = frame[column].to_numpy(np.float32)[inside]
    return values


def protection(keys: pd.Series, shortest: int, longest: int) -> Array:
    """Protection days per key: a lead time drawn once per distinct key, and one day of review.

    The bounds are those of the lead time; the draw depends on the sorted keys alone.
    """
    distinct = np.sort(keys.unique().astype(str))
    drawn = np.random.default_rng(7).integers(shortest, longest + 1, len(distinct))
    return (drawn[np.searchsorted(distinct, keys.to_numpy(str))] + 1).astype(np.int32)


def write_tables(prepared: Prepared, folder: Path, only: pd.DataFrame | None = None) -> None:
    """Write the contract tables to `folder`, of the series in `only` alone where it is given."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in prepared.tables.items():
        keys = [key for key in ("sku", "location") if only is not None and key in table]
        kept = table.merge(only[keys].drop_duplicates(), on=keys) if "sku" in keys else table
        kept.to_parquet(folder / f"{name}.parquet", index=False)
