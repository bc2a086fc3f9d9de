"""What a target cannot be told is counted and said; nothing is left out in silence."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd

from stockalert.exports import TARGETS, export
from tests.stockalert.exports.shop_nights import Item, lots_of, night

ITEMS = [
    Item(Decimal(20), Decimal(20), moq=Decimal(12), case_pack=Decimal(6)),
    Item(Decimal(5), Decimal(30), moq=Decimal(12)),
    Item(Decimal(5), Decimal(9)),
]


def test_rows_whose_moq_or_packs_the_target_does_not_know_are_counted() -> None:
    done = export(night(ITEMS), TARGETS["tryton"], lots=lots_of(ITEMS))
    assert [note.split(":")[0] for note in done.notes] == [
        "1 row(s) may order less than their minimum order quantity",
        "1 row(s) may order broken case packs",
    ]
    assert export(night(ITEMS), TARGETS["business-central"], lots=lots_of(ITEMS)).notes == ()


def test_without_lots_a_target_that_takes_them_says_where_they_come_from() -> None:
    done = export(night(ITEMS), TARGETS["erpnext"])
    assert done.notes == ("no minimum order quantities or case packs are known; --data tells them",)


def test_an_order_that_a_limit_of_ours_holds_back_is_counted() -> None:
    """The budget is used up: our proposal is 0, the target will order."""
    table = night(ITEMS, [Decimal(3)] * 3).assign(order_quantity=[0.0, 0.0, 6.0])
    done = export(table, TARGETS["netsuite"])
    assert done.notes[0].startswith("2 row(s) order tonight what a limit")


def test_two_rows_of_one_record_are_not_both_written() -> None:
    """The second of two skus that the target knows as one stays behind."""
    names = pd.DataFrame({"sku": ["item 00", "item 01"], "Item No.": ["1000", "1000"]})
    done = export(night(ITEMS), TARGETS["business-central"], ids=names, lots=lots_of(ITEMS))
    assert done.skipped["sku"].tolist() == ["item 01"]
    assert done.skipped["reason"].tolist() == ["another row has the same record"]
    assert done.rows["Item No."].tolist() == ["1000", "item 02"]


def test_every_row_is_written_or_left_out_with_a_reason() -> None:
    """Fifty thousand rows, one in ten of them with a name that would run."""
    many = pd.concat([night(ITEMS)] * 16_667, ignore_index=True)
    dangerous = np.arange(len(many)) % 10 == 0
    many["sku"] = np.where(dangerous, "=", "") + pd.Series(np.arange(len(many))).astype("str")
    for name in ("tryton", "odoo18", "erpnext", "business-central"):
        done = export(many, TARGETS[name])
        assert len(done.rows) + len(done.skipped) == len(many)
        assert len(done.skipped) == dangerous.sum()
        assert (done.skipped["reason"] != "").all()
