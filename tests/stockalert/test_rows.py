"""Rows travel between tasks and are cut and stacked without losing anything."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from stockalert.rows import Rows, concatenate, load_rows, save_rows


@pytest.fixture
def rows() -> Rows:
    return Rows(
        values=np.array([[1.0, np.nan], [2.0, 5.0], [3.0, 6.0]], dtype=np.float32),
        names=("level", "category"),
        categorical=("category",),
        series=np.array([0, 1, 1], dtype=np.int32),
        cutoff=np.array(["2017-10-01", "2017-10-01", "2017-10-08"], dtype="datetime64[D]"),
        horizon=np.array([7, 7, 14], dtype=np.int32),
        scale=np.array([1.0, 2.0, 2.0], dtype=np.float32),
        abc=np.array([0, 1, 1], dtype=np.int8),
        pattern=np.array([0, 2, 2], dtype=np.int8),
        demand=np.array([6.0, 14.0, 30.0], dtype=np.float32),
    )


def assert_same(left: Rows, right: Rows) -> None:
    assert left.names == right.names
    assert left.categorical == right.categorical
    for name in ("values", "series", "cutoff", "horizon", "scale", "abc", "pattern", "demand"):
        np.testing.assert_array_equal(getattr(left, name), getattr(right, name))
        assert getattr(left, name).dtype == getattr(right, name).dtype
    assert left.weight is None
    assert right.weight is None


def test_rows_read_back_are_the_rows_written(rows: Rows, tmp_path: Path) -> None:
    assert_same(load_rows(save_rows(rows, tmp_path / "rows.npz")), rows)


def test_cutting_and_stacking_gives_the_same_rows(rows: Rows) -> None:
    assert_same(concatenate([rows.take(slice(0, 1)), rows.take(np.array([1, 2]))]), rows)
