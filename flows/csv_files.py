"""How a CSV file is written: its encoding, its separator and its header line."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from stockalert.errors import ContractError
from stockalert.tables.declaration import Table

__all__ = ["Dialect", "read_dialect"]

_SEPARATORS = ",;\t|"
_HEADER_BYTES = 1 << 16
_ENCODINGS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}


@dataclass(frozen=True)
class Dialect:
    """The separator of a file and its column names, in order."""

    separator: str
    header: tuple[str, ...]


def read_dialect(file: Path, table: Table) -> Dialect:
    """Read the header line; the separator is the one that finds most columns of the contract.

    Raises
    ------
    ContractError
        The file is empty, is not UTF-8 text, or names a column twice.
    """
    lines = _first_lines(file, table)
    candidates = (_dialect(lines, separator) for separator in _SEPARATORS)
    best = max(candidates, key=lambda dialect: (_known(dialect.header, table), len(dialect.header)))
    folded = [name.casefold() for name in best.header]
    twice = [name for i, name in enumerate(best.header) if name.casefold() in folded[:i]]
    if twice:
        raise ContractError(f"table {table.name}: {file} names the column {twice[0]!r} twice")
    return best


def _first_lines(file: Path, table: Table) -> list[str]:
    with file.open("rb") as stream:
        head = stream.read(_HEADER_BYTES)
    for mark, encoding in _ENCODINGS.items():
        if head.startswith(mark):
            raise _not_utf8(file, table, encoding)
    if b"\0" in head:
        raise _not_utf8(file, table, "zero bytes (UTF-16, or no text at all)")
    line = head.split(b"\n", 1)[0]
    try:
        text = line.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _not_utf8(file, table, "another encoding") from None
    if not text.strip():
        raise ContractError(f"table {table.name}: {file} is empty; expected a header line")
    return text.splitlines()[:1]


def _not_utf8(file: Path, table: Table, found: str) -> ContractError:
    return ContractError(
        f"table {table.name}: expected {file} as UTF-8 text, found {found}; save it as UTF-8"
    )


def _dialect(lines: Iterable[str], separator: str) -> Dialect:
    cells = next(csv.reader(lines, delimiter=separator))
    names = (cell.strip() or f"column {i + 1}" for i, cell in enumerate(cells))
    return Dialect(separator, tuple(names))


def _known(header: tuple[str, ...], table: Table) -> int:
    return len({name.casefold() for name in header} & set(table.names))
