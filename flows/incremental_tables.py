"""The tables that are kept in parts: read, counted, and what is made of several of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from flows.incremental import bring_up_to_date, relation_of
from flows.incremental_build import Kitchen
from flows.incremental_derived import derive_co_views, derive_order_segments, derive_order_sizes
from flows.intake import TableReport
from flows.manifest import Book
from flows.quarantine import keep_refused, stop_if_too_many, with_ragged
from flows.reading import Reading
from flows.sources import Source
from flows.sql import identifier, rows

__all__ = ["InParts", "derive_all", "read_in_parts"]

_SHOWN = 3


@dataclass(frozen=True)
class InParts:
    """A table in parts.

    Attributes
    ----------
    reading : what its files hold.
    book : what is known of its rows.
    opened : parts that are not as they were on the night before.
    skus : SQL of every sku in it; None where nobody asks.
    notes : in plain words.
    """

    reading: Reading
    book: Book
    opened: Collection[int]
    skus: str | None
    notes: tuple[str, ...]

    @property
    def returns(self) -> int:
        """Order lines of negative units."""
        return sum(part.returns for part in self.book.parts.values())

    @property
    def span(self) -> tuple[date, date] | None:
        """First and last day with a sale."""
        spans = [part.span for part in self.book.parts.values() if part.span]
        if not spans:
            return None
        first, last = min(span[0] for span in spans), max(span[1] for span in spans)
        return date.fromisoformat(first), date.fromisoformat(last)


def read_in_parts(
    kitchen: Kitchen, source: Source, makes: tuple[str, ...], path: Path, *, max_share: float
) -> tuple[InParts, TableReport]:
    """Read what is new of a table; its refused rows, of all nights, go to `path`.

    Raises
    ------
    ContractError
        A file cannot be read, a required column is missing, or too many rows are bad.
    """
    con, table = kitchen.con, source.table
    reading, book, opened = bring_up_to_date(kitchen, source, makes)
    kept = sum(sum(part.kept.values()) for part in book.parts.values())
    ragged = sum(entry.ragged for entry in book.files)
    bad = ragged + sum(part.refused for part in book.parts.values())
    refused = relation_of(kitchen, book, "refused")
    told = (
        with_ragged(f"FROM {refused}", reading.raw.ragged)
        if refused
        else (f"SELECT reason FROM {reading.raw.ragged} ORDER BY ALL")
    )
    if bad:
        keep_refused(con, told, path)
    stop_if_too_many(con, table, told, bad=bad, read=kept + bad, max_share=max_share)
    skus = relation_of(kitchen, book, "skus")
    in_parts = InParts(reading, book, opened, skus, tuple(_same_day_twice(kitchen, table)))
    report = TableReport(kept + bad, kept, bad, 0, 0, reading.extra, reading.missing)
    return in_parts, report


def derive_all(
    kitchen: Kitchen, parts: Mapping[str, InParts], whole: Mapping[str, Reading]
) -> dict[str, InParts]:
    """Make the tables whose months depend on other months or on other tables."""
    made = dict(parts)
    if "order_lines" in made:
        lines = made["order_lines"]
        book = derive_order_sizes(kitchen, lines.book, lines.opened)
        if "customers" in whole:
            customers = f"SELECT customer_id, segment FROM {whole['customers'].clean}"
            book = derive_order_segments(kitchen, book, lines.opened, customers=customers)
        else:
            book = replace(book, customers="")
        made["order_lines"] = replace(lines, book=book)
    if "events" in made and kitchen.co_views:
        events = made["events"]
        book = derive_co_views(kitchen, events.book, events.opened)
        made["events"] = replace(events, book=book)
    return made


def _same_day_twice(kitchen: Kitchen, table: str) -> list[str]:
    """Name files that tell the same rows of the same day."""
    found = rows(
        kitchen.con,
        "SELECT list(DISTINCT file ORDER BY file), min(day), count(DISTINCT day), any_value(rows) "
        "FROM (SELECT list(file ORDER BY file) AS files, day, any_value(rows) AS rows "
        f"FROM {identifier(f'days_{table}')} WHERE day IS NOT NULL AND rows > 1 "
        "GROUP BY day, rows, digest HAVING count(*) > 1), LATERAL (SELECT unnest(files) AS file) "
        f"GROUP BY files ORDER BY min(day) LIMIT {_SHOWN}",
    )
    return [
        f"{table}: {files[0]} and {files[1]} hold the same rows of {day}"
        + (f" and {days - 1} more days" if days > 1 else f" ({count} rows)")
        for files, day, days, count in found
    ]
