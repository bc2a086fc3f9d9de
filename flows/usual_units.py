"""Units that a shop sells per period, bulk orders cut down: the guard looks whether they fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from stockalert.arrays import FloatArray

__all__ = ["units_per_day"]

_BULK = 0.95
"""Of the rows that sell; what is beyond counts as much as this quantile."""
_LAST = "SELECT max(date)::DATE FROM read_parquet(?)"
_COUNTS = """
    SELECT units_sold, count(*) FROM read_parquet(?)
    WHERE date::DATE > ?::DATE - 63 AND units_sold > 0 GROUP BY ALL
"""
_PER_DAY = """
    SELECT date::DATE, sum(least(units_sold, ?))::DOUBLE FROM read_parquet(?)
    WHERE date::DATE > ?::DATE - 63 GROUP BY ALL
"""


def units_per_day(sales: Path) -> pd.Series[float]:
    """Units sold per period of the whole shop, by its first day; bulk orders cut down.

    One order of a wholesaler can be half a day. So no row counts for more than 95 % of the rows of
    these weeks have; a file loaded in part or twice shows all the same.
    """
    path = str(sales)
    last = _ask(_LAST, path)[0][0]
    counts = np.array(_ask(_COUNTS, path, last), np.float64).reshape(-1, 2)
    most = _quantile_of_counts(counts, _BULK) if len(counts) else np.inf
    found = pd.DataFrame(_ask(_PER_DAY, most, path, last), columns=["date", "units"])
    units: pd.Series[float] = found.set_index(pd.to_datetime(found["date"]))["units"]
    return units


def _quantile_of_counts(counts: FloatArray, level: float) -> float:
    """Quantile of values that occur so often, by straight lines between them.

    Parameters
    ----------
    counts : shape (n_values, 2), value and how often; one value at least

    Examples
    --------
    >>> _quantile_of_counts(np.array([[5.0, 1.0], [1.0, 3.0]]), 0.5)
    1.0
    """
    values, times = counts[np.argsort(counts[:, 0])].T
    ends = np.cumsum(times)
    place = level * (ends[-1] - 1)
    low, high = (
        values[np.searchsorted(ends, rank, side="right")]
        for rank in (np.floor(place), np.ceil(place))
    )
    return float(low + (high - low) * (place - np.floor(place)))


def _ask(query: str, *values: object) -> list[tuple[Any, ...]]:
    with duckdb.connect(config={"autoinstall_known_extensions": "false"}) as con:
        return con.execute(query, list(values)).fetchall()
