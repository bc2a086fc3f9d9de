"""What PostgreSQL's columns become in parquet, and which of them cannot be read."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pyarrow as pa
import pyarrow.compute as pc

from stockalert.errors import ContractError, UsageError
from stockalert.tables.declaration import Table

__all__ = ["Readable", "readable"]

_NEEDS_A_CAST = ("money", "interval", "bytea")
_MOST_DIGITS = 38


@dataclass(frozen=True)
class Readable:
    """How the batches of a query are written.

    Attributes
    ----------
    schema : of what is written; columns that cannot be read, and are not asked for, are null.
    """

    schema: pa.Schema

    def converted(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return a batch in the types that are written."""
        columns = [
            _converted(column, field.type)
            for column, field in zip(batch.columns, self.schema, strict=True)
        ]
        return pa.RecordBatch.from_arrays(columns, schema=self.schema)


def readable(found: pa.Schema, table: Table, zone: str) -> Readable:
    """Decide how the columns of a query are written.

    Numbers of a declared size stay exact, others travel as text; points in time are shown on the
    clock of the database session, as its own tools show them.

    Parameters
    ----------
    found : as the driver gives it.
    zone : time zone of the session.

    Raises
    ------
    UsageError
        There is no column, two have one name, or no program knows the session's time zone.
    ContractError
        A column of the contract has a type that says nothing to us.
    """
    if not found.names:
        raise UsageError(f"setting sources.{table.name}.query: it yields no column")
    names = Counter(name.strip().casefold() for name in found.names)
    if twice := [name for name, times in names.items() if times > 1]:
        raise UsageError(
            f"setting sources.{table.name}.query: it yields the column {twice[0]!r} "
            f"{names[twice[0]]} times; give each a name of its own with AS"
        )
    return Readable(pa.schema([pa.field(f.name, _type(f, table, zone)) for f in found]))


def _type(field: pa.Field, table: Table, zone: str) -> pa.DataType:
    kind, name = field.type, _name(field)
    if isinstance(kind, pa.OpaqueType) and name == "numeric":
        return _number(int((field.metadata or {}).get(b"POSTGRESQL:typmod", b"-1")))
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        return pa.timestamp(kind.unit, tz=_known(zone, table))
    if not isinstance(kind, pa.OpaqueType) and name not in _NEEDS_A_CAST:
        return kind
    column = next((c for c in table.columns if c.name == field.name.strip().casefold()), None)
    if column is None:
        return pa.int8()
    raise ContractError.of(
        table.name,
        column.name,
        expected=column.expected,
        found=f"PostgreSQL's type {name}; change it in the query, with CAST({field.name} AS …)",
    )


def _name(field: pa.Field) -> str:
    """PostgreSQL's name of a column's type."""
    return str((field.metadata or {}).get(b"POSTGRESQL:type", b"").decode())


def _number(modifier: int) -> pa.DataType:
    """Return the type of NUMERIC(digits, decimals), which PostgreSQL packs into one number.

    Examples
    --------
    >>> _number(((10 << 16) | 2) + 4)
    Decimal128Type(decimal128(10, 2))
    >>> _number(-1)
    DataType(string)
    """
    digits, decimals = (modifier - 4) >> 16 & 0xFFFF, (modifier - 4) & 0x7FF
    exact = modifier >= 4 and decimals <= digits <= _MOST_DIGITS
    return pa.decimal128(digits, decimals) if exact else pa.string()


def _known(zone: str, table: Table) -> str:
    try:
        return ZoneInfo(zone).key
    except (ZoneInfoNotFoundError, ValueError):
        raise UsageError(
            f"setting sources.{table.name}.url: the session's time zone {zone!r} has no common "
            "name; set another, such as ?options=-c%20TimeZone%3DEurope/Paris"
        ) from None


def _converted(column: pa.Array, wanted: pa.DataType) -> pa.Array:
    if column.type == wanted:
        return column
    if wanted == pa.int8():
        return pa.nulls(len(column), wanted)
    if isinstance(column, pa.ExtensionArray):
        text = column.storage
        return pc.if_else(pc.equal(text, "nan"), None, text).cast(wanted)
    return column.cast(wanted)
