"""A small database beside what is published: SQLite, readable by its owner alone."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from stockalert.errors import OutputError

__all__ = ["open_owned"]


@contextmanager
def open_owned(path: Path, schema: str, *, what: str) -> Iterator[sqlite3.Connection]:
    """Open a database, made by `schema` where it is new.

    Parameters
    ----------
    what : its name in an error

    Raises
    ------
    OutputError
        The file cannot be opened, written or understood.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        with closing(sqlite3.connect(path, timeout=30)) as connection:
            connection.executescript(schema)
            yield connection
    except (sqlite3.DatabaseError, OSError) as error:
        raise OutputError(f"cannot use the {what} {path}: {error}") from error
