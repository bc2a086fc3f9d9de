"""Read canonical parquet tables: only the columns and rows asked for, texts as categories."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from stockalert.arrays import DateArray, IntArray

__all__ = [
    "Part",
    "Tables",
    "days",
    "has_rows",
    "open_table",
    "period_index",
    "read_table",
    "whole",
]


@dataclass(frozen=True)
class Part:
    """Canonical tables as far as they concern some neighbouring skus.

    Attributes
    ----------
    folder : the tables
    first, last : skus, both included; a row without a sku concerns all of them
    """

    folder: Path
    first: str
    last: str

    @classmethod
    def of(cls, tables: Path, series: pd.DataFrame) -> Part:
        """The part that some neighbouring series (sorted by sku, at least one) need."""
        return cls(tables, str(series["sku"].iloc[0]), str(series["sku"].iloc[-1]))


Tables = Path | Part
"""A folder of canonical tables `NAME.parquet`, or a part of one."""


def whole(tables: Tables) -> Path:
    """Return the folder that a part is of."""
    return tables.folder if isinstance(tables, Part) else tables


def open_table(tables: Tables, name: str) -> ds.Dataset | None:
    """Open table `name`, one file or a folder of parts; None where there is none."""
    for path in (whole(tables) / f"{name}.parquet", whole(tables) / name):
        if path.exists():
            return ds.dataset(path, format="parquet")
    return None


def has_rows(tables: Tables, name: str) -> bool:
    """Whether the whole table holds anything, even where the part of it does not."""
    table = open_table(tables, name)
    return table is not None and table.head(1, columns=table.schema.names[:1]).num_rows > 0


def read_table(tables: Tables, name: str, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Read table `name`; empty, and without columns, where there is no such table.

    Parameters
    ----------
    columns : those wanted, where they are present; None = all.
    """
    table = open_table(tables, name)
    if table is None:
        return pd.DataFrame()
    held = table.schema.names
    wanted = held if columns is None else [column for column in columns if column in held]
    rows = table.to_table(columns=wanted, filter=_concerned(tables, held))
    frame: pd.DataFrame = rows.to_pandas(strings_to_categorical=True, date_as_object=False)
    return frame


def _concerned(tables: Tables, columns: Sequence[str]) -> pc.Expression | None:
    """Rows of the part's skus, and of all skus."""
    if isinstance(tables, Path) or "sku" not in columns:
        return None
    sku = pc.field("sku")
    text = pa.string()
    inside = (sku >= pa.scalar(tables.first, text)) & (sku <= pa.scalar(tables.last, text))
    return inside | sku.is_null()


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
