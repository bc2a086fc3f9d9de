"""Arrow carries types, nulls and units, through parquet and back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stockalert.errors import ContractError
from stockalert.tables import INPUT_TABLES, OUTPUT_TABLES
from stockalert.tables.arrow import arrow_schema, schema_fingerprint, to_arrow

AVAILABILITY = OUTPUT_TABLES["availability"]


def shelf() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "sku": pd.Series(["tea", "jam"], dtype="str"),
            "location": pd.Series(["lyon", "lyon"], dtype="str"),
            "status": pd.Series(["in stock", "back soon"], dtype="str"),
            "on_hand": [3.0, np.nan],
            "expected_restock_date": pd.to_datetime([None, "2024-05-01"]).as_unit("us"),
            "substitutes": [["mint tea"], None],
        }
    )


def test_unit_and_meaning_survive_parquet(tmp_path: Path) -> None:
    pq.write_table(to_arrow(shelf(), AVAILABILITY), tmp_path / "availability.parquet")
    schema = pq.read_schema(tmp_path / "availability.parquet")
    assert schema.field("on_hand").metadata[b"unit"] == b"units"
    assert schema.field("on_hand").metadata[b"meaning"] == b"Units in stock"
    assert schema.metadata[b"key"] == b"sku, location"


def test_unknown_is_null_for_every_reader(tmp_path: Path) -> None:
    file = tmp_path / "availability.parquet"
    pq.write_table(to_arrow(shelf(), AVAILABILITY), file)
    sql = "select on_hand, expected_restock_date, substitutes, message from read_parquet(?)"
    rows = duckdb.execute(sql, [str(file)]).fetchall()
    day = pd.Timestamp("2024-05-01").date()
    assert rows == [(3.0, None, ["mint tea"], None), (None, day, None, None)]


@pytest.mark.parametrize("table", [*INPUT_TABLES.values(), *OUTPUT_TABLES.values()])
def test_every_schema_knows_what_is_never_null(table) -> None:
    schema = arrow_schema(table)
    assert tuple(schema.names) == table.names
    required = [field.name for field in schema if not field.nullable]
    assert required == [column.name for column in table.columns if column.required]


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (shelf().drop(columns="status"), "column status: expected one of .*, found no such column"),
        (shelf().assign(status=None), "column status: expected no null, found 2 nulls"),
        (shelf().assign(on_hand="many"), "column on_hand: expected a number"),
    ],
)
def test_a_frame_that_does_not_fit_is_refused(frame: pd.DataFrame, message: str) -> None:
    with pytest.raises(ContractError, match=f"table availability, {message}"):
        to_arrow(frame, AVAILABILITY)


def test_attributes_follow_as_text() -> None:
    products = pd.DataFrame({"colour": ["green", None], "sku": ["tea", "jam"]}, dtype="str")
    table = to_arrow(products, INPUT_TABLES["products"])
    assert table.schema.names[-1] == "colour"
    assert table.schema.field("colour").type == pa.string()
    assert table["colour"].to_pylist() == ["green", None]


def test_the_fingerprint_changes_with_types_and_units_but_not_with_words() -> None:
    column = AVAILABILITY.columns[3]
    reworded = replace(column, meaning="Stock")
    rescaled = replace(column, unit="pallets")

    def changed(new: object) -> str:
        columns = [new if old is column else old for old in AVAILABILITY.columns]
        return schema_fingerprint(replace(AVAILABILITY, columns=tuple(columns)))

    fingerprint = schema_fingerprint(AVAILABILITY)
    assert len(fingerprint) == 16
    assert int(fingerprint, 16) >= 0
    assert changed(reworded) == fingerprint
    assert changed(rescaled) != fingerprint
