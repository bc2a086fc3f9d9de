"""The few pieces of SQL text that cannot be parameters: names and constants, safely quoted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

__all__ = ["identifier", "identifiers", "literal", "open_database", "rows", "scalar"]

_MEMORY = "1500MB"


def identifier(name: str) -> str:
    """Quote a column or table name.

    Examples
    --------
    >>> identifier('3" pipe')
    '"3"" pipe"'
    """
    return '"' + name.replace('"', '""') + '"'


def identifiers(names: Iterable[str]) -> str:
    """Quote names and join them with commas."""
    return ", ".join(identifier(name) for name in names)


def literal(text: str) -> str:
    """Quote a text constant.

    Examples
    --------
    >>> literal("today's")
    "'today''s'"
    """
    return "'" + text.replace("'", "''") + "'"


@contextmanager
def open_database(work: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a scratch database under `work` that spills to disk and fetches nothing."""
    work.mkdir(parents=True, exist_ok=True)
    file = work / "staging.duckdb"
    file.unlink(missing_ok=True)
    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": _MEMORY,
        "temp_directory": str(work / "spill"),
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
    }
    try:
        with duckdb.connect(str(file), config=settings) as con:
            con.execute("SET TimeZone = 'UTC'")
            con.execute("SET enable_progress_bar = false")
            yield con
    finally:
        file.unlink(missing_ok=True)


def rows(
    con: duckdb.DuckDBPyConnection, query: str, values: Sequence[object] = ()
) -> list[tuple[Any, ...]]:
    """Run a query and return all its rows."""
    found: list[tuple[Any, ...]] = con.execute(query, list(values)).fetchall()
    return found


def scalar(con: duckdb.DuckDBPyConnection, query: str, values: Sequence[object] = ()) -> Any:
    """Run a query and return the first value of its first row."""
    return rows(con, query, values)[0][0]
