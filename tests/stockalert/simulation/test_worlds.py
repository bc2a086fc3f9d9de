"""Worlds, what they refuse, and what a policy may know of its orders."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from stockalert.lead_time import from_moments
from stockalert.simulation import (
    BaseStock,
    OrderRules,
    OrderUpTo,
    Situation,
    Start,
    Trace,
    World,
    draw_lead_times,
    lot_rules,
    review_every,
    simulate,
)

DEMAND = np.full((2, 8), 3.0)


def _trace(world: World, policy: Any) -> Trace:
    trace = simulate(world, policy, keep_trace=True).trace
    assert trace is not None
    return trace


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"demand": -DEMAND}, "demand: expected units ≥ 0, found -3.0 in series 0"),
        ({"demand": DEMAND * np.nan}, "demand: expected units ≥ 0, found nan in series 0"),
        ({"lead_times": [1, -2]}, "lead_times: expected whole periods ≥ 0, found -2 in series 1"),
        ({"lead_times": 1.5}, "lead_times: expected whole periods ≥ 0, found 1.5 in series 0"),
        ({"lead_times": [1, 2, 3]}, r"lead_times: expected the shape \(2, 8\), found \(3,\)"),
        ({"lead_times": np.nan}, "lead_times: expected whole periods ≥ 0, found nan"),
        ({"begins": 9}, "begins: expected a period of 0…8, found 9"),
        (
            {"start": Start(on_hand=np.array([0.0, -3.0]))},
            "start.on_hand: expected units ≥ 0, found -3.0 in series 1",
        ),
        (
            {"start": Start(arrivals=np.zeros((3, 1)))},
            r"start.arrivals: expected the shape \(2, 1\), found \(3, 1\)",
        ),
        ({"start": Start(backordered=np.ones(2))}, "nothing is owed where unmet demand is lost"),
        ({"rules": OrderRules(shelf_life=0)}, "shelf_life: expected whole periods ≥ 1, found 0.0"),
        (
            {"rules": OrderRules(review=np.ones((2, 3), bool))},
            r"rules.review: expected the shape \(2, 8\) or \(1, 8\), found \(2, 3\)",
        ),
    ],
)
def test_a_broken_world_is_refused_with_what_was_expected_found_and_where(
    changed: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        World.of(**({"demand": DEMAND, "lead_times": 2} | changed))


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (np.array([1.0, -2.0]), "expected units ≥ 0, found -2.0 for series 1"),
        (np.array([np.nan, 0.0]), "expected units ≥ 0, found nan for series 0"),
        (np.array([1.0]), r"expected the shape \(2,\), found \(1,\)"),
    ],
)
def test_an_answer_that_is_no_order_is_refused(answer: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=f"answer before period 0: {message}"):
        simulate(World.of(DEMAND, lead_times=1), lambda _: answer)


def test_an_order_at_the_end_of_week_x_with_lead_time_2_sells_from_week_x_plus_3() -> None:
    weeks = 8
    end_of_week_2 = 3  # the night before week 3
    orders = np.zeros(weeks)
    orders[end_of_week_2] = 9.0
    world = World.of(np.ones((1, weeks)), lead_times=2)
    trace = _trace(world, lambda at: orders[[at.period]])
    assert trace.received[0].tolist() == [0, 0, 0, 0, 0, 9, 0, 0]
    assert trace.served[0].tolist() == [0, 0, 0, 0, 0, 1, 1, 1]


def test_one_decision_covers_lead_time_plus_review() -> None:
    lead_time, review = 3, 2
    rules = OrderRules(review=review_every(review, 8))
    enough = 3.0 * (lead_time + review)
    levels = np.array([enough, enough - 1.0])
    world = World.of(DEMAND, lead_times=lead_time, rules=rules, start=Start(on_hand=levels))
    trace = _trace(world, BaseStock(levels))
    assert trace.short.tolist() == [[0.0] * 8, [0.0] * 4 + [1.0] + [0.0] * 3]


def test_series_order_only_in_their_own_review_nights() -> None:
    rules = OrderRules(review=review_every(np.array([2, 3]), 8, first=np.array([1, 0])))
    trace = _trace(World.of(DEMAND, lead_times=0, rules=rules), BaseStock(20.0))
    assert (np.flatnonzero(trace.ordered[0]) % 2 == 1).all()
    assert np.flatnonzero(trace.ordered[1]).tolist() == [0, 3, 6]


def test_orders_may_cross_and_may_never_come() -> None:
    lead_times = np.array([[5, 1, 1, 1, np.inf, 0, 0, 0]])
    trace = _trace(World.of(DEMAND[:1], lead_times=lead_times), lambda at: np.array([1.0]))
    assert trace.received[0].tolist() == [0, 0, 1, 1, 1, 2, 1, 1]


def test_a_lead_time_beyond_the_last_period_delivers_nothing_and_stays_on_order() -> None:
    waiting: list[float] = []

    def impatient(situation: Situation, /) -> np.ndarray:
        waiting.append(situation.on_order.item())
        return np.array([1.0])

    trace = _trace(World.of(DEMAND[:1], lead_times=400), impatient)
    assert not trace.received.any()
    assert waiting == [0, 1, 2, 3, 4, 5, 6, 7]


def test_promised_arrivals_are_the_receipts_that_follow_when_lead_times_are_fixed() -> None:
    demand = np.random.default_rng(1).poisson(4.0, (3, 20)).astype(np.float64)
    start = Start(on_hand=np.full(3, 9.0), arrivals=np.array([[4.0, 2.0, 0.0, 1.0]] * 3))
    told: dict[int, np.ndarray] = {}

    def telling(situation: Situation, /) -> np.ndarray:
        told[situation.period] = situation.pipeline.arrivals(4)
        return BaseStock(25.0)(situation)

    trace = _trace(World.of(demand, lead_times=[2, 3, 4], start=start, begins=5), telling)
    for period, arrivals in told.items():
        night = period - 5
        after = trace.received[:, night : night + 4].copy()
        # What is ordered in this night or later may arrive within the window as well.
        for row, lead_time in enumerate([2, 3, 4]):
            after[row, lead_time:] = 0.0
            arrivals[row, lead_time:] = 0.0
        np.testing.assert_array_equal(arrivals[:, : after.shape[1]], after)


def test_a_late_order_is_expected_at_once_and_its_age_is_known() -> None:
    told: list[tuple[list[float], list[float]]] = []

    def once(situation: Situation, /) -> np.ndarray:
        pipeline = situation.pipeline
        told.append((pipeline.arrivals(3)[0].tolist(), pipeline.by_age(3)[0].tolist()))
        return np.array([7.0 if situation.period == 0 else 0.0])

    lead_times = np.full((1, 6), 4)
    _trace(World.of(DEMAND[:1, :6], lead_times=lead_times, promised=2), once)
    assert told == [
        ([0, 0, 0], [0, 0, 0]),
        ([0, 7, 0], [7, 0, 0]),
        ([7, 0, 0], [0, 7, 0]),
        ([7, 0, 0], [0, 0, 7]),
        ([7, 0, 0], [0, 0, 0]),
        ([0, 0, 0], [0, 0, 0]),
    ]


def test_random_lead_times_without_a_promise_tell_no_arrivals() -> None:
    world = World.of(DEMAND, lead_times=np.ones((2, 8)))
    with pytest.raises(ValueError, match="expected a promised lead time"):
        simulate(world, lambda at: at.pipeline.arrivals(2)[:, 0])


def test_moq_packs_and_maximum_stock_hold_for_a_policy_that_knows_nothing_of_them() -> None:
    rules = OrderRules(lots=lot_rules(2, moq=10.0, case_pack=6.0, max_stock=[100.0, 11.0]))
    trace = _trace(World.of(DEMAND, lead_times=0, rules=rules), lambda at: np.array([1.0, 1.0]))
    assert trace.ordered[0].tolist() == [12.0] * 8
    assert not trace.ordered[1].any()


def test_milk_is_sold_oldest_first_and_poured_away_after_its_last_day() -> None:
    demand = np.array([[2.0, 2.0, 1.0, 5.0]])
    world = World.of(demand, lead_times=0, rules=OrderRules(shelf_life=2))
    trace = _trace(world, lambda at: np.array([[5.0, 2.0, 0.0, 0.0][at.period]]))
    assert trace.written_off[0].tolist() == [0, 1, 1, 0]
    assert trace.served[0].tolist() == [2, 2, 1, 0]


def test_thresholds_before_their_first_day_are_an_error() -> None:
    table = OrderUpTo(np.ones((2, 2)), np.full((2, 2), 5.0), since=np.array([3, 5]))
    with pytest.raises(ValueError, match="no threshold is in force in period 0"):
        simulate(World.of(DEMAND, lead_times=1), table)


def test_drawn_lead_times_keep_mean_and_deviation_and_do_not_depend_on_the_policy() -> None:
    learned = from_moments(np.array([8.02, 14.0]), np.array([3.46, 0.0]))
    draws = draw_lead_times(learned, 40_000, seed=3)
    assert draws[0].mean() == pytest.approx(8.02, abs=4 * 3.5 / 200)
    assert 3.46**2 <= draws[0].var() * 1.02 <= 3.46**2 + 0.75
    assert set(draws[1]) == {14}
    np.testing.assert_array_equal(draws, draw_lead_times(learned, 40_000, seed=3))
    assert (draws != draw_lead_times(learned, 40_000, seed=4)).any()
