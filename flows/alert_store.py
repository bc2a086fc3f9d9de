"""What was told to whom, kept in OUT/alerts.db: one SQLite file that survives crashes.

    nights            published nights whose alerts have been taken over
    told              open alerts that somebody has been told of
    dues              one transition of one alert, owed to one channel
    outbox            messages; each due belongs to at most one
    called_by         which run of the machine called the messages that are `called`
    operational       alerts about the nightly job itself, raised between nights
    silences, acknowledgements   what people have asked for
    channels          which addresses do not answer, and since when

Every change of several tables is one transaction; `synchronous = FULL` makes it last through a
power cut. Times are naive local ISO texts and are always given by the caller.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from stockalert.alerts.silences import Acknowledgement, Silence
from stockalert.errors import OutputError

__all__ = ["AlertStore", "open_store"]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS nights (run_id TEXT PRIMARY KEY, as_of TEXT, taken_at TEXT);
CREATE TABLE IF NOT EXISTS told (
    fingerprint TEXT PRIMARY KEY, episode TEXT NOT NULL, severity TEXT NOT NULL,
    told_at TEXT NOT NULL, repeats INTEGER NOT NULL, alert TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, channel TEXT NOT NULL,
    label TEXT NOT NULL, kind TEXT NOT NULL, planner TEXT NOT NULL, as_of TEXT NOT NULL,
    context TEXT NOT NULL, created_at TEXT NOT NULL, not_before TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'queued', unsure INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0, tried_at TEXT NOT NULL DEFAULT '',
    next_attempt TEXT NOT NULL DEFAULT '', problem TEXT NOT NULL DEFAULT '',
    sent_at TEXT NOT NULL DEFAULT '');
CREATE INDEX IF NOT EXISTS outbox_open ON outbox (state, seq);
CREATE INDEX IF NOT EXISTS outbox_digests ON outbox (kind, as_of, channel, planner);
CREATE TABLE IF NOT EXISTS called_by (
    only INTEGER PRIMARY KEY CHECK (only = 1), boot TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS dues (
    transition_id TEXT NOT NULL, channel TEXT NOT NULL, what TEXT NOT NULL,
    fingerprint TEXT NOT NULL, at_once INTEGER NOT NULL, alert TEXT NOT NULL,
    message TEXT REFERENCES outbox (key), state TEXT NOT NULL DEFAULT 'owed',
    PRIMARY KEY (transition_id, channel));
CREATE INDEX IF NOT EXISTS dues_owed ON dues (state);
CREATE INDEX IF NOT EXISTS dues_by_alert ON dues (fingerprint);
CREATE TABLE IF NOT EXISTS operational (
    fingerprint TEXT PRIMARY KEY, episode TEXT NOT NULL, kind TEXT NOT NULL,
    subject TEXT NOT NULL, severity TEXT NOT NULL, problem TEXT NOT NULL, to_do TEXT NOT NULL,
    first_seen TEXT NOT NULL, last_seen TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS silences (
    id INTEGER PRIMARY KEY AUTOINCREMENT, matchers TEXT NOT NULL, until TEXT NOT NULL,
    made_by TEXT NOT NULL, comment TEXT NOT NULL, made_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS acknowledgements (
    fingerprint TEXT PRIMARY KEY, until TEXT NOT NULL, made_by TEXT NOT NULL,
    made_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS channels (
    id TEXT PRIMARY KEY, label TEXT NOT NULL, down_since TEXT NOT NULL, problem TEXT NOT NULL);
"""


class AlertStore:
    """The open data base; made by `open_store`. Reading and writing go through its methods."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All changes inside become visible and lasting together, or none does."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield self.connection
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")

    @contextmanager
    def quick_transaction(self) -> Iterator[sqlite3.Connection]:
        """As `transaction`; it outlives this process, but not a power cut before the next one."""
        self.connection.execute("PRAGMA synchronous = NORMAL")
        try:
            with self.transaction() as change:
                yield change
        finally:
            self.connection.execute("PRAGMA synchronous = FULL")

    def rows(self, query: str, *values: object) -> list[sqlite3.Row]:
        """Return what a query finds; values travel as parameters."""
        return self.connection.execute(query, values).fetchall()

    def silences(self) -> list[Silence]:
        """Return every silence, ended ones included."""
        found = self.rows("SELECT * FROM silences ORDER BY id")
        return [
            Silence(
                matchers=json.loads(row["matchers"]),
                until=datetime.fromisoformat(row["until"]),
                number=row["id"],
                made_by=row["made_by"],
                comment=row["comment"],
            )
            for row in found
        ]

    def acknowledgements(self) -> dict[str, Acknowledgement]:
        """Return acknowledgements by fingerprint."""
        found = self.rows("SELECT * FROM acknowledgements")
        return {
            row["fingerprint"]: Acknowledgement(
                datetime.fromisoformat(row["until"]), row["made_by"]
            )
            for row in found
        }

    def add_silence(self, silence: Silence, now: datetime) -> int:
        """Keep a silence and return its number."""
        with self.transaction() as change:
            cursor = change.execute(
                "INSERT INTO silences (matchers, until, made_by, comment, made_at) "
                "VALUES (?, ?, ?, ?, ?)",
                (
                    json.dumps(silence.matchers, ensure_ascii=False, sort_keys=True),
                    silence.until.isoformat(),
                    silence.made_by,
                    silence.comment,
                    now.isoformat(),
                ),
            )
        return int(cursor.lastrowid or 0)

    def end_silence(self, number: int, now: datetime) -> bool:
        """End a silence now; False where there is no such silence."""
        with self.transaction() as change:
            ended = change.execute(
                "UPDATE silences SET until = ? WHERE id = ? AND until > ?",
                (now.isoformat(), number, now.isoformat()),
            )
        return ended.rowcount > 0

    def acknowledge(self, fingerprint: str, until: datetime, made_by: str, now: datetime) -> None:
        """Keep that somebody has an alert in hand until a time."""
        with self.transaction() as change:
            change.execute(
                "INSERT OR REPLACE INTO acknowledgements VALUES (?, ?, ?, ?)",
                (fingerprint, until.isoformat(), made_by, now.isoformat()),
            )

    def operational(self) -> list[dict[str, Any]]:
        """Return the open alerts about the nightly job, oldest first."""
        found = self.rows("SELECT * FROM operational ORDER BY first_seen, fingerprint")
        return [dict(row) for row in found]


@contextmanager
def open_store(out: Path) -> Iterator[AlertStore]:
    """Open OUT/alerts.db, made where it is missing.

    Raises
    ------
    OutputError
        It cannot be opened, is damaged, or was busy for half a minute.
    """
    path = out / "alerts.db"
    try:
        out.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path, timeout=30.0, isolation_level=None)
        try:
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.executescript(_SCHEMA)
            yield AlertStore(connection)
        finally:
            connection.close()
    except (sqlite3.Error, OSError) as error:
        raise OutputError(f"cannot use {path}: {error}") from error
