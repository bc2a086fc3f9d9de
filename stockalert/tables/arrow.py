"""Tables as Arrow: types, nullability, and each column's unit and meaning beside it."""

from __future__ import annotations

import json
from hashlib import sha256

import pandas as pd
import pyarrow as pa

from stockalert.errors import ContractError
from stockalert.tables.declaration import Column, Kind, Table

__all__ = ["arrow_schema", "schema_fingerprint", "to_arrow"]

_ARROW_TYPES: dict[Kind, pa.DataType] = {
    "string": pa.string(),
    "number": pa.float64(),
    "integer": pa.int64(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "boolean": pa.bool_(),
    "strings": pa.list_(pa.string()),
}


def arrow_schema(table: Table) -> pa.Schema:
    """Return the schema of a table; field metadata hold `unit` and `meaning`.

    Examples
    --------
    >>> from stockalert.tables import OUTPUT_TABLES
    >>> field = arrow_schema(OUTPUT_TABLES["thresholds"]).field("reorder_point")
    >>> field.type, field.nullable, field.metadata[b"unit"]
    (DataType(double), False, b'units')
    """
    metadata = {"table": table.name, "row": table.row, "key": ", ".join(table.key)}
    return pa.schema([_field(column) for column in table.columns], metadata=metadata)


def to_arrow(frame: pd.DataFrame, table: Table) -> pa.Table:
    """Return the frame as Arrow in the table's schema; NaN, NaT and NA become null.

    Nullable columns that the frame lacks become null. Of a table open to attributes, further
    columns follow as text.

    Raises
    ------
    ContractError
        A required column is missing or holds a null, or a value does not fit its type.
    """
    schema = arrow_schema(table)
    arrays = [_array(frame, column, table) for column in table.columns]
    if table.open_text:
        for name in frame.columns.difference(list(table.names), sort=False):
            schema = schema.append(pa.field(name, pa.string()))
            arrays.append(pa.array(frame[name], type=pa.string(), from_pandas=True))
    return pa.Table.from_arrays(arrays, schema=schema)


def schema_fingerprint(table: Table) -> str:
    """Return 16 hex digits that change when a reader of the table could notice.

    Names, order, types, nullability, units and key count; meanings may be reworded.
    """
    columns = [[c.name, c.kind, c.required, c.unit] for c in table.columns]
    text = json.dumps([table.name, columns, table.key, table.open_text])
    return sha256(text.encode()).hexdigest()[:16]


def _field(column: Column) -> pa.Field:
    metadata = {"unit": column.unit, "meaning": column.meaning}
    return pa.field(column.name, _ARROW_TYPES[column.kind], not column.required, metadata)


def _array(frame: pd.DataFrame, column: Column, table: Table) -> pa.Array:
    wanted = _ARROW_TYPES[column.kind]
    if column.name not in frame and not column.required:
        return pa.nulls(len(frame), wanted)
    if column.name not in frame:
        found = "no such column"
        raise ContractError.of(table.name, column.name, expected=column.expected, found=found)
    try:
        array = pa.array(frame[column.name], type=wanted, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise ContractError.of(
            table.name, column.name, expected=column.expected, found=str(error)
        ) from None
    if column.required and array.null_count:
        found = f"{array.null_count} nulls"
        raise ContractError.of(table.name, column.name, expected="no null", found=found)
    return array
