"""Every target places the orders that the table means, order by order over a trace of demand."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stockalert.exports import TARGETS, Export, export, order_rules, quantity_meant
from tests.stockalert.exports.shop_nights import Item, as_imported, lots_of, meant, night

KNOWN = pd.DataFrame({"location": ["shop"], "dataAreaId": ["usmf"]}, dtype="str")
DAYS = 15


@st.composite
def items(draw: st.DrawFn, *, moq: bool, case_pack: bool, whole: bool | None = None) -> list[Item]:
    """Rows with and without a gap between reorder point and level, whole or by weight."""
    rows = []
    for _ in range(draw(st.integers(1, 6))):
        counted = draw(st.booleans()) if whole is None else whole
        step = Decimal(1) if counted else Decimal("0.01")
        fine = step if counted else Decimal("0.001")
        point = draw(st.integers(0, 60)) * fine * (1 if counted else 100)
        point += 0 if counted else draw(st.integers(0, 999)) * fine
        lot = draw(st.sampled_from([0, 1, 7, 30])) * (Decimal(1) if counted else Decimal("0.75"))
        pack = Decimal(draw(st.sampled_from([0, 1, 5, 12]))) * (1 if counted else Decimal("0.5"))
        smallest = Decimal(draw(st.sampled_from([0, 3, 20])))
        rows.append(
            Item(
                point,
                max(point + lot, step),
                step,
                smallest if moq and smallest else None,
                pack if case_pack and pack else None,
            )
        )
    return rows


def demands(rows: list[Item], seed: int) -> list[list[Decimal]]:
    """Units wanted of each item, day by day: mostly a few, now and then many."""
    rng = np.random.default_rng(seed)
    steps = [item.step * (1 if item.step == 1 else 40) for item in rows]
    units = np.where(rng.random((DAYS, len(rows))) < 0.1, rng.integers(0, 80), rng.integers(0, 7))
    wanted = np.where(rng.random(units.shape) < 0.3, 0, rng.integers(0, 1 + units))
    return [[int(u) * step for u, step in zip(day, steps, strict=True)] for day in wanted]


def exported(name: str, rows: list[Item], position: list[Decimal] | None = None) -> Export:
    return export(night(rows, position), TARGETS[name], ids=ids_for(name), lots=lots_of(rows))


def ids_for(name: str) -> pd.DataFrame | None:
    return KNOWN if name == "d365" else None


def on_the_grid(position: list[Decimal], rows: list[Item]) -> list[Decimal]:
    """Stock comes in steps."""
    pairs = zip(position, rows, strict=True)
    return [(at / item.step).to_integral_value() * item.step for at, item in pairs]


def replayed(name: str, rows: list[Item], days: list[list[Decimal]], *, nightly: bool) -> None:
    """The target's orders, day by day, beside what the table means; positions follow the orders."""
    ordered = TARGETS[name].ordered
    assert ordered is not None
    position = [item.up_to for item in rows]
    position = [
        (p / i.step).to_integral_value() * i.step for p, i in zip(position, rows, strict=True)
    ]
    imported = as_imported(exported(name, rows))
    for day, wanted in enumerate(days):
        position = [p - d for p, d in zip(position, wanted, strict=True)]
        if name == "netsuite":  # knows no stock below zero: unserved demand is lost
            position = [max(p, Decimal(0)) for p in position]
        if nightly:
            imported = as_imported(exported(name, rows, position))
        pack = pd.Series([float(item.case_pack or 0) for item in rows])
        theirs = ordered(imported.assign(pack=pack), np.array(position, float))
        ours = [meant(item, at) for item, at in zip(rows, position, strict=True)]
        np.testing.assert_allclose(theirs, np.array(ours, float), atol=1e-6, err_msg=f"day {day}")
        position = [p + o for p, o in zip(position, ours, strict=True)]


@pytest.mark.parametrize("name", [name for name in TARGETS if TARGETS[name].ordered])
@settings(max_examples=12, deadline=None)
@given(data=st.data(), seed=st.integers(0, 2**32 - 1))
def test_the_target_orders_what_the_table_means(name: str, data: st.DataObject, seed: int) -> None:
    """Whole and broken units, any gap, MOQ and packs where the target can be told of them."""
    lots = TARGETS[name].lots
    whole = True if name == "erpnext" else None
    rows = data.draw(items(moq="moq" in lots, case_pack="case_pack" in lots, whole=whole))
    replayed(name, rows, demands(rows, seed), nightly=name == "erpnext")


@settings(max_examples=20, deadline=None)
@given(data=st.data(), seed=st.integers(0, 2**32 - 1))
def test_the_rules_themselves_mean_what_the_table_means(data: st.DataObject, seed: int) -> None:
    """`quantity_meant`, in floats and at once, agrees with exact decimals one by one."""
    rows = data.draw(items(moq=True, case_pack=True))
    rules = order_rules(night(rows), lots_of(rows))
    for day in demands(rows, seed):
        position = [item.up_to - d for item, d in zip(rows, day, strict=True)]
        position = on_the_grid(position, rows)
        ours = [float(meant(item, at)) for item, at in zip(rows, position, strict=True)]
        told = quantity_meant(rules, np.array(position, float))
        np.testing.assert_allclose(told, ours, atol=1e-6)


@settings(max_examples=20, deadline=None)
@given(data=st.data(), seed=st.integers(0, 2**32 - 1))
def test_a_target_of_whole_numbers_never_orders_later_nor_less(
    data: st.DataObject, seed: int
) -> None:
    """ERPNext refuses fractions: of goods by weight it orders a little early, never late."""
    rows = data.draw(items(moq=False, case_pack=False, whole=False))
    ordered = TARGETS["erpnext"].ordered
    assert ordered is not None
    for day in demands(rows, seed)[:5]:
        position = [item.up_to - d for item, d in zip(rows, day, strict=True)]
        position = on_the_grid(position, rows)
        imported = as_imported(exported("erpnext", rows, position))
        theirs = ordered(imported, np.array(position, float))
        ours = [float(meant(item, at)) for item, at in zip(rows, position, strict=True)]
        assert (theirs >= np.array(ours) - 1e-6).all()


def test_an_order_that_is_due_above_the_reorder_point_is_placed_tonight() -> None:
    """Stock that sells out before the order after this one: position 25, reorder point 20."""
    table = night([Item(Decimal(20), Decimal(37))], [Decimal(25)]).assign(order_quantity=12.0)
    for name in ("tryton", "odoo17", "odoo18", "odoo19", "erpnext", "netsuite", "business-central"):
        target = TARGETS[name]
        assert target.ordered is not None
        rows = as_imported(export(table, target, ids=ids_for(name)))
        assert target.ordered(rows, np.array([25.0])).tolist() == [12.0], name


def test_goods_that_nobody_restocks_are_not_ordered_for_the_shelf() -> None:
    """Reorder point and level 0: at an empty shelf every target keeps still."""
    for name, target in TARGETS.items():
        if target.ordered is not None:
            rows = as_imported(exported(name, [Item(Decimal(0), Decimal(0))]))
            assert target.ordered(rows, np.array([0.0])).tolist() == [0.0], name


def test_copying_the_reorder_point_as_it_stands_would_order_late() -> None:
    """Why exporters exist: at position 20 a strict `<` with minimum 20 keeps still."""
    target = TARGETS["tryton"]
    assert target.ordered is not None
    rows = as_imported(exported("tryton", [Item(Decimal(20), Decimal(32))]))
    at = np.array([20.0])
    assert target.ordered(rows, at).tolist() == [12.0]
    assert target.ordered(rows.assign(min_quantity=20), at).tolist() == [0.0]
