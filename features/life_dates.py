"""When items end, when another replaces them, and which items are one another's continuation."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from features.panel import Panel
from features.tables import Tables, days, read_table, whole
from stockalert.arrays import DateArray, IntArray

__all__ = ["LifeDates", "read_life_dates", "read_lineage"]

LONGEST_LINE = 16


@dataclass(frozen=True)
class LifeDates:
    """Dates of each series' item, shape (n_series,), NaT = unknown.

    Attributes
    ----------
    end : last day on sale
    successor : first day of the item that replaces it
    """

    end: DateArray
    successor: DateArray

    def block(self, which: slice) -> LifeDates:
        """Only the series in `which`."""
        return replace(self, end=self.end[which], successor=self.successor[which])


def read_life_dates(tables: Tables, panel: Panel) -> LifeDates | None:
    """Read the dates of the panel's series; None where no product has any."""
    columns = ["sku", "launch_date", "end_date", "replaces_sku"]
    table = read_table(whole(tables), "products", columns)
    if not {"end_date", "replaces_sku"} & {name for name in table if table[name].notna().any()}:
        return None
    unknown = np.full(len(table), np.datetime64("NaT"), dtype="datetime64[D]")
    end = days(table["end_date"]) if "end_date" in table else unknown
    successor = unknown.copy()
    if {"replaces_sku", "launch_date"} <= set(table):
        old = _replaced(table)
        launch = days(table["launch_date"])
        successor[old[old >= 0]] = launch[old >= 0]
    rows = _rows(table, panel)
    return LifeDates(
        end=np.where(rows >= 0, end[rows], np.datetime64("NaT")),
        successor=np.where(rows >= 0, successor[rows], np.datetime64("NaT")),
    )


def read_lineage(tables: Tables, panel: Panel) -> IntArray | None:
    """Number the lines of items that continue one another, per location.

    Returns
    -------
    int64, shape (n_series,); None where nothing replaces anything. A circle of replacements is cut
    somewhere.
    """
    table = read_table(whole(tables), "products", ["sku", "replaces_sku"])
    if "replaces_sku" not in table or table["replaces_sku"].isna().all():
        return None
    old = _replaced(table)
    root = np.where(old >= 0, old, np.arange(len(table)))
    for _ in range(LONGEST_LINE.bit_length()):
        root = root[root]
    rows = _rows(table, panel)
    unlisted = len(table) + panel.index.sku
    line = np.where(rows >= 0, root[rows], unlisted)
    pairs = np.stack([line, panel.index.location], axis=1)
    return np.unique(pairs, axis=0, return_inverse=True)[1].ravel()


def _replaced(table: pd.DataFrame) -> IntArray:
    """Row of the item that each row's item replaces; −1 = none."""
    skus = pd.Index(table["sku"].astype("str"))
    found: IntArray = skus.get_indexer(pd.Index(table["replaces_sku"].astype("object")))
    return found


def _rows(table: pd.DataFrame, panel: Panel) -> IntArray:
    skus = pd.Index(table["sku"].astype("str"))
    found: IntArray = skus.get_indexer(pd.Index(panel.series["sku"]))
    return found
