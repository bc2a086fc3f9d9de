"""Tables whose months depend on other months: made of parts, not of the files again."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import timedelta

from flows.aggregation import DERIVED_TABLES, canonical_order
from flows.canonical import canonical_schema
from flows.co_views import CO_VIEWS, MONTHS, co_views_query
from flows.incremental import relation_of
from flows.incremental_build import Kitchen, write_parts
from flows.incremental_parts import month_of, parts_between, windows_of
from flows.manifest import Book, Part, PartFile
from flows.order_segments import ORDER_SEGMENTS, order_segments_query
from flows.order_sizes import LEAD_DAYS, ORDER_SIZES, order_sizes_query
from flows.sql import identifiers, scalar

__all__ = ["derive_co_views", "derive_order_segments", "derive_order_sizes"]


def derive_order_sizes(kitchen: Kitchen, book: Book, opened: Collection[int]) -> Book:
    """Make `order_sizes` from the first part that changed on: later days are judged by it."""
    keys = _months(book)
    since = min((key for key in opened if key), default=None)
    stale = [key for key in keys if since is not None and key >= since]
    sizes = {key: _rows(book.parts[key], "order_lines") for key in stale}
    made: dict[int, PartFile] = {}
    for window in windows_of(sizes, most=kitchen.most_rows, period=kitchen.period):
        known = [key for key in keys if key <= window.keys[-1]]
        lines = relation_of(kitchen, book, "order_lines", known)
        buyers = relation_of(kitchen, book, "buyers", known)
        if lines is None:
            continue
        first, _ = window.days
        lead = first - timedelta(days=LEAD_DAYS)
        near = f"(FROM {lines} WHERE ordered_at >= DATE '{lead}')"
        past = f"SELECT sku, customer_id FROM {buyers} WHERE day < DATE '{lead}'" if buyers else ""
        query = order_sizes_query(near, kitchen.period, first=first, past=past)
        made |= _written(kitchen, "order_lines", ORDER_SIZES.name, query)
    return _with(book, ORDER_SIZES.name, stale, made)


def derive_order_segments(
    kitchen: Kitchen, book: Book, opened: Collection[int], *, customers: str
) -> Book:
    """Make `order_segments` of the parts that changed; of all where the customers did.

    Parameters
    ----------
    customers : SQL of the customers' segments (customer_id, segment).
    """
    told = scalar(
        kitchen.con,
        f"SELECT concat(count(*), ' ', sum(hash(customer_id, segment))) FROM ({customers})",
    )
    stale = [key for key in _months(book) if key in opened or told != book.customers]
    sizes = {key: _rows(book.parts[key], "order_lines") for key in stale}
    made: dict[int, PartFile] = {}
    for window in windows_of(sizes, most=kitchen.most_rows, period=kitchen.period):
        lines = relation_of(kitchen, book, "order_lines", window.keys)
        if lines is not None:
            query = order_segments_query(lines, kitchen.period, customers)
            made |= _written(kitchen, "order_lines", ORDER_SEGMENTS.name, query)
    return replace(_with(book, ORDER_SEGMENTS.name, stale, made), customers=told)


def derive_co_views(kitchen: Kitchen, book: Book, opened: Collection[int]) -> Book:
    """Make `co_views` of the parts that changed and of those whose companions they tell."""
    keys = _months(book)
    # With weeks, the last one of a part may reach into the next month.
    nearest, reach = (1, MONTHS) if kitchen.period == "D" else (0, MONTHS + 1)
    stale = sorted({later for key in opened if key for later in parts_between(keys, key, reach)})
    made: dict[int, PartFile] = {}
    for key in stale:
        views = relation_of(kitchen, book, "views", [key])
        earlier = [k for k in keys if parts_between([key], k, reach)]
        pairs = relation_of(kitchen, book, "pairs", earlier[: len(earlier) - nearest])
        if views is not None and pairs is not None:
            query = co_views_query(f"FROM {views}", f"FROM {pairs}", kitchen.period)
            made |= _written(kitchen, "events", CO_VIEWS.name, query)
    return _with(book, CO_VIEWS.name, stale, made)


def _months(book: Book) -> list[int]:
    return sorted(key for key in book.parts if key)


def _rows(part: Part, name: str) -> int:
    return part.files[name].rows if name in part.files else 0


def _written(kitchen: Kitchen, origin: str, name: str, query: str) -> dict[int, PartFile]:
    table = DERIVED_TABLES[name]
    parted = (
        f"SELECT {month_of('date', kitchen.period)} AS __part, {identifiers(table.names)} "
        f"FROM ({query}) ORDER BY __part, {canonical_order(table)}"
    )
    return write_parts(kitchen, origin, name, parted, canonical_schema(table))


def _with(book: Book, name: str, stale: Collection[int], made: Mapping[int, PartFile]) -> Book:
    """Return the book with other files of one name in the stale parts."""
    parts = dict(book.parts)
    for key in stale:
        files = {n: file for n, file in parts[key].files.items() if n != name}
        parts[key] = replace(parts[key], files=files | ({name: made[key]} if key in made else {}))
    return replace(book, parts=parts)
