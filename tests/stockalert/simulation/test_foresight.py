"""Perfect foresight against every possible plan of orders, on worlds small enough to try all."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stockalert.simulation import (
    BaseStock,
    OrderRules,
    PerfectForesight,
    Situation,
    Start,
    Trace,
    World,
    lot_rules,
    perfect_foresight,
    simulate,
)

PERIODS = 4
LARGEST = 9
PLANS = np.array(list(itertools.product(range(LARGEST + 1), repeat=PERIODS)), np.float64)
NONE = float("nan")


@dataclass(frozen=True)
class _Plan:
    """Orders decided beforehand; shape (n_series, n_periods), units."""

    orders: np.ndarray

    def __call__(self, situation: Situation, /) -> np.ndarray:
        return self.orders[situation.series, situation.period]


@st.composite
def small_worlds(draw: st.DrawFn, *, limits: bool = False) -> World:
    def units(most: int, size: int) -> np.ndarray:
        return np.array([draw(st.lists(st.integers(0, most), min_size=size, max_size=size))], float)

    unmet = draw(st.sampled_from(["lost", "backordered"]))
    limit = st.sampled_from([NONE, 2.0, 4.0])
    lots = lot_rules(1, case_pack=draw(st.sampled_from([NONE, 2.0, 3.0])))
    rules = OrderRules(lots=lots, review=units(1, PERIODS) > 0)
    if limits:
        lots = replace(lots, moq=np.array([draw(limit)]), max_stock=np.array([draw(limit)]))
        life = draw(st.sampled_from([math.inf, 1.0, 2.0]))
        rules = replace(rules, lots=lots, shelf_life=life)
    return World.of(
        units(2, PERIODS),
        lead_times=units(3, PERIODS),
        rules=rules,
        start=Start(
            on_hand=units(3, 1)[0],
            arrivals=units(1, 2),
            backordered=units(1, 1)[0] if unmet == "backordered" else None,
        ),
        unmet=unmet,
    )


def _every_plan(world: World) -> Trace:
    copies = world.take(np.zeros(len(PLANS), np.intp))
    trace = simulate(copies, _Plan(PLANS), keep_trace=True).trace
    assert trace is not None
    return trace


def _bound(world: World) -> Trace:
    trace = perfect_foresight(world, keep_trace=True).trace
    assert trace is not None
    return trace


@settings(deadline=None, max_examples=40)
@given(small_worlds())
def test_nobody_loses_less_and_who_loses_as_little_holds_no_less_in_any_period(
    world: World,
) -> None:
    bound, plans = _bound(world), _every_plan(world)
    short = plans.short.sum(axis=1)
    owed = plans.backordered.sum(axis=1)
    assert bound.short.sum() == short.min()
    least = owed[short == short.min()].min()
    assert bound.backordered.sum() == least
    best = (short == short.min()) & (owed == least)
    assert (plans.on_hand[best] >= bound.on_hand).all()
    assert (plans.on_hand[best] == bound.on_hand).all(axis=1).any()


@settings(deadline=None, max_examples=40)
@given(small_worlds(limits=True))
def test_it_stays_a_bound_where_moq_maximum_stock_and_shelf_life_bind(world: World) -> None:
    bound, plans = _bound(world), _every_plan(world)
    short = plans.short.sum(axis=1)
    assert bound.short.sum() <= short.min()


def test_with_every_night_open_it_loses_only_what_comes_before_the_first_arrival() -> None:
    random = np.random.default_rng(3)
    demand = random.poisson(0.7, (50, 120)).astype(np.float64)
    lead_times = random.integers(2, 15, (50, 120))
    world = World.of(demand, lead_times=lead_times, start=Start(on_hand=np.full(50, 4.0)))
    trace = _bound(world)
    earliest = (np.arange(120) + lead_times).min(axis=1)
    after = np.arange(120) >= earliest[:, None]
    assert not trace.short[after].any()
    assert trace.short[~after].any()


def test_foresight_needs_less_stock_than_a_base_stock_that_loses_more() -> None:
    random = np.random.default_rng(5)
    demand = random.poisson(2.0, (40, 200)).astype(np.float64)
    world = World.of(demand, lead_times=random.integers(3, 8, (40, 200)))
    ours, best = simulate(world, BaseStock(18.0)).totals, perfect_foresight(world).totals
    assert best.lost.sum() < ours.lost.sum()
    assert best.stock.sum() < ours.stock.sum()


def test_one_plan_serves_replays_in_blocks_of_any_size() -> None:
    demand = np.random.default_rng(6).poisson(1.0, (7, 30)).astype(np.float64)
    world = World.of(demand, lead_times=3)
    policy = PerfectForesight(world)
    sizes = [simulate(world, policy, block_size=size).totals.stock for size in (None, 2, 3, 7)]
    for stock in sizes[1:]:
        np.testing.assert_array_equal(stock, sizes[0])


def test_a_replay_of_no_period_has_no_orders() -> None:
    world = World.of(np.ones((2, 5)), lead_times=1, begins=5)
    trace = perfect_foresight(world, keep_trace=True).trace
    assert trace is not None
    assert trace.ordered.shape == (2, 0)
    with pytest.raises(ValueError, match="scored_from: expected a period of 5…5, found 3"):
        perfect_foresight(world, scored_from=3)
