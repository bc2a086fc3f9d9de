"""A budget is spent where a euro saves most, and never splits a MOQ or a case."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stockalert.budget import within_budget
from stockalert.outlook import Outlook
from stockalert.policy import LotRules
from stockalert.quantiles import expected_excess

LEVELS = np.array([0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99])
SHAPE = np.array([1.0, 3.0, 6.0, 10.0, 15.0, 18.0, 26.0])
NONE = float("nan")


def _outlook(pace: list[float]) -> Outlook:
    n = len(pace)
    return Outlook(
        values=np.array(pace)[:, None] * SHAPE,
        levels=LEVELS,
        method=np.full(n, "quantile"),
        model_version="1",
        calibration_group=np.full(n, ""),
        coverage_recent=np.full(n, NONE),
    )


def _rules(n: int, moq: list[float] | None = None, pack: list[float] | None = None) -> LotRules:
    none = np.full(n, NONE)
    return LotRules(
        *(none if x is None else np.array(x) for x in (moq, pack)), none, none, np.full(n, True)
    )


def _saved(outlook: Outlook, position: np.ndarray, worth: np.ndarray, bought: np.ndarray) -> float:
    short = expected_excess(outlook.values, LEVELS, position + bought)
    return float((worth * (expected_excess(outlook.values, LEVELS, position) - short)).sum())


def test_the_money_goes_where_every_combination_would_put_it() -> None:
    outlook, rules = _outlook([1.0, 0.6, 0.4]), _rules(3)
    position, price, worth = np.array([4.0, 2.0, 0.0]), np.ones(3), np.array([1.0, 3.0, 2.0])
    wanted = np.array([9.0, 8.0, 7.0])
    for budget in (3.0, 8.0, 15.0):
        order = within_budget(
            wanted, position, outlook, rules, unit_cost=price, worth=worth, budget=budget
        )
        every = [
            _saved(outlook, position, worth, np.array(units, float))
            for units in product(range(10), range(9), range(8))
            if sum(units) <= budget
        ]
        assert order.sum() == budget
        assert _saved(outlook, position, worth, order) == pytest.approx(max(every))


def test_a_unit_that_earns_more_is_bought_first_and_a_dear_one_later() -> None:
    outlook, rules = _outlook([1.0, 1.0]), _rules(2)
    wanted, at = np.array([10.0, 10.0]), np.zeros(2)
    first, second = within_budget(
        wanted, at, outlook, rules, unit_cost=np.ones(2), worth=np.array([5.0, 1.0]), budget=10.0
    )
    assert first > second
    cheap, dear = within_budget(
        wanted, at, outlook, rules, unit_cost=np.array([1.0, 3.0]), worth=np.ones(2), budget=12.0
    )
    assert cheap > dear


def test_no_budget_and_a_budget_that_is_large_enough_cut_nothing() -> None:
    outlook, rules, wanted = _outlook([1.0, 1.0]), _rules(2), np.array([10.0, NONE])
    for budget in (0.0, 10.0, 500.0):
        order = within_budget(
            wanted,
            np.zeros(2),
            outlook,
            rules,
            unit_cost=np.ones(2),
            worth=np.ones(2),
            budget=budget,
        )
        assert np.array_equal(order, wanted, equal_nan=True)


def test_what_has_no_price_is_kept_and_not_counted() -> None:
    order = within_budget(
        np.array([10.0, 10.0, 10.0]),
        np.zeros(3),
        _outlook([1.0, 1.0, 1.0]),
        _rules(3),
        unit_cost=np.array([1.0, NONE, 0.0]),
        worth=np.ones(3),
        budget=4.0,
    )
    assert order.tolist() == [4.0, 10.0, 10.0]


def test_a_moq_that_does_not_fit_leaves_its_money_to_others() -> None:
    order = within_budget(
        np.array([12.0, 9.0]),
        np.zeros(2),
        _outlook([3.0, 0.5]),
        _rules(2, moq=[12.0, NONE], pack=[6.0, 3.0]),
        unit_cost=np.ones(2),
        worth=np.ones(2),
        budget=10.0,
    )
    assert order.tolist() == [0.0, 9.0]


def test_a_thousand_units_are_bought_in_few_pieces() -> None:
    order = within_budget(
        np.array([5000.0]),
        np.zeros(1),
        _outlook([300.0]),
        _rules(1),
        unit_cost=np.ones(1),
        worth=np.ones(1),
        budget=1000.0,
    ).item()
    assert 1000.0 - 5000.0 / 32 <= order <= 1000.0
    assert order == round(order)


units = st.lists(st.integers(0, 12), min_size=4, max_size=4)


@settings(deadline=None, max_examples=60)
@given(units, units, units, st.lists(st.integers(1, 6), min_size=4, max_size=4), st.integers(1, 90))
def test_a_cut_order_is_nothing_or_a_purchasable_part_within_the_budget(
    packs: list[int], moq: list[int], at: list[int], price: list[int], budget: int
) -> None:
    pack = np.array([6.0, 1.0, 4.0, NONE])
    case = np.nan_to_num(pack, nan=1.0)
    least = np.ceil(np.array(moq) / case) * case
    wanted = np.array(packs) * case
    wanted = np.where(wanted >= least, wanted, 0.0)
    order = within_budget(
        wanted,
        np.array(at, float),
        _outlook([1.0, 0.5, 2.0, 0.2]),
        _rules(4, [float(m) for m in moq], pack.tolist()),
        unit_cost=np.array(price, float),
        worth=np.ones(4),
        budget=float(budget),
    )
    assert (order <= wanted).all()
    assert ((order == 0) | (order >= moq)).all()
    assert np.allclose(order % case, 0)
    assert (order * price).sum() <= budget or np.array_equal(order, wanted)
    if (wanted * price).sum() <= budget:
        assert np.array_equal(order, wanted)
