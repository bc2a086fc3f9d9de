"""Read canonical parquet tables: only the columns asked for, texts as categories."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from stockalert.arrays import DateArray, IntArray

__all__ = ["days", "period_index", "read_table"]


def read_table(tables: Path, name: str, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Read `tables/name.parquet`; empty, and without columns, where there is no such table.

    Parameters
    ----------
    columns : those wanted, where they are present; None = all.
    """
    path = tables / f"{name}.parquet"
    if not path.exists():
        return pd.DataFrame()
    held = pq.read_schema(path).names
    wanted = held if columns is None else [column for column in columns if column in held]
    table = pq.read_table(path, columns=wanted)
    frame: pd.DataFrame = table.to_pandas(strings_to_categorical=True, date_as_object=False)
    return frame


def days(column: pd.Series) -> DateArray:
    """Turn a column of dates into datetime64[D]; null = NaT."""
    return pd.to_datetime(column).to_numpy().astype("datetime64[D]")


def period_index(dates: DateArray, start: np.datetime64, period_days: int) -> IntArray:
    """Number of the period that a date falls in, counted from the one that begins at `start`.

    Examples
    --------
    >>> dates = np.array(["2017-01-02", "2017-01-08", "2017-01-09"], dtype="datetime64[D]")
    >>> period_index(dates, np.datetime64("2017-01-02"), 7).tolist()
    [0, 0, 1]
    """
    elapsed = (dates - start).astype(np.int64)
    return np.floor_divide(elapsed, period_days)
