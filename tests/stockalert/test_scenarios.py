"""Orders under lost sales: exact where they can be computed, and never worse than base stock."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from stockalert.lead_time import from_moments
from stockalert.outlook import Horizons
from stockalert.pipeline import Arrivals, timeline_of
from stockalert.scenarios import Timeline, scenario_orders
from stockalert.thresholds import Supply

LEVELS = np.arange(1, 400) / 400  # fine enough that counts jump where they should
WEEKS = np.array([1.0, 2.0, 3.0])
HOLDING, SHORT = 0.2, 1.0
RATIO = SHORT / (SHORT + HOLDING)
PACE, MOST = 1.5, 12


def _weekly(n: int, pace: float = PACE) -> Horizons:
    values = np.stack([stats.poisson(pace * k).ppf(LEVELS) for k in WEEKS])
    return Horizons(WEEKS, np.tile(values, (n, 1, 1)), LEVELS)


def _orders(
    on_hand: np.ndarray, arrivals: np.ndarray, *, level: float = RATIO, n_scenarios: int = 1024
) -> np.ndarray:
    return scenario_orders(
        on_hand,
        Timeline.regular(arrivals),
        _weekly(len(on_hand)),
        level=level,
        correlation=0.0,
        whole=np.full(len(on_hand), True),
        n_scenarios=n_scenarios,
    )


STATES = np.array(list(product(range(MOST), range(7), range(7))), float)
DEMANDS = np.arange(MOST + 12)
CHANCES = stats.poisson(PACE).pmf(DEMANDS) / stats.poisson(PACE).pmf(DEMANDS).sum()


def _exact_cost(orders: np.ndarray) -> float:
    """Cost per week of an order per state (stock, next week's arrival, the week after's), exactly.

    The chain of all states, stepped until it stands still; no sampling, no forecast.
    """
    share, cost = np.full(len(STATES), 1.0 / len(STATES)), np.zeros(len(STATES))
    to, chance = [], []
    for demand, probability in zip(DEMANDS, CHANCES, strict=True):
        stock = STATES[:, 0] + STATES[:, 1]
        left = np.maximum(stock - demand, 0)
        cost += probability * (HOLDING * left + SHORT * np.maximum(demand - stock, 0))
        place = np.minimum(left, MOST - 1) * 49 + STATES[:, 2] * 7 + np.minimum(orders, 6)
        to.append(place.astype(int))
        chance.append(probability)
    for _ in range(120):
        share = sum(
            np.bincount(place, share * p, len(STATES)) for place, p in zip(to, chance, strict=True)
        )
    return float(share @ cost)


def test_in_the_long_run_no_base_stock_is_better() -> None:
    position = STATES.sum(axis=1)
    by_level = [_exact_cost(np.maximum(up_to - position, 0)) for up_to in range(2, 14)]
    at_the_ratio = by_level[int(stats.poisson(3 * PACE).ppf(RATIO)) - 2]
    ours = _exact_cost(_orders(STATES[:, 0], STATES[:, 1:]))
    assert ours < 0.93 * at_the_ratio
    assert ours < 0.98 * min(by_level), "not even the best base stock, found with hindsight"


def _one_shot(on_hand: int, first: int, second: int) -> np.ndarray:
    """Expected cost of the covered week by the number of units ordered, over all demands."""
    costs, n = np.zeros(20), range(14)
    chance = stats.poisson(PACE).pmf(n)
    for (a, p), (b, q), (c, r) in product(zip(n, chance, strict=True), repeat=3):
        stock = max(max(on_hand + first - a, 0) + second - b, 0)
        left = stock + np.arange(20) - c
        costs += p * q * r * (HOLDING * np.maximum(left, 0) + SHORT * np.maximum(-left, 0))
    return costs


@pytest.mark.parametrize(
    ("on_hand", "first", "second"), [(0, 0, 0), (3, 0, 0), (0, 4, 1), (6, 2, 0)]
)
def test_one_unit_more_or_less_costs_no_less(on_hand: int, first: int, second: int) -> None:
    order = _orders(np.array([on_hand]), np.array([[first, second]], float)).item()
    costs = _one_shot(on_hand, first, second)
    assert costs[int(order)] <= costs.min() + 0.005


def test_an_empty_shelf_is_not_filled_for_demand_that_is_lost_anyway() -> None:
    order = _orders(np.zeros(1), np.zeros((1, 2))).item()
    assert order == stats.poisson(PACE).ppf(RATIO)
    assert order < stats.poisson(3 * PACE).ppf(RATIO), "what a base stock orders"


def test_stock_below_zero_is_owed_and_is_ordered_besides() -> None:
    owed = _orders(np.array([-4.0]), np.zeros((1, 2))).item()
    assert owed == _orders(np.zeros(1), np.zeros((1, 2))).item() + 4
    served = _orders(np.array([-4.0]), np.array([[4.0, 0.0]])).item()
    assert served == _orders(np.zeros(1), np.zeros((1, 2))).item()


def test_enough_on_the_way_means_no_order() -> None:
    assert _orders(np.array([30.0]), np.zeros((1, 2))).item() == 0.0
    assert _orders(np.array([0.0]), np.array([[0.0, 30.0]])).item() == 0.0


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 8), st.integers(0, 6), st.integers(0, 6), st.floats(0.3, 0.98))
def test_more_stock_never_raises_and_a_higher_level_never_lowers_the_order(
    on_hand: int, first: int, second: int, level: float
) -> None:
    held = np.array([on_hand, on_hand + 1.0])
    arrivals = np.tile([float(first), float(second)], (2, 1))
    less, more = _orders(held, arrivals, level=level, n_scenarios=128)
    assert more <= less
    sure = _orders(held, arrivals, level=level + 0.015, n_scenarios=128)
    assert sure[0] >= less
    assert less == round(less)


def test_the_order_of_the_rows_does_not_matter() -> None:
    rows = np.random.default_rng(4).permutation(len(STATES))
    told = _orders(STATES[:, 0], STATES[:, 1:], n_scenarios=64)
    again = _orders(STATES[rows, 0], STATES[rows, 1:], n_scenarios=64)
    assert np.array_equal(again, told[rows])


def test_goods_sold_by_weight_are_ordered_by_weight() -> None:
    totals = np.stack([stats.gamma(2 * k).ppf(LEVELS) for k in WEEKS])
    rice = Horizons(WEEKS, totals[None], LEVELS)
    order = scenario_orders(
        np.zeros(1),
        Timeline.regular(np.zeros((1, 1))),
        rice,
        level=0.7,
        correlation=0.0,
        whole=np.array([False]),
        n_scenarios=1024,
    )
    assert order.item() == pytest.approx(stats.gamma(2).ppf(0.7), rel=0.02)


def test_a_lead_time_longer_than_every_forecast_goes_on_at_its_rate() -> None:
    supply = Supply(from_moments(np.array([40.0]), np.array([0.0])), np.array([2.0]))
    line = timeline_of(Arrivals(np.zeros((1, 1)), np.zeros((1, 1))), supply)
    order = scenario_orders(
        np.zeros(1), line, _weekly(1), level=0.8, correlation=0.0, whole=np.array([True])
    ).item()
    assert stats.poisson(2 * PACE).ppf(0.5) <= order <= stats.poisson(2 * PACE).ppf(0.95)


def test_an_uncertain_lead_time_orders_between_its_possible_ones() -> None:
    held, nothing = np.array([6.0]), Arrivals(np.zeros((1, 1)), np.zeros((1, 1)))

    def order(mean: float, sd: float) -> float:
        supply = Supply(from_moments(np.array([mean]), np.array([sd])), np.array([1.0]))
        line = timeline_of(nothing, supply)
        return scenario_orders(
            held, line, _weekly(1), level=0.9, correlation=0.0, whole=np.array([True])
        ).item()

    early, late, unsure = order(0.5, 0.0), order(6.0, 0.0), order(2.0, 1.0)
    assert early <= unsure <= late
    assert unsure >= order(2.0, 0.0)
