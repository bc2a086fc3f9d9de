"""Rows in a file read as those in memory, and stay in the file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from stockalert.mapped import row_file, rows_of


def _resident_kib() -> int:
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.split("VmRSS:")[1].split()[0])


def test_rows_come_back_as_they_were_written_whatever_is_asked_for(tmp_path: Path) -> None:
    rows = np.random.default_rng(1).normal(size=(7, 2, 3))
    with row_file(tmp_path / "rows", (2, 3)) as file:
        file.append(rows[:5])
        file.append(rows[5:])
        found = file.array()
    np.testing.assert_array_equal(found, rows)
    for which in (slice(2, 4), np.array([6, 0]), rows[:, 0, 0] > 0):
        np.testing.assert_array_equal(rows_of(found, which), rows[which])
        np.testing.assert_array_equal(rows_of(rows, which), rows[which])


def test_a_file_that_is_begun_anew_leaves_what_was_read_from_the_one_before(tmp_path: Path) -> None:
    arrays = []
    for number in (1.0, 2.0):
        with row_file(tmp_path / "rows", (2,)) as file:
            file.append(np.full((3, 2), number))
            arrays.append(file.array())
    assert [float(array.mean()) for array in arrays] == [1.0, 2.0]


def test_no_rows_are_no_mapping(tmp_path: Path) -> None:
    with row_file(tmp_path / "rows", (6, 10)) as file:
        assert file.array().shape == (0, 6, 10)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux")
def test_what_was_read_block_by_block_does_not_stay_in_memory(tmp_path: Path) -> None:
    block = np.ones((4096, 64))
    with row_file(tmp_path / "rows", (64,)) as file:
        for _ in range(64):  # 128 MiB
            file.append(block)
        values = file.array()
    before = _resident_kib()
    total = sum(rows_of(values, slice(at, at + 4096)).sum() for at in range(0, len(values), 4096))
    assert total == values.size
    assert _resident_kib() - before < 32 * 1024
