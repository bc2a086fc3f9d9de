"""The few pieces of SQL text that cannot be parameters: names and constants, safely quoted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

__all__ = [
    "ALONE",
    "Resources",
    "identifier",
    "identifiers",
    "literal",
    "open_database",
    "rows",
    "scalar",
]

_ROWS_PER_GIB = 10_000_000


@dataclass(frozen=True)
class Resources:
    """What reading may use.

    Attributes
    ----------
    memory_gib : of the data base; what does not fit spills to disk.
    threads : 0 = one for each core.
    store : folder of what earlier nights read; None = everything is read anew.
    co_views : count what is seen together, of which only the family `co_views` makes use.
    """

    memory_gib: float = 2.0
    threads: int = 0
    store: Path | None = None
    co_views: bool = True

    @property
    def most_rows(self) -> int:
        """Rows that are brought into form at once."""
        return max(int(self.memory_gib * _ROWS_PER_GIB), 1)


ALONE = Resources()
"""Nothing is kept for a later night."""


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
def open_database(work: Path, resources: Resources = ALONE) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a scratch database under `work` that spills to disk and fetches nothing."""
    work.mkdir(parents=True, exist_ok=True)
    file = work / "staging.duckdb"
    file.unlink(missing_ok=True)
    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": f"{resources.memory_gib}GiB",
        "temp_directory": str(work / "spill"),
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
    }
    if resources.threads:
        settings["threads"] = resources.threads
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
