from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stockalert.classification import CLASSES, PATTERNS, abc_codes, pattern_codes, xyz_codes

revenues = st.lists(st.integers(0, 1000), min_size=1, max_size=40)


def test_a_items_earn_the_first_eighty_percent_and_b_items_the_next_fifteen() -> None:
    revenue = np.array([50, 30, 10, 5, 3, 2])
    assert [CLASSES[code] for code in abc_codes(revenue)] == ["A", "A", "B", "B", "C", "C"]


@settings(deadline=None, max_examples=40)
@given(revenues)
def test_abc_agrees_with_a_walk_down_the_list_of_distinct_revenues(revenue: list[int]) -> None:
    total, dearer, expected = sum(revenue), 0, {}
    for value in sorted(set(revenue), reverse=True):
        expected[value] = 0 if dearer * 100 < 80 * total else 1 if dearer * 100 < 95 * total else 2
        dearer += value * revenue.count(value)
    expected[0] = 2
    assert abc_codes(np.array(revenue)).tolist() == [expected[value] for value in revenue]


@settings(deadline=None, max_examples=40)
@given(revenues, st.randoms(use_true_random=False))
def test_the_order_of_the_shelf_does_not_change_a_class(revenue: list[int], random) -> None:
    order = list(range(len(revenue)))
    random.shuffle(order)
    shuffled = abc_codes(np.array(revenue)[order])
    assert shuffled.tolist() == abc_codes(np.array(revenue))[order].tolist()


def test_a_shop_without_revenue_has_only_c_items() -> None:
    assert abc_codes(np.array([0.0, np.nan, -5.0])).tolist() == [2, 2, 2]


def test_an_empty_shop_is_classified_without_complaint() -> None:
    assert abc_codes(np.array([])).shape == (0,)


def test_a_steady_item_is_x_and_an_unknown_one_z() -> None:
    assert xyz_codes(np.array([0.1, 0.75, 1.5, np.nan])).tolist() == [0, 1, 2, 2]


@pytest.mark.parametrize(
    ("interval", "squared_variation", "pattern"),
    [
        (1.31, 0.48, "smooth"),
        (1.31, 0.49, "erratic"),
        (1.32, 0.48, "intermittent"),
        (1.32, 0.49, "lumpy"),
        (1.0, np.nan, "smooth"),
    ],
)
def test_the_published_cut_offs_separate_the_patterns(
    interval: float, squared_variation: float, pattern: str
) -> None:
    code = pattern_codes(
        np.array([interval]), np.array([squared_variation]), np.array([500]), np.array([3])
    )
    assert PATTERNS[code[0]] == pattern


@pytest.mark.parametrize(
    ("since_first", "since_last", "pattern"),
    [(10, 2, "new"), (10, np.nan, "new"), (500, 182, "dead"), (500, np.nan, "dead")],
)
def test_new_and_dead_items_are_set_apart(
    since_first: float, since_last: float, pattern: str
) -> None:
    code = pattern_codes(
        np.array([1.0]), np.array([0.1]), np.array([since_first]), np.array([since_last])
    )
    assert PATTERNS[code[0]] == pattern
