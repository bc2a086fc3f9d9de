"""What was read on earlier nights: the folder of its parts, and the manifest that names them.

Parts are written once under names of their own and never touched again. The manifest is replaced
as a whole and last, so a run that dies leaves the store of the night before; what no manifest names
is swept away by the next run.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from hashlib import blake2b, file_digest
from pathlib import Path

__all__ = ["Book", "FileEntry", "Part", "PartFile", "Store", "open_store"]

_VERSION = 1
_MANIFEST = "manifest.json"


@dataclass(frozen=True)
class FileEntry:
    """One input file as it was when it was read.

    Attributes
    ----------
    name : path below the table's root.
    size, modified, changed, inode : as the file system tells; times in nanoseconds.
    settled : it was old enough that a later change must show in its times.
    content : digest of its bytes.
    form : its columns and their types.
    ragged : lines of it that do not fit their header.
    """

    name: str
    size: int
    modified: int
    changed: int
    inode: int
    settled: bool
    content: str
    form: str
    ragged: int = 0


@dataclass(frozen=True)
class PartFile:
    """One file of the store: its path there, its rows and the digest of its bytes."""

    path: str
    rows: int
    digest: str


@dataclass(frozen=True)
class Part:
    """The rows of one table in one month.

    Attributes
    ----------
    refused : rows that break the contract.
    kept : rows that count, by the day they were known.
    returns : order lines of negative units.
    span : first and last day with a sale; empty where there is none.
    files : canonical rows and what later ones are made of, by name.
    """

    refused: int
    kept: dict[str, int]
    returns: int = 0
    span: tuple[str, str] | tuple[()] = ()
    files: dict[str, PartFile] = field(default_factory=dict)


@dataclass(frozen=True)
class Book:
    """One table of the store.

    Attributes
    ----------
    form : names columns, types, SQL and libraries; another one makes the store useless.
    latest : last day that was not absurdly far ahead.
    files : the input files.
    days : rows and digest per file and day.
    ragged : lines of CSV files that do not fit their header.
    parts : by month (202405), 0 for rows without a usable day.
    customers : digest of the customers that the orders were told apart by.
    """

    form: str
    latest: str
    files: tuple[FileEntry, ...]
    days: PartFile
    ragged: PartFile
    parts: dict[int, Part]
    customers: str = ""

    def owned(self) -> Iterator[PartFile]:
        """Yield every file of the store that the table needs."""
        yield from (self.days, self.ragged)
        for part in self.parts.values():
            yield from part.files.values()


@dataclass
class Store:
    """A folder of parts; `books` is what its manifest says."""

    folder: Path
    books: dict[str, Book]
    note: str = ""

    def new_path(self, table: str, what: str, key: int = 0) -> Path:
        """Name a file that is not there yet, and make its folder."""
        folder = self.folder / table
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{what}-{key:06d}-{secrets.token_hex(4)}.parquet"

    def seal(self, path: Path, rows: int) -> PartFile:
        """Describe a file that has been written."""
        return PartFile(path.relative_to(self.folder).as_posix(), rows, _digest(path))

    def path(self, file: PartFile) -> Path:
        """Return where a file of the store lies."""
        return self.folder / file.path

    def keep(self, books: Mapping[str, Book], tables: Collection[str]) -> None:
        """Take up what was read, forget tables that are no longer there, and save."""
        kept = {name: book for name, book in self.books.items() if name in tables}
        self.books = kept | dict(books)
        self.save()

    def save(self) -> None:
        """Replace the manifest, then remove what it does not name."""
        books = {name: asdict(book) for name, book in self.books.items()}
        text = json.dumps({"version": _VERSION, "books": books})
        draft = self.folder / f".{_MANIFEST}-{secrets.token_hex(4)}"
        with draft.open("w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(self.folder / _MANIFEST)
        self.sweep()

    def sweep(self) -> None:
        """Remove every file that no book names."""
        named = {self.path(file) for book in self.books.values() for file in book.owned()}
        for path in self.folder.rglob("*"):
            if path.is_file() and path not in named and path.name != _MANIFEST:
                path.unlink(missing_ok=True)


def open_store(folder: Path) -> Store:
    """Open the store of earlier nights; one that cannot be trusted is emptied, and says why."""
    folder.mkdir(parents=True, exist_ok=True)
    manifest = folder / _MANIFEST
    if not manifest.exists():
        return _emptied(folder, "")
    try:
        told = json.loads(manifest.read_text(encoding="utf-8"))
        if told["version"] != _VERSION:
            return _emptied(folder, "it is of another version")
        store = Store(folder, {name: _book(book) for name, book in told["books"].items()})
        broken = [
            file.path
            for book in store.books.values()
            for file in book.owned()
            if not _is_whole(store, file)
        ]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return _emptied(folder, "its manifest cannot be read")
    if broken:
        return _emptied(folder, f"{broken[0]} is missing or broken")
    store.sweep()
    return store


def _emptied(folder: Path, why: str) -> Store:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    note = f"the store of what was read before is rebuilt: {why}" if why else ""
    return Store(folder, {}, note)


def _is_whole(store: Store, file: PartFile) -> bool:
    try:
        return _digest(store.path(file)) == file.digest
    except OSError:
        return False


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return file_digest(stream, lambda: blake2b(digest_size=16)).hexdigest()


def _book(told: dict) -> Book:  # type: ignore[type-arg]
    parts = {int(key): _part(part) for key, part in told["parts"].items()}
    files = tuple(FileEntry(**entry) for entry in told["files"])
    days, ragged = PartFile(**told["days"]), PartFile(**told["ragged"])
    return Book(**{**told, "files": files, "days": days, "ragged": ragged, "parts": parts})


def _part(told: dict) -> Part:  # type: ignore[type-arg]
    files = {name: PartFile(**file) for name, file in told["files"].items()}
    return Part(**{**told, "span": tuple(told["span"]), "files": files})
