"""Orders are put together per supplier: minimum values, joint orders, breaks, budget, approval."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stockalert.disruption import standing_of
from stockalert.purchasing.auto_approval import ApprovalRules
from tests.stockalert.purchasing_shop import AS_OF, Evening, evening

FULL, EMPTY = 19.0, 2.0


def _products(n: int = 3, **facts: object) -> pd.DataFrame:
    base = {"supplier_id": "ACME", "unit_cost": 2.0, "unit_price": 5.0, "holding_rate": 0.25}
    return pd.DataFrame({"sku": [f"mug {i}" for i in range(n)], **(base | facts)})


def _suppliers(**terms: object) -> pd.DataFrame:
    return pd.DataFrame({"supplier_id": ["ACME"], **terms})


def test_every_due_line_is_proposed_and_nothing_else_without_a_reason_to() -> None:
    shop = evening(_products(), [EMPTY, FULL, EMPTY])
    orders = shop.orders()
    assert orders.index.tolist() == ["mug 0", "mug 2"]
    due = shop.thresholds.set_index("sku")["order_quantity"]
    assert orders["units"].tolist() == due[orders.index].tolist()
    assert set(orders["kind"]) == {"due"}
    assert orders["cost"].tolist() == (orders["units"] * 2.0).tolist()
    assert str(orders["order_day"].iloc[0].date()) == "2026-04-01"
    assert str(orders["expected_at"].iloc[0].date()) == "2026-04-07", "a lead time after the order"


def test_an_order_below_the_minimum_is_filled_with_what_is_ordered_soonest() -> None:
    stock = [EMPTY, 40.0, 22.0, 30.0]
    least = evening(_products(4), stock).orders()["cost"].sum() + 25.0
    orders = evening(_products(4), stock, suppliers=_suppliers(min_order_value=least)).orders()
    assert orders["cost"].sum() >= least
    assert orders["cost"].sum() < least + 2.0, "the last item is cut to what is missing"
    filled = orders[orders["kind"] == "filled"]
    assert filled.loc["mug 2", "units"] >= filled["units"].max(), "the lowest of those not yet due"
    assert filled["reason"].str.contains("fills the order to ACME up to its minimum of").all()


def test_an_order_that_cannot_reach_the_minimum_is_placed_and_says_so() -> None:
    shop = evening(_products(2), [EMPTY, 500.0], suppliers=_suppliers(min_order_value=1e6))
    orders = shop.orders(approval=ApprovalRules())
    assert "mug 0" in orders.index
    assert orders["reason"].str.contains("stays below the minimum of 1e\\+06").all()
    assert not orders["auto_approved"].any()


def test_what_is_due_in_days_joins_the_order_when_that_saves_more_than_it_costs() -> None:
    stock = [EMPTY, 19.0, 60.0]
    dear = evening(_products(), stock, suppliers=_suppliers(order_cost=30.0)).orders()
    cheap = evening(_products(), stock, suppliers=_suppliers(order_cost=0.001)).orders()
    assert dear.loc["mug 1", "kind"] == "joined"
    assert "saves an order tomorrow" in dear.loc["mug 1", "reason"]
    assert "mug 1" not in cheap.index
    assert evening(_products(), stock, suppliers=_suppliers(order_cost=30.0)).orders(
        join=False
    ).index.tolist() == ["mug 0"]


def test_joining_weighs_the_holding_of_a_whole_day_against_one_order() -> None:
    """By hand: units × cost × rate ÷ 365 × days held, against what an order costs."""
    decided = []
    for order_cost in np.linspace(0.02, 2.0, 12):
        shop = evening(
            _products(), [EMPTY, 26.0, 60.0], suppliers=_suppliers(order_cost=order_cost)
        )
        row = shop.thresholds.set_index("sku").loc["mug 1"]
        units = np.ceil(max(shop.case.lot[1], row["order_up_to_level"] - 26.0))
        days = (row["order_by_date"] - pd.Timestamp(AS_OF)).days - 1
        assert days > 1
        joins = "mug 1" in shop.orders().index
        assert joins == (units * 2.0 * 0.25 / 365 * days < order_cost)
        decided.append(joins)
    assert len(set(decided)) == 2


def _break(units: list[float], price: list[float]) -> pd.DataFrame:
    offer = {"sku": "mug 0", "supplier_id": "ACME", "unit_cost": 2.0}
    return pd.DataFrame({**offer, "break_units": units, "break_unit_cost": price})


def test_a_price_break_is_taken_when_it_saves_more_than_the_extra_stock_costs() -> None:
    shop = _products(1)
    plain = evening(shop, [EMPTY]).orders().loc["mug 0", "units"]
    good = evening(shop, [EMPTY], supplier_items=_break([60.0], [1.8])).orders().loc["mug 0"]
    assert (good["units"], good["unit_cost"], good["cost"]) == (60.0, 1.8, 108.0)
    assert f"60 at 1.8 instead of {plain:.6g} at 2" in good["reason"]
    poor = evening(shop, [EMPTY], supplier_items=_break([500.0], [1.99])).orders().loc["mug 0"]
    assert (poor["units"], poor["unit_cost"]) == (plain, 2.0)
    off = evening(shop, [EMPTY], supplier_items=_break([60.0], [1.8])).orders(price_breaks=False)
    assert off.loc["mug 0", "units"] == plain


def test_a_quantity_above_a_break_pays_its_price_and_is_not_raised() -> None:
    orders = evening(_products(1), [EMPTY], supplier_items=_break([5.0], [1.5])).orders()
    assert orders.loc["mug 0", "unit_cost"] == 1.5
    assert "price break" not in orders.loc["mug 0", "reason"]


def test_breaks_out_of_order_say_nothing() -> None:
    sound, mixed = _break([60.0], [1.8]), _break([60.0, 90.0, 30.0], [1.8, 1.9, 2.4])
    shops = [evening(_products(1), [EMPTY], supplier_items=items) for items in (sound, mixed)]
    first, second = (shop.orders().loc["mug 0", ["units", "unit_cost", "cost"]] for shop in shops)
    assert first.tolist() == second.tolist()


def test_a_break_never_exceeds_the_room_there_is() -> None:
    room = evening(_products(1, max_stock=40.0), [EMPTY], supplier_items=_break([60.0], [1.0]))
    assert room.orders().loc["mug 0", "units"] <= 38.0


def test_an_unknown_supplier_is_nobody_to_group_with_and_nothing_is_lost() -> None:
    products = _products(3, supplier_id=[None, "GHOST", "ACME"])
    orders = evening(
        products, [EMPTY] * 3, suppliers=_suppliers(min_order_value=10.0, order_cost=5.0)
    ).orders(approval=ApprovalRules())
    assert len(orders) == 3
    assert pd.isna(orders.loc["mug 0", "supplier_id"])
    assert orders["auto_approved"].tolist() == [False, True, True]


def test_lines_are_approved_by_rule_and_say_which() -> None:
    shop = evening(_products(unit_cost=[2.0, 2.0, np.nan]), [EMPTY, 8.0, EMPTY])
    cost = shop.orders()["cost"]
    rules = ApprovalRules(max_line_value=float(cost["mug 1"]) + 1)
    orders = shop.orders(approval=rules)
    assert orders["auto_approved"].tolist() == [False, True, False], "an unknown cost is no yes"
    assert "approved by rule: class A, line up to" in orders.loc["mug 1", "reason"]
    for strict in (
        ApprovalRules(classes=("B",)),
        ApprovalRules(min_units_per_day=50.0),
        ApprovalRules(min_service_level=0.99),
        ApprovalRules(max_order_value=float(cost.sum()) - 1),
    ):
        assert not shop.orders(approval=strict)["auto_approved"].any()


def test_a_supplier_that_is_down_is_named_and_never_approved_by_rule() -> None:
    shop = evening(_products(1), [EMPTY], suppliers=_suppliers(min_order_value=0.0))
    down = standing_of(None, None, as_of=AS_OF, by_hand={"ACME": (None, date(2026, 4, 20))})
    orders = shop.orders(approval=ApprovalRules(), standing=down)
    assert not orders["auto_approved"].any()
    assert (
        "the supplier: disrupted, expected to deliver again on 2026-04-20"
        in (orders.loc["mug 0", "reason"])
    )


def test_a_refused_line_rests_and_the_others_stay() -> None:
    shop = evening(_products(), [EMPTY] * 3, suppliers=_suppliers(min_order_value=1e5))
    orders = shop.orders(refused=np.array([True, False, False]))
    assert orders.index.tolist() == ["mug 1", "mug 2"], "nor does it come back to fill an order"


@pytest.mark.parametrize(
    "facts",
    [{"case_pack": 0.0}, {"moq": 0.0}, {"moq": 90.0, "max_stock": 20.0}, {"max_stock": 0.0}],
)
def test_odd_lots_make_no_odd_orders(facts: dict[str, float]) -> None:
    orders = evening(
        _products(**facts), [EMPTY] * 3, suppliers=_suppliers(min_order_value=500.0)
    ).orders()
    assert (orders["units"] > 0).all()
    assert len(orders) == (0 if "max_stock" in facts else 3)


def _random_shop(data: st.DataObject, **options: object) -> Evening:
    n = 6
    draw = data.draw
    numbers = st.sampled_from
    products = _products(
        n,
        supplier_id=draw(st.lists(numbers(["ACME", "BOLT"]), min_size=n, max_size=n)),
        unit_cost=draw(st.lists(numbers([0.5, 2.0, 7.0]), min_size=n, max_size=n)),
        moq=draw(st.lists(numbers([np.nan, 0.0, 12.0, 25.0]), min_size=n, max_size=n)),
        case_pack=draw(st.lists(numbers([np.nan, 0.0, 6.0, 10.0]), min_size=n, max_size=n)),
        max_stock=draw(st.lists(numbers([np.nan, 30.0, 90.0]), min_size=n, max_size=n)),
    )
    suppliers = pd.DataFrame(
        {
            "supplier_id": ["ACME", "BOLT"],
            "order_cost": draw(st.lists(numbers([np.nan, 1.0, 40.0]), min_size=2, max_size=2)),
            "min_order_value": draw(
                st.lists(numbers([np.nan, 50.0, 400.0]), min_size=2, max_size=2)
            ),
        }
    )
    breaks = pd.DataFrame(
        {
            "sku": ["mug 0", "mug 1", "mug 1"],
            "supplier_id": "ACME",
            "break_units": [30.0, 20.0, 80.0],
            "break_unit_cost": [0.4, 1.5, 1.2],
        }
    )
    stock = draw(st.lists(st.integers(0, 60).map(float), min_size=n, max_size=n))
    return evening(products, stock, suppliers=suppliers, supplier_items=breaks, **options)


@settings(deadline=None, max_examples=15)
@given(st.data())
def test_orders_are_lots_no_due_line_is_dropped_and_the_budget_holds(data: st.DataObject) -> None:
    budget = data.draw(st.sampled_from([0.0, 30.0, 120.0, 600.0]))
    shop = _random_shop(data, budget=budget)
    orders, items = shop.orders(), shop.case.items
    due = shop.thresholds[shop.thresholds["order_quantity"] > 0].set_index("sku")
    assert set(due.index) <= set(orders.index)
    assert (orders.loc[due.index, "units"] >= due["order_quantity"]).all()
    at = [shop.thresholds["sku"].tolist().index(sku) for sku in orders.index]
    moq, pack = (np.nan_to_num(items[name][at]) for name in ("moq", "case_pack"))
    units = orders["units"].to_numpy()
    assert ((units > 0) & (units >= moq)).all()
    assert np.allclose(units % np.where(pack > 0, pack, 1.0), 0.0)
    position = shop.thresholds["inventory_position"].to_numpy()[at]
    assert (units + position <= np.fmin(items["max_stock"][at], np.inf) + 1e-9).all()
    assert not budget or orders["cost"].sum() <= budget + 1e-6
    assert np.allclose(orders["cost"], orders["units"] * orders["unit_cost"])


@settings(deadline=None, max_examples=6)
@given(st.data(), st.permutations(range(3)), st.permutations(range(2)))
def test_the_order_of_rows_of_suppliers_and_offers_changes_nothing(
    data: st.DataObject, offers: list[int], suppliers: list[int]
) -> None:
    shop = _random_shop(data)
    assert shop.suppliers is not None
    assert shop.supplier_items is not None
    other = shop.orders(
        suppliers=shop.suppliers.iloc[suppliers], supplier_items=shop.supplier_items.iloc[offers]
    )
    pd.testing.assert_frame_equal(shop.orders(), other, check_exact=True)
