"""Which files hold which table: of a data directory, a folder of a store, or a database."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, cast
from urllib.parse import unquote

from flows.remote import cache_folder, is_url, local_copy
from flows.settings_sources import SourceSettings
from stockalert.errors import ContractError, UsageError
from stockalert.tables.inputs import INPUT_TABLES

__all__ = ["Format", "InputPlace", "Source", "find_sources", "glance"]

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


@dataclass(frozen=True)
class InputPlace:
    """Where the tables of a run come from.

    Attributes
    ----------
    folder : a directory, or the address of a folder of a store (`s3://…`).
    databases : of the tables that are read from a database instead, by name.
    cache : folder of local copies.
    """

    folder: Path | str
    databases: Mapping[str, SourceSettings] = field(default_factory=dict)
    cache: Path = field(default_factory=lambda: cache_folder(""))

    def __str__(self) -> str:
        return str(self.folder)

    @property
    def name(self) -> str:
        """The last part of the folder's name."""
        return Path(str(self.folder)).name


def find_sources(
    data: Path | str | InputPlace, work: Path | None = None
) -> tuple[dict[str, Source], list[str]]:
    """Find every table of the contract in `data`.

    A folder of a store is mirrored to this machine first. A table that the settings take from a
    database is read from there, and a file of that name is not; where there is such a table, the
    directory itself may be missing.

    Parameters
    ----------
    work : scratch folder for tables from databases; needed where there are any.

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
    SourceError
        A store or a database cannot be reached, or refuses us.
    """
    place = data if isinstance(data, InputPlace) else InputPlace(data)
    if is_url(place.folder):
        from flows.remote_input import mirrored

        folder = local_copy(str(place.folder), "data", place.cache)
        strangers = mirrored(str(place.folder), folder)
        found, notes = _in_directory(folder)
        notes += [_unread(entry) for entry in strangers]
    else:
        found, notes = _beside(Path(place.folder), place.databases)
    notes += [
        f"{found[name].root.name} is not read: the settings take {name} from a database"
        for name in place.databases
        if name in found
    ]
    found |= _from_databases(place.databases, work)
    return {name: found[name] for name in INPUT_TABLES if name in found}, notes


def glance(data: Path | str, databases: Mapping[str, SourceSettings]) -> None:
    """Find slips in a local directory without reading anything; errors as of `find_sources`."""
    if not is_url(data):
        _beside(Path(data), databases)


def _beside(
    folder: Path, databases: Mapping[str, SourceSettings]
) -> tuple[dict[str, Source], list[str]]:
    """Find the tables of a directory, which databases may make unnecessary."""
    if databases and not folder.exists():
        return {}, [f"there is no directory {folder}: every table comes from a database"]
    return _in_directory(folder)


def _from_databases(
    databases: Mapping[str, SourceSettings], work: Path | None
) -> dict[str, Source]:
    if not databases or work is None:
        return {}
    from flows.databases import fetch_tables

    folders = fetch_tables(databases, work / "databases")
    return {name: _source(name, folder) for name, folder in folders.items()}


def _in_directory(data: Path) -> tuple[dict[str, Source], list[str]]:
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
