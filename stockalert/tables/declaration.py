"""What a table is: declared once, then checked, typed, stored and documented from that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["EARLIEST", "Column", "Kind", "Table"]

Kind = Literal["string", "number", "integer", "date", "timestamp", "boolean", "strings"]

EARLIEST = "1990-01-01"
"""A fact dated before this day is taken for a mistake."""

_NOUNS: dict[Kind, str] = {
    "string": "a text",
    "number": "a number",
    "integer": "a whole number",
    "date": "a date",
    "timestamp": "a date and time",
    "boolean": "true or false",
    "strings": "a list of texts",
}


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
    minimum, maximum : bounds of a number, inclusive unless `exclusive`.
    exclusive : the bounds themselves are refused.
    infinite : a number may be infinite (never otherwise).
    values : the only texts allowed; empty = any.
    earliest : ISO day; an earlier date or timestamp is refused.

    Examples
    --------
    >>> Column("discount", "number", "Price cut", unit="share", minimum=0, maximum=1).expected
    'a number in 0..1'
    """

    name: str
    kind: Kind
    meaning: str
    unit: str = ""
    required: bool = False
    minimum: float | None = None
    maximum: float | None = None
    values: tuple[str, ...] = ()
    exclusive: bool = False
    infinite: bool = False
    earliest: str = EARLIEST

    @property
    def expected(self) -> str:
        """What a value must be, in words that follow "expected"."""
        if self.values:
            return f"one of {', '.join(self.values)}"
        return f"{_NOUNS[self.kind]} {self.range}".rstrip()

    @property
    def range(self) -> str:
        """The bounds in short notation; empty where any value goes."""
        if self.kind in {"date", "timestamp"}:
            return f"from {self.earliest} on"
        if self.minimum is not None and self.maximum is not None:
            bounds = f"{self.minimum:g}..{self.maximum:g}"
            return f"strictly inside {bounds}" if self.exclusive else f"in {bounds}"
        if self.minimum is not None:
            return f"{'>' if self.exclusive else '≥'} {self.minimum:g}"
        if self.maximum is not None:
            return f"{'<' if self.exclusive else '≤'} {self.maximum:g}"
        return ""


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
    rising : pairs of columns; where both are known, the first is not above the second.
    any_of : groups of columns of which every row knows at least one.
    """

    name: str
    row: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    open_text: bool = False
    rising: tuple[tuple[str, str], ...] = ()
    any_of: tuple[tuple[str, ...], ...] = ()

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
