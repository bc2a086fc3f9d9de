"""What a table is: declared once, then checked, typed, stored and documented from that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Column", "Kind", "Table"]

Kind = Literal["string", "number", "integer", "date", "timestamp", "boolean", "strings"]


@dataclass(frozen=True)
class Column:
    """One column: its type, unit, meaning and range.

    Attributes
    ----------
    name : the column's name in the contract.
    kind : what a value is; `strings` is a list of strings.
    meaning : one sentence for a reader.
    unit : `units`, `days`, `share`, `currency`, … ; empty for a name or a date.
    required : never null, and the column must be there.
    minimum, maximum : inclusive bounds of a number.
    values : the only texts allowed; empty = any.
    """

    name: str
    kind: Kind
    meaning: str
    unit: str = ""
    required: bool = False
    minimum: float | None = None
    maximum: float | None = None
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """One table: what a row is, its columns and the columns that name a row once.

    Attributes
    ----------
    name : file or folder name.
    row : what one row is, in words.
    columns : in the order of the contract.
    key : columns that together occur once; empty = rows may repeat.
    open_text : any further text columns are kept, as attributes.
    """

    name: str
    row: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    open_text: bool = False

    def column(self, name: str) -> Column:
        """Return the column called `name`.

        Raises
        ------
        KeyError
            No such column.
        """
        return {column.name: column for column in self.columns}[name]

    @property
    def names(self) -> tuple[str, ...]:
        """Column names, in order."""
        return tuple(column.name for column in self.columns)
