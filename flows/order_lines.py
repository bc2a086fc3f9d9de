"""Purchase order lines, of which there are many: those still open, or what they say of times."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow.compute as pc
import pyarrow.parquet as pq

__all__ = ["open_lines", "order_times"]

_WORDS = ("sku", "location", "supplier_id")
_TIMES = ("ordered_at", "expected_at", "received_at", "cancelled_at")


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


def order_times(tables: Path, name: str) -> pd.DataFrame | None:
    """Read who was asked for what, and when it came; words are categories. None without a table."""
    path = tables / f"{name}.parquet"
    if not path.exists():
        return None
    words = list(_WORDS)
    table = pq.read_table(path, columns=[*words, *_TIMES], read_dictionary=words)
    lines: pd.DataFrame = table.to_pandas(date_as_object=False)
    return lines
