"""A table that comes in blocks is checked like one that is held."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
import pytest

from stockalert.errors import ContractError
from stockalert.tables import OUTPUT_TABLES
from stockalert.tables.arrow import to_arrow
from stockalert.tables.blocks import LongTable, blocks_of, checked_batches, whole
from stockalert.tables.checks import check

SCORES = OUTPUT_TABLES["supplier_scores"]


def _frame(*suppliers: str) -> pd.DataFrame:
    frame = pd.DataFrame({"supplier_id": list(suppliers)})
    numbers = {c.name: 1 for c in SCORES.columns if c.required and c.name != "supplier_id"}
    return frame.assign(**numbers)


def _long(*frames: pd.DataFrame) -> LongTable:
    def blocks() -> Iterator[pd.DataFrame]:
        yield from frames

    return LongTable(sum(map(len, frames)), blocks)


def test_blocks_read_as_the_whole_table_and_as_often_as_asked() -> None:
    together = _frame("ada", "bea", "cal")
    table = _long(_frame("ada", "bea"), _frame("cal"))
    expected = to_arrow(check(together, SCORES), SCORES)
    assert len(table) == 3
    for _ in range(2):
        assert checked_batches(table, SCORES).read_all().equals(expected, check_metadata=True)
    assert checked_batches(together, SCORES).read_all().equals(expected, check_metadata=True)
    pd.testing.assert_frame_equal(whole(table), together)


def test_an_empty_table_is_one_empty_block() -> None:
    assert [len(block) for block in blocks_of(_frame())] == [0]
    assert checked_batches(_frame(), SCORES).read_all().num_rows == 0


def test_a_row_that_breaks_the_contract_is_told_when_its_block_is_read() -> None:
    reader = checked_batches(_long(_frame("ada"), _frame("")), SCORES)
    reader.read_next_batch()
    with pytest.raises(ContractError, match="supplier_id"):
        reader.read_next_batch()


def test_a_key_in_two_blocks_is_refused() -> None:
    with pytest.raises(ContractError, match="repeated keys in different blocks"):
        checked_batches(_long(_frame("ada", "bea"), _frame("bea")), SCORES).read_all()
