"""Which files hold which table of a data directory."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast
from urllib.parse import unquote

from stockalert.errors import ContractError, UsageError
from stockalert.tables.inputs import INPUT_TABLES

__all__ = ["Format", "Source", "find_sources"]

Format = Literal["parquet", "csv"]

_SUFFIXES: tuple[Format, Format] = ("parquet", "csv")


@dataclass(frozen=True)
class Source:
    """The files of one table.

    Attributes
    ----------
    table : name of the table.
    files : one file, or the parts of a folder at any depth, in order of their paths.
    format : all files have the same.
    root : the file itself, or the folder.
    """

    table: str
    files: tuple[Path, ...]
    format: Format
    root: Path

    def partition(self, file: Path) -> dict[str, str | None]:
        """Return what the folders between the root and `file` say (`date=2024-01-05`).

        Examples
        --------
        >>> part = Path("sales/date=2024-01-05/p.parquet")
        >>> Source("sales", (part,), "parquet", Path("sales")).partition(part)
        {'date': '2024-01-05'}
        """
        folders = file.relative_to(self.root).parts[:-1]
        pairs = (folder.split("=", 1) for folder in folders if "=" in folder)
        return {
            name: None if value == "__HIVE_DEFAULT_PARTITION__" else unquote(value)
            for name, value in pairs
        }


def find_sources(data: Path) -> tuple[dict[str, Source], list[str]]:
    """Find every table of the contract in `data`.

    Returns
    -------
    sources : by table name, in the order of the contract.
    notes : files that are not read, in plain words.

    Raises
    ------
    UsageError
        The directory is missing or unreadable, or a table is there twice.
    ContractError
        A table's folder holds no parts.
    """
    entries = _entries(data)
    sources = {}
    for name in INPUT_TABLES:
        found = [e for e in (name, f"{name}.parquet", f"{name}.csv") if e in entries]
        if len(found) > 1:
            raise UsageError(
                f"table {name} is there more than once in {data}: {', '.join(found)}; keep one"
            )
        if found:
            sources[name] = _source(name, data / found[0])
    read = {source.root.name for source in sources.values()}
    return sources, [_unread(entry) for entry in entries if entry not in read]


def _entries(data: Path) -> list[str]:
    try:
        return sorted(entry.name for entry in data.iterdir() if not _hidden(entry.name))
    except FileNotFoundError:
        raise UsageError(f"there is no data directory {data}") from None
    except NotADirectoryError:
        raise UsageError(f"{data} is a file; --data takes the directory that holds it") from None
    except OSError as error:
        raise UsageError(f"cannot read the data directory {data}: {error.strerror}") from None


def _hidden(name: str) -> bool:
    return name.startswith((".", "_"))


def _unread(entry: str) -> str:
    near = difflib.get_close_matches(entry.partition(".")[0], INPUT_TABLES, n=1)
    hint = f"; did you mean {near[0]}.parquet, {near[0]}.csv or a folder {near[0]}?" if near else ""
    return f"{entry} is not read: it is no table of the contract{hint}"


def _source(table: str, root: Path) -> Source:
    if not root.is_dir():
        return Source(table, (root,), cast(Format, root.suffix[1:]), root)
    try:
        parts = sorted(_walk(root, frozenset()))
    except OSError as error:
        raise UsageError(f"cannot read the folder {error.filename}: {error.strerror}") from None
    kinds = [kind for kind in _SUFFIXES if any(part.suffix == f".{kind}" for part in parts)]
    if len(kinds) > 1:
        raise UsageError(f"table {table}: the folder {root} mixes parquet and CSV parts; keep one")
    if not kinds:
        raise ContractError(f"table {table}: expected parquet or CSV parts in {root}, found none")
    return Source(table, tuple(parts), kinds[0], root)


def _walk(folder: Path, above: frozenset[str]) -> Iterator[Path]:
    """Yield the parts at any depth; links are followed, loops of links are not."""
    here = os.path.realpath(folder)
    if here in above:
        return
    for entry in folder.iterdir():
        if _hidden(entry.name):
            continue
        if entry.is_dir():
            yield from _walk(entry, above | {here})
        elif entry.suffix in {f".{kind}" for kind in _SUFFIXES}:
            yield entry
