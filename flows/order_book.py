"""The order book: which proposed lines were approved, rejected or exported, by whom and when.

`OUT/orders.db` (SQLite) keeps decisions only; what is proposed stands in the served table. Lines
approved by rule enter it from the night that is served, when the book is next opened for work, so
a night that was never published approves nothing. Each change is kept in `audit`.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import pandas as pd

from flows.owned_database import open_owned
from stockalert.errors import UsageError
from stockalert.served import read_pointer, read_served

__all__ = ["BOOK_FILE", "OrderBook", "chosen", "open_book", "proposed"]

BOOK_FILE = "orders.db"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS lines (
    line_id TEXT PRIMARY KEY, run_id TEXT NOT NULL, as_of TEXT NOT NULL,
    sku TEXT NOT NULL, location TEXT NOT NULL, supplier_id TEXT, units REAL NOT NULL,
    unit_cost REAL, cost REAL, order_day TEXT, expected_at TEXT, reason TEXT,
    state TEXT NOT NULL CHECK (state IN ('approved', 'rejected', 'exported')));
CREATE TABLE IF NOT EXISTS audit (
    entry INTEGER PRIMARY KEY, at TEXT NOT NULL, line_id TEXT NOT NULL, state TEXT NOT NULL,
    by TEXT NOT NULL, why TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS contacts (supplier_id TEXT PRIMARY KEY, name TEXT, email TEXT);
CREATE TABLE IF NOT EXISTS items (sku TEXT PRIMARY KEY, name TEXT);
"""
_KEPT = (
    *("line_id", "run_id", "as_of", "sku", "location", "supplier_id", "units", "unit_cost"),
    *("cost", "order_day", "expected_at", "reason"),
)
_ENTER = """
INSERT INTO lines (line_id, run_id, as_of, sku, location, supplier_id, units, unit_cost, cost,
    order_day, expected_at, reason, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (line_id) DO UPDATE SET state = excluded.state
"""
_NOTE = "INSERT INTO audit (at, line_id, state, by, why) VALUES (?, ?, ?, ?, ?)"
_READ = """
SELECT lines.*, contacts.name AS supplier_name, contacts.email, items.name
FROM lines LEFT JOIN contacts USING (supplier_id) LEFT JOIN items USING (sku)
WHERE state IN (SELECT value FROM json_each(?))
ORDER BY as_of, supplier_id, sku, location, line_id
"""
_DAYS = ("as_of", "order_day", "expected_at")


@dataclass(frozen=True)
class OrderBook:
    """An open order book; made by `open_book`."""

    connection: sqlite3.Connection

    def lines(self, *states: str) -> pd.DataFrame:
        """Lines in these states, oldest first, with the contacts and names known of them."""
        frame = pd.read_sql_query(_READ, self.connection, params=(json.dumps(states),))
        days = {name: pd.to_datetime(frame[name]).astype("datetime64[us]") for name in _DAYS}
        texts = ("sku", "location", "supplier_id", "supplier_name", "email", "name")
        return frame.assign(**days, **{name: frame[name].astype("str") for name in texts})

    def decide(
        self, lines: pd.DataFrame, state: str, *, at: datetime, by: str, why: str = ""
    ) -> int:
        """Put lines into a state and note it; returns how many changed."""
        kept = lines.assign(**{n: pd.to_datetime(lines[n]).dt.strftime("%Y-%m-%d") for n in _DAYS})
        rows = list(_rows(kept, list(_KEPT)))
        with self.connection:
            before = dict(self.connection.execute("SELECT line_id, state FROM lines").fetchall())
            changed = [row for row in rows if before.get(row[0]) != state]
            self.connection.executemany(_ENTER, [(*row, state) for row in changed])
            when = at.isoformat(" ", "seconds")
            self.connection.executemany(_NOTE, [(when, row[0], state, by, why) for row in changed])
        return len(changed)

    def audit(self) -> pd.DataFrame:
        """Every change ever made: entry, at, line_id, state, by, why."""
        return pd.read_sql_query("SELECT * FROM audit ORDER BY entry", self.connection)

    def remember(self, suppliers: pd.DataFrame | None, products: pd.DataFrame | None) -> None:
        """Keep names and addresses, which the exports print."""
        with self.connection as sql:
            if suppliers is not None:
                sql.execute("DELETE FROM contacts")
                names = ["supplier_id", "name", "email"]
                sql.executemany("INSERT INTO contacts VALUES (?, ?, ?)", _rows(suppliers, names))
            if products is not None:
                sql.execute("DELETE FROM items")
                sql.executemany("INSERT INTO items VALUES (?, ?)", _rows(products, ["sku", "name"]))

    def enter_approved_by_rule(self, out: Path) -> int:
        """Enter the lines that the night served now approved by rule; returns how many are new."""
        if not (out / "_latest.json").exists():
            return 0
        found = proposed(out)
        by_rule = found[found["auto_approved"].fillna(False).to_numpy(bool)]
        known = {row[0] for row in self.connection.execute("SELECT line_id FROM lines")}
        new = by_rule[~by_rule["line_id"].isin(known)]
        return self.decide(new, "approved", at=read_pointer(out).created_at, by="rule")


def proposed(out: Path) -> pd.DataFrame:
    """Order proposals of the night that is served, each with its line_id.

    Raises
    ------
    OutputError
        No night is served, or it has no order proposals.
    """
    night = read_pointer(out)
    frame: pd.DataFrame = read_served(out, "order_proposals").to_pandas(date_as_object=False)
    frame = frame.assign(run_id=night.run_id, as_of=pd.Timestamp(night.as_of_date))
    frame["order_day"] = frame["order_day"] if "order_day" in frame else frame["order_by_date"]
    keys = zip(frame["sku"], frame["location"], frame["supplier_id"].fillna(""), strict=True)
    return frame.assign(line_id=[_line_id(night.run_id, *key) for key in keys])


def chosen(lines: pd.DataFrame, line_ids: Sequence[str], supplier: str | None) -> pd.DataFrame:
    """Lines by their ids (a beginning that is unique is enough) or of one supplier.

    Raises
    ------
    UsageError
        An id or the supplier is not among the lines, or a beginning fits several.
    """
    if supplier is not None:
        lines = lines[lines["supplier_id"] == supplier]
        if lines.empty:
            raise UsageError(f"no line of supplier {supplier!r} is there to decide on")
    if not line_ids:
        return lines
    wanted: list[str] = []
    for start in line_ids:
        fits = [name for name in lines["line_id"] if name.startswith(start)]
        if len(fits) != 1:
            found = "none" if not fits else f"{len(fits)} of them"
            raise UsageError(f"line {start!r}: expected one line of that id, found {found}")
        wanted += fits
    return lines[lines["line_id"].isin(wanted)]


@contextmanager
def open_book(out: Path) -> Iterator[OrderBook]:
    """Open the order book of an output directory; only its owner may read the file.

    Raises
    ------
    OutputError
        The file cannot be opened or is no order book.
    """
    with open_owned(out / BOOK_FILE, _SCHEMA, what="order book") as connection:
        yield OrderBook(connection)


def _rows(frame: pd.DataFrame, names: list[str]) -> Iterable[tuple[object, ...]]:
    """Columns as plain tuples, the first column once, null as None."""
    kept = frame.reindex(columns=names).drop_duplicates(names[0]).astype(object)
    return kept.where(kept.notna(), None).itertuples(index=False, name=None)


def _line_id(*parts: str) -> str:
    return sha256("\0".join(parts).encode()).hexdigest()[:10]
