"""What must be known of all tables before any part of a panel can be read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.tables import has_rows, open_table, period_index, read_table
from stockalert.arrays import BoolArray, DateArray

__all__ = ["BROWSING", "Outline", "read_outline"]

LONGEST_HISTORY_DAYS = 1107
BROWSING = {"views": "views", "carts": "add_to_carts", "searches": "searches"}
BATCH_ROWS = 1 << 19
PAIRS_KEPT = 1 << 19
"""Pairs of sku and location found so far beyond which those of all batches are merged; later, twice
as many as there are."""


@dataclass(frozen=True)
class Outline:
    """The extent of a panel.

    Attributes
    ----------
    series : columns sku and location, sorted by them
    seen : bool, shape (n_series,), whether sales, stock or purchase orders name the series
    periods : datetime64[D], first day of each period
    known : columns, as `table.column`, that hold anything
    fed : bool, shape (n_periods,), periods with a browsing feed; None without one
    stocked : whether there is a stock table
    """

    series: pd.DataFrame
    seen: BoolArray
    periods: DateArray
    period_days: int
    known: frozenset[str]
    fed: BoolArray | None
    stocked: bool


def read_outline(tables: Path, *, period: str, as_of: date) -> Outline:
    """Find out which series and periods there are; memory does not grow with the rows."""
    period_days = 7 if period == "W-MON" else 1
    names = ("sales", "stock", "purchase_orders")
    pairs = {name: _pairs(tables, name) for name in names}
    seen = pd.concat([found for found in pairs.values() if len(found)]).drop_duplicates()
    products = read_table(tables, "products", ["sku"])
    unseen = _unseen(seen, products, read_table(tables, "locations", ["location"]))
    both = pd.concat([seen.assign(seen=True), unseen.assign(seen=False)])
    series = both.sort_values(["sku", "location"], ignore_index=True)
    first, _ = _span(tables, "sales")
    periods = _periods(first, as_of, period_days)
    fed = None
    if has_rows(tables, "browsing"):
        ends = np.array(_span(tables, "browsing"))
        begin, end = period_index(ends, periods[0], period_days)
        fed = (np.arange(len(periods)) >= begin) & (np.arange(len(periods)) <= end)
    columns = (
        "sales.unit_price",
        "sales.promo_units",
        *(f"browsing.{c}" for c in BROWSING.values()),
    )
    return Outline(
        series=series[["sku", "location"]],
        seen=series["seen"].to_numpy(np.bool_),
        periods=periods,
        period_days=period_days,
        known=frozenset(column for column in columns if _known(tables, *column.split("."))),
        fed=fed,
        stocked=len(pairs["stock"]) > 0,
    )


def _batches(tables: Path, name: str, columns: list[str]) -> Iterator[pa.Table]:
    """Some columns of a table, some rows at a time; those it does not have are left out.

    On one thread: readers that run ahead hold ten times the memory and are no faster here.
    """
    table = open_table(tables, name)
    if table is None:
        return
    held = [column for column in columns if column in table.schema.names]
    for path in table.files:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(BATCH_ROWS, columns=held, use_threads=False):
                if batch.num_rows:
                    yield pa.Table.from_batches([batch])


def _pairs(tables: Path, name: str) -> pd.DataFrame:
    """Every sku and location of a table; a missing location is the shop's only one."""
    schema = pa.schema([("sku", pa.string()), ("location", pa.string())])
    found, most = [schema.empty_table()], PAIRS_KEPT
    for batch in _batches(tables, name, schema.names):
        found.append(_distinct(_named(batch, schema)))
        if sum(map(len, found)) > most:
            found = [_distinct(pa.concat_tables(found))]
            most = max(PAIRS_KEPT, 2 * len(found[0]))
    pairs: pd.DataFrame = _distinct(pa.concat_tables(found)).to_pandas().astype("str")
    return pairs


def _named(batch: pa.Table, schema: pa.Schema) -> pa.Table:
    """Sku and location as texts, "default" where there is no location."""
    texts = batch.cast(pa.schema([(name, pa.string()) for name in batch.column_names]))
    if "location" not in texts.column_names:
        texts = texts.append_column("location", pa.nulls(len(texts), pa.string()))
    location = pc.fill_null(texts["location"], "default")
    return pa.table({"sku": texts["sku"], "location": location}, schema=schema)


def _distinct(pairs: pa.Table) -> pa.Table:
    return pairs.group_by(pairs.column_names).aggregate([])


def _span(tables: Path, name: str) -> tuple[np.datetime64, np.datetime64]:
    """First and last date of a table."""
    ends = [
        (found["min"].as_py(), found["max"].as_py())
        for batch in _batches(tables, name, ["date"])
        for found in [pc.min_max(batch["date"])]
    ]
    first, last = min(first for first, _ in ends), max(last for _, last in ends)
    return np.datetime64(first, "D"), np.datetime64(last, "D")


def _known(tables: Path, name: str, column: str) -> bool:
    """Whether a table has a column that holds anything."""
    return any(
        batch.num_columns > 0 and batch[column].null_count < batch.num_rows
        for batch in _batches(tables, name, [column])
    )


def _unseen(seen: pd.DataFrame, products: pd.DataFrame, locations: pd.DataFrame) -> pd.DataFrame:
    """Products in no other table, at every location that has a name, else at "default"."""
    known = products["sku"].astype("str") if len(products) else pd.Series(dtype="str")
    where = locations["location"].astype("str") if len(locations) else ["default"]
    places = pd.DataFrame({"location": where}, dtype="str")
    return pd.DataFrame({"sku": known[~known.isin(seen["sku"])]}).merge(places, how="cross")


def _periods(first_sold: np.datetime64, as_of: date, period_days: int) -> DateArray:
    last = np.datetime64(as_of - timedelta(days=period_days - 1), "D")
    reach = min(int((last - first_sold).astype(np.int64)), LONGEST_HISTORY_DAYS)
    count = max(reach, 0) // period_days + 1
    return last - np.arange(count - 1, -1, -1) * period_days
