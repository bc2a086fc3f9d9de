"""The vectorised replay against one plain loop per series, to the last bit."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stockalert.simulation import (
    BaseStock,
    FixedQuantity,
    OrderRules,
    OrderUpTo,
    Policy,
    Start,
    Trace,
    World,
    lot_rules,
    simulate,
)
from tests.stockalert.simulation.slow_shop import NONE, Diary, Shop, run

# Quarters of units: exact in binary, so that two ways of adding agree to the last bit.
quarters = st.integers(0, 48).map(lambda n: n / 4)
PERIODS = 14


@st.composite
def shops(draw: st.DrawFn, *, backorders: bool, begins: int) -> Shop:
    """One series with any mixture of rules."""
    days = {"min_size": PERIODS, "max_size": PERIODS}
    limit = st.one_of(st.just(NONE), st.integers(1, 30).map(float))
    return Shop(
        demand=draw(st.lists(quarters, **days)),
        lead_times=draw(st.lists(st.sampled_from([0, 1, 2, 3, 6, 99]), **days)),
        review=draw(st.lists(st.booleans(), **days)),
        moq=draw(limit),
        case_pack=draw(st.sampled_from([NONE, 0.0, 2.0, 2.5, 6.0])),
        max_stock=draw(limit),
        shelf_life=draw(st.sampled_from([math.inf, 1.0, 2.0, 4.0])),
        whole=draw(st.booleans()),
        on_hand=draw(quarters),
        arrivals=draw(st.lists(quarters, min_size=3, max_size=3)),
        backordered=draw(quarters) if backorders else 0.0,
        backorders=backorders,
        begins=begins,
    )


@st.composite
def streets(draw: st.DrawFn) -> list[Shop]:
    """Several shops that share what a world has in common."""
    backorders, begins = draw(st.booleans()), draw(st.integers(0, 3))
    return draw(st.lists(shops(backorders=backorders, begins=begins), min_size=1, max_size=4))


def world_of(street: list[Shop], dtype: type[np.floating[Any]] = np.float64) -> World:
    """The same shops as one world."""

    def each(name: str) -> np.ndarray:
        return np.array([getattr(shop, name) for shop in street])

    first = street[0]
    rules = OrderRules(
        lots=lot_rules(
            len(street),
            moq=each("moq"),
            case_pack=each("case_pack"),
            max_stock=each("max_stock"),
            whole=each("whole"),
        ),
        review=each("review"),
        shelf_life=each("shelf_life"),
    )
    start = Start(
        on_hand=each("on_hand"),
        arrivals=each("arrivals") if len(first.arrivals) else None,
        backordered=each("backordered") if first.backorders else None,
    )
    return World.of(
        each("demand").astype(dtype),
        lead_times=each("lead_times"),
        rules=rules,
        start=start,
        unmet="backordered" if first.backorders else "lost",
        begins=first.begins,
    )


def _same(trace: Trace, diaries: list[Diary]) -> None:
    for name in vars(diaries[0]):
        expected = np.array([getattr(diary, name) for diary in diaries])
        np.testing.assert_array_equal(getattr(trace, name), expected, err_msg=name)


levels = st.lists(st.integers(0, 40).map(float), min_size=4, max_size=4).map(np.array)


@settings(deadline=None, max_examples=30)
@given(streets(), levels, st.sampled_from([np.float32, np.float64]), st.sampled_from([None, 1, 3]))
def test_base_stock_replays_as_the_plain_loop_does(
    street: list[Shop], level: np.ndarray, dtype: type, block_size: int | None
) -> None:
    world = world_of(street, dtype)
    policy = BaseStock(level[: len(street)])
    trace = simulate(world, policy, block_size=block_size, keep_trace=True).trace
    diaries = [
        run(shop, lambda _, at, s=s: max(s - at, 0.0))
        for shop, s in zip(street, level, strict=False)
    ]
    assert trace is not None
    _same(trace, diaries)


@settings(deadline=None, max_examples=50)
@given(streets(), levels, st.integers(1, 9).map(float), st.booleans())
def test_reorder_point_policies_replay_as_the_plain_loop_does(
    street: list[Shop], level: np.ndarray, lot: float, fixed: bool
) -> None:
    points = level[: len(street)]
    policy: Policy = FixedQuantity(points, lot) if fixed else OrderUpTo(points, points + lot)
    trace = simulate(world_of(street), policy, keep_trace=True).trace

    def ask(s: float, at: float) -> float:
        if at > s:
            return 0.0
        lots = 1
        while at + lots * lot <= s:
            lots += 1
        return lots * lot if fixed else s + lot - at

    diaries = [
        run(shop, lambda _, at, s=s: ask(s, at)) for shop, s in zip(street, points, strict=True)
    ]
    assert trace is not None
    _same(trace, diaries)


@settings(deadline=None, max_examples=30)
@given(streets(), st.lists(levels, min_size=3, max_size=3))
def test_weekly_thresholds_are_in_force_from_their_own_period_on(
    street: list[Shop], weekly: list[np.ndarray]
) -> None:
    table, since = np.array(weekly).T[: len(street)], [0, 6, 9]
    trace = simulate(world_of(street), BaseStock(table, np.array(since)), keep_trace=True).trace

    def level(row: int, period: int) -> float:
        return float(table[row, 0 if period < 6 else 1 if period < 9 else 2])

    diaries = [
        run(shop, lambda t, at, row=row: max(level(row, t) - at, 0.0))
        for row, shop in enumerate(street)
    ]
    assert trace is not None
    _same(trace, diaries)
