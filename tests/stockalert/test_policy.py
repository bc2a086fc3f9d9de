from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stockalert.policy import LotRules, economic_quantity, lot_size, order_plan, purchasable

UNKNOWN = float("nan")
maybe = st.one_of(st.just(UNKNOWN), st.integers(-1, 60).map(float))


def _rules(
    moq: float = UNKNOWN,
    case_pack: float = UNKNOWN,
    max_stock: float = UNKNOWN,
    sellable: float = UNKNOWN,
    *,
    whole: bool = True,
) -> LotRules:
    limits = (np.array([limit]) for limit in (moq, case_pack, max_stock, sellable))
    return LotRules(*limits, np.array([whole]))


def _ordered(
    position: float,
    rules: LotRules,
    *,
    point: float = 20.0,
    lot: float = 7.0,
    review: float = 1.0,
    policy: str = "auto",
) -> float:
    plan = order_plan([position], [point], [lot], [review], rules, policy=policy)
    return plan.order_quantity.item()


def test_the_economic_quantity_of_snyder_and_shens_joes_corner_store() -> None:
    quantity = economic_quantity([1300.0], [8.0], [0.225])
    assert quantity.item() == pytest.approx(304.05, abs=0.01)
    assert 0.225 * quantity.item() == pytest.approx(68.41, abs=0.01)


def test_without_order_cost_the_lot_is_moq_or_the_demand_of_the_review() -> None:
    economic = economic_quantity([2.0, 2.0], [UNKNOWN, 5.0], [0.1, 0.0])
    assert economic.tolist() == [0.0, 0.0]
    assert lot_size(economic, [12.0, UNKNOWN], [7.0, 7.0]).tolist() == [12.0, 7.0]


def test_continuous_review_orders_up_to_s_plus_the_lot_once_the_point_is_reached() -> None:
    assert _ordered(21.0, _rules()) == 0.0
    assert _ordered(20.0, _rules()) == 7.0
    assert _ordered(5.0, _rules()) == 22.0


def test_a_weekly_review_orders_up_to_the_reorder_point_itself() -> None:
    assert _ordered(15.0, _rules(), review=7.0) == 5.0
    assert _ordered(25.0, _rules(), review=7.0) == 0.0


def test_fixed_quantity_orders_the_fewest_lots_that_lift_the_position_above_the_point() -> None:
    assert _ordered(20.0, _rules(), policy="fixed_quantity") == 7.0
    assert _ordered(6.0, _rules(), policy="fixed_quantity") == 21.0
    assert _ordered(21.0, _rules(), policy="fixed_quantity") == 0.0


def test_the_policy_of_the_settings_goes_before_the_review() -> None:
    assert _ordered(15.0, _rules(), review=1.0, policy="base_stock") == 5.0
    assert _ordered(20.0, _rules(), review=30.0, policy="reorder_point") == 7.0


def test_stock_below_zero_is_ordered_as_well() -> None:
    assert _ordered(-3.0, _rules()) == 30.0


def test_an_unknown_position_gives_an_unknown_order() -> None:
    assert np.isnan(_ordered(UNKNOWN, _rules()))


def test_an_item_nobody_buys_is_not_ordered() -> None:
    assert _ordered(0.0, _rules(), point=0.0, lot=0.0) == 0.0


@pytest.mark.parametrize("no_pack", [0.0, -6.0, UNKNOWN])
def test_a_case_pack_of_nothing_is_no_case_pack(no_pack: float) -> None:
    assert _ordered(18.4, _rules(case_pack=no_pack)) == 9.0
    assert _ordered(18.4, _rules(case_pack=no_pack, whole=False)) == pytest.approx(8.6)


def test_max_stock_and_shelf_life_beat_the_moq() -> None:
    assert _ordered(10.0, _rules(moq=12, case_pack=6, max_stock=30)) == 18.0
    assert _ordered(10.0, _rules(moq=12, case_pack=6, max_stock=21)) == 0.0
    assert _ordered(10.0, _rules(moq=12, sellable=15.0)) == 0.0
    assert _ordered(10.0, _rules(sellable=15.0)) == 5.0


@settings(deadline=None)
@given(
    st.integers(-50, 100), st.floats(0, 300), st.tuples(maybe, maybe, maybe, maybe), st.booleans()
)
def test_an_order_is_nothing_or_at_least_the_moq_and_a_multiple_of_the_case_pack(
    position: float, wanted: float, limits: tuple[float, float, float, float], whole: bool
) -> None:
    moq, pack, max_stock, sellable = limits
    rules = _rules(moq, pack, max_stock, sellable, whole=whole)
    order = purchasable(np.array([wanted]), np.array([position]), rules).item()
    assert order >= 0
    if order > 0:
        assert order >= np.nan_to_num(moq) - 1e-9
        assert wanted > 0
        if pack > 0:
            assert order / pack == pytest.approx(round(order / pack))
        for limit in (max_stock, sellable):
            assert not position + order > limit + 1e-6


@settings(deadline=None)
@given(st.floats(0.001, 300), maybe, maybe)
def test_an_order_without_limits_covers_what_is_wanted_with_no_case_to_spare(
    wanted: float, moq: float, pack: float
) -> None:
    order = purchasable(np.array([wanted]), np.array([0.0]), _rules(moq, pack)).item()
    case = pack if pack > 0 else 1.0
    assert order >= wanted - 1e-6
    assert order < max(wanted, np.nan_to_num(moq)) + case
