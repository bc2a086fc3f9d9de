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
_COUNTS = """
    WITH sold AS (SELECT date::DATE AS day, units_sold FROM read_parquet(?))
    SELECT units_sold, count(*) FROM sold
    WHERE day > (SELECT max(day) FROM sold) - 63 AND units_sold > 0 GROUP BY ALL
"""
_PER_DAY = """
    WITH sold AS (SELECT date::DATE AS day, units_sold FROM read_parquet(?))
    SELECT day, sum(least(units_sold, ?))::DOUBLE FROM sold
    WHERE day > (SELECT max(day) FROM sold) - 63 GROUP BY ALL
"""


def units_per_day(sales: Path) -> pd.Series[float]:
    """Units sold per period of the whole shop, by its first day; bulk orders cut down.

    One order of a wholesaler can be half a day. So no row counts for more than 95 % of the rows of
    these weeks have; a file loaded in part or twice shows all the same.
    """
    counts = np.array(_ask(_COUNTS, sales), np.float64).reshape(-1, 2)
    most = _quantile_of_counts(counts, _BULK) if len(counts) else np.inf
    found = pd.DataFrame(_ask(_PER_DAY, sales, most), columns=["date", "units"])
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


def _ask(query: str, path: Path, *values: float) -> list[tuple[Any, ...]]:
    with duckdb.connect(config={"autoinstall_known_extensions": "false"}) as con:
        return con.execute(query, [str(path), *values]).fetchall()
