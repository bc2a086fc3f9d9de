"""Purchase order lines that are still open: few of the many that a shop has ever placed."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow.compute as pc
import pyarrow.parquet as pq

__all__ = ["open_lines"]


def open_lines(tables: Path, name: str, *, as_of: date) -> pd.DataFrame | None:
    """Read the lines that `stockalert.positions.open_orders` keeps; None without such a table."""
    path = tables / f"{name}.parquet"
    if not path.exists():
        return None
    today = pd.Timestamp(as_of)
    is_open = pc.field("ordered_at") <= today
    for end in (pc.field("cancelled_at"), pc.field("received_at")):
        is_open &= end.is_null() | (end > today)
    lines: pd.DataFrame = pq.read_table(path, filters=is_open).to_pandas(date_as_object=False)
    return lines
