"""Some months of a large table at once: judged, brought into canonical form, written as parts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby, pairwise
from operator import itemgetter

import duckdb
import numpy as np
import pyarrow as pa

from flows.aggregation import CANONICAL, canonical_order, canonical_query
from flows.canonical import ROW_GROUP, canonical_schema, write_rows
from flows.co_views import item_views_query, pairs_query
from flows.cutoff import DAYS, known_on
from flows.incremental_parts import Window, day_of, month_of, part_of
from flows.manifest import Part, PartFile, Store
from flows.order_sizes import buyers_query
from flows.quarantine import last_day_of, refuse_bad_rows, refused_rows
from flows.reading import Reading
from flows.sql import identifiers, rows

__all__ = ["Kitchen", "build_parts", "canonical_of", "write_parts"]

_BESIDES = {"sales": ("skus",), "stock": ("skus",), "order_lines": ("skus", "buyers")}


@dataclass(frozen=True)
class Kitchen:
    """Where and how parts are made.

    Attributes
    ----------
    period : "D" or "W-MON".
    today : facts more than a year after it are refused.
    most_rows : that are brought into form at once.
    co_views : what is seen together is counted.
    """

    con: duckdb.DuckDBPyConnection
    store: Store
    period: str
    today: date
    most_rows: int
    co_views: bool

    @property
    def latest(self) -> date:
        """Last day that is not absurdly far ahead."""
        return last_day_of(self.today)


def build_parts(
    kitchen: Kitchen, reading: Reading, window: Window, makes: Iterable[str]
) -> dict[int, Part]:
    """Judge the rows that `raw_NAME` shows, those of a window, and write its parts.

    Parameters
    ----------
    makes : canonical tables that are made of this one, month by month.
    """
    con, name = kitchen.con, reading.table.name
    refused = refuse_bad_rows(con, reading, today=kitchen.today)
    made: dict[str, dict[int, PartFile]] = {}
    if refused:
        part = part_of(day_of(reading), kitchen.period, kitchen.latest)
        query = f"SELECT * FROM ({refused_rows(reading, part)}) ORDER BY ALL"
        made["refused"] = write_parts(kitchen, name, "refused", query)
    for canonical in makes:
        query = canonical_of(reading, canonical, reading.clean, kitchen.period)
        schema = canonical_schema(CANONICAL[canonical])
        made[canonical] = write_parts(kitchen, name, canonical, query, schema)
    order = "ORDER BY __part" if len(window.keys) > 1 else ""
    for besides, query in _besides(reading, kitchen.period, co_views=kitchen.co_views).items():
        made[besides] = write_parts(kitchen, name, besides, f"{query} {order}")
    return _described(kitchen, reading, window, made)


def canonical_of(reading: Reading, canonical: str, view: str, period: str) -> str:
    """Return SQL of a canonical table made of `view`, in order of its parts."""
    table = CANONICAL[canonical]
    query = canonical_query(table, origin=reading.table.name, view=view, period=period)
    day = f"CAST({DAYS.get(canonical, 'date')} AS DATE)"
    return (
        f"SELECT {month_of(day, period)} AS __part, {identifiers(table.names)} FROM ({query}) "
        f"ORDER BY __part, {canonical_order(table)}"
    )


def write_parts(
    kitchen: Kitchen, table: str, what: str, query: str, schema: pa.Schema | None = None
) -> dict[int, PartFile]:
    """Write the rows of a query, in order of the `__part` that comes first, part by part."""
    store, written = kitchen.store, {}
    batches = kitchen.con.sql(query).to_arrow_reader(ROW_GROUP)
    kept = schema or pa.schema(list(batches.schema)[1:])
    for key, slices in groupby(_slices(batches), key=itemgetter(0)):
        path = store.new_path(table, what, key)
        held = write_rows((rows for _, rows in slices), path, kept)
        written[key] = store.seal(path, held)
    return written


def _slices(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Cut batches where the part changes."""
    for batch in batches:
        keys = batch.column(0).to_numpy()
        rest = batch.select(batch.schema.names[1:])
        edges = [0, *(np.flatnonzero(np.diff(keys)) + 1).tolist(), len(keys)]
        for begin, end in pairwise(edges):
            if begin < end:
                yield int(keys[begin]), rest.slice(begin, end - begin)


def _besides(reading: Reading, period: str, *, co_views: bool) -> dict[str, str]:
    """Return SQL of what later nights need of the rows, by name."""
    name, clean, month = reading.table.name, reading.clean, month_of(day_of(reading), period)
    skus = f"SELECT DISTINCT {month} AS __part, sku FROM {clean}"
    queries = dict.fromkeys(_BESIDES.get(name, ()), skus)
    by_day = f"SELECT {month_of('day', period)} AS __part, *"
    if "buyers" in queries:
        queries["buyers"] = f"{by_day} FROM ({buyers_query(clean)})"
    if name == "events" and co_views:
        queries["views"] = f"{by_day} FROM ({item_views_query(clean)})"
        queries["pairs"] = pairs_query(clean, month_of("day", period))
    return queries


def _described(
    kitchen: Kitchen,
    reading: Reading,
    window: Window,
    made: Mapping[str, Mapping[int, PartFile]],
) -> dict[int, Part]:
    """Count what became of the rows of each part."""
    name, day = reading.table.name, day_of(reading)
    sold, back = ("units >= 0", "units < 0") if name == "order_lines" else ("true", "false")
    kept: dict[int, dict[str, int]] = defaultdict(dict)
    returns: dict[int, int] = defaultdict(int)
    sales: dict[int, list[date]] = defaultdict(list)
    for key, known, count, returned, *span in rows(
        kitchen.con,
        f"SELECT {month_of(day, kitchen.period)}, {known_on(name)}, count(*), "
        f"count(*) FILTER ({back}), min({day}) FILTER ({sold}), max({day}) FILTER ({sold}) "
        f"FROM {reading.clean} GROUP BY ALL ORDER BY ALL",
    ):
        kept[key][known.isoformat()] = count
        returns[key] += returned
        sales[key] += [sale for sale in span if sale is not None]
    spans = {
        key: (min(days).isoformat(), max(days).isoformat()) for key, days in sales.items() if days
    }
    files = {key: {n: m[key] for n, m in made.items() if key in m} for key in window.keys}
    refused = {key: of["refused"].rows if "refused" in of else 0 for key, of in files.items()}
    return {
        key: Part(refused[key], kept[key], returns[key], spans.get(key, ()), files[key])
        for key in window.keys
    }
