"""Who wants to hear when an item is back: registered, told once, in `OUT/service_desk.db`.

A subscription waits, is being sent from the moment a message may have left, and is then told. What
certainly did not arrive waits again; what may have arrived (the machine died, the server never
answered) is `unsure` and not repeated: nobody is told twice.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pandas as pd

from flows.owned_database import open_owned
from stockalert.errors import UsageError

__all__ = ["DESK_FILE", "Register", "check_address", "is_mail_address", "open_register"]

DESK_FILE = "service_desk.db"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS subscriptions (
    subscription INTEGER PRIMARY KEY, sku TEXT NOT NULL, location TEXT NOT NULL,
    address TEXT NOT NULL, since TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'sending', 'told', 'unsure')),
    changed TEXT NOT NULL, problem TEXT);
CREATE UNIQUE INDEX IF NOT EXISTS one_each ON subscriptions (sku, location, address)
    WHERE state IN ('waiting', 'sending');
"""


@dataclass(frozen=True)
class Register:
    """An open register of subscriptions; made by `open_register`."""

    connection: sqlite3.Connection

    def add(self, sku: str, location: str, address: str, *, at: datetime) -> bool:
        """Register an address for an item at a place, "" = any; False where it waits already."""
        with self.connection as sql:
            done = sql.execute(
                "INSERT INTO subscriptions (sku, location, address, since, state, changed) "
                "VALUES (?, ?, ?, ?, 'waiting', ?) ON CONFLICT DO NOTHING",
                (sku, location, address, _written(at), _written(at)),
            )
        return done.rowcount > 0

    def mark(self, subscription: int, state: str, *, at: datetime, problem: str = "") -> None:
        """Note what became of a subscription."""
        with self.connection as sql:
            sql.execute(
                "UPDATE subscriptions SET state = ?, changed = ?, problem = ? "
                "WHERE subscription = ?",
                (state, _written(at), problem, subscription),
            )

    def give_up_unsure(self, *, at: datetime) -> int:
        """Close what a run that died was sending; returns how many."""
        with self.connection as sql:
            done = sql.execute(
                "UPDATE subscriptions SET state = 'unsure', changed = ?, "
                "problem = 'the run ended while the message was leaving' WHERE state = 'sending'",
                (_written(at),),
            )
        return done.rowcount

    def waiting(self) -> pd.DataFrame:
        """Subscriptions that wait, oldest first: subscription, sku, location, address."""
        return pd.read_sql_query(
            "SELECT subscription, sku, location, address FROM subscriptions "
            "WHERE state = 'waiting' ORDER BY subscription",
            self.connection,
        )


@contextmanager
def open_register(out: Path) -> Iterator[Register]:
    """Open the register of an output directory; only its owner may read the file.

    Raises
    ------
    OutputError
        The file cannot be opened or is no register.
    """
    with open_owned(out / DESK_FILE, _SCHEMA, what="register") as connection:
        yield Register(connection)


def is_mail_address(text: str) -> bool:
    """Whether a text is one plain e-mail address.

    Examples
    --------
    >>> [is_mail_address(text) for text in ("ann@example.org", "ann", "a@b.org,c@d.org")]
    [True, False, False]
    """
    return re.fullmatch(r"[^@\s,;<>?&\"]+@[^@\s,;<>?&\"]+", text) is not None


def check_address(text: str) -> None:
    """Refuse what no message can be sent to.

    Raises
    ------
    UsageError
        It is neither an e-mail address nor an address that channels know.
    """
    if is_mail_address(text):
        return
    if "://" not in text:
        raise UsageError(f"--to: expected an e-mail address or SCHEME://…, found {text!r}")
    from flows.channels import channels_of

    channels_of(text)


def _written(at: datetime) -> str:
    return at.isoformat(" ", "seconds")
