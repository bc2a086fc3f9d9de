"""A table comes back from its file as it was."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stockalert.tables.blocks import blocks_of, whole
from stockalert.tables.spilled import spilled


@pytest.fixture
def table() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "sku": pd.Series(["mug", "pot", None, "jug", "mug"], dtype="str"),
            "units": [1.5, np.nan, 0.1 + 0.2, -0.0, 1e300],
            "note": pd.Series([None] * 5, dtype="str"),
            "kind": pd.Categorical(["late", "late", None, "short", "late"]),
            "day": pd.to_datetime(["2026-01-01", None, "2026-01-03", "2026-02-01", None]).astype(
                "datetime64[us]"
            ),
            "count": np.arange(5),
        }
    )


@pytest.mark.parametrize("rows", [1, 2, 5, 100])
def test_every_row_comes_back_with_its_types(
    table: pd.DataFrame, rows: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stockalert.tables.blocks.BLOCK_ROWS", rows)
    laid = spilled(table, tmp_path / "table.arrow")
    assert len(laid) == 5
    assert [len(block) for block in blocks_of(laid)] == [
        len(table.iloc[at : at + rows]) for at in range(0, 5, rows)
    ]
    pd.testing.assert_frame_equal(whole(laid), table, check_exact=True)
    pd.testing.assert_frame_equal(whole(laid), table, check_exact=True)


def test_an_empty_table_keeps_its_columns(table: pd.DataFrame, tmp_path: Path) -> None:
    laid = spilled(table.iloc[:0], tmp_path / "table.arrow")
    pd.testing.assert_frame_equal(whole(laid), table.iloc[:0])
