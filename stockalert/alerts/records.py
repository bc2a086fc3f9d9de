"""Rows of a table of alerts, one at a time: sentences are put together row by row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

__all__ = ["each_row"]

BLOCK_ROWS = 8192


def each_row(table: pd.DataFrame, columns: Sequence[str] | None = None) -> Iterator[dict[str, Any]]:
    """Yield each row as a dictionary, None for what is missing; few of them exist at a time.

    Parameters
    ----------
    columns : those wanted; None = all

    Examples
    --------
    >>> list(each_row(pd.DataFrame({"sku": ["mug", None], "units": [1.0, 2.0]}), ["sku"]))
    [{'sku': 'mug'}, {'sku': None}]
    """
    wanted = table if columns is None else table[list(columns)]
    for start in range(0, len(wanted), BLOCK_ROWS):
        part = wanted.iloc[start : start + BLOCK_ROWS]
        for row in part.astype(object).where(part.notna(), None).to_dict("records"):
            yield {str(name): value for name, value in row.items()}
