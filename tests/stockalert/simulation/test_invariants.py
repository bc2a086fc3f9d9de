"""What must hold in every world, whatever the rules."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stockalert.simulation import BaseStock, Situation, Trace, World, simulate
from tests.stockalert.simulation.slow_shop import Shop
from tests.stockalert.simulation.test_against_slow_loop import PERIODS, streets, world_of


def _by_recent_sales(situation: Situation, /) -> np.ndarray:
    """A policy that uses all it is told: sales and demand seen, stock, orders under way."""
    seen = situation.served[:, -4:].sum(axis=1) + situation.demand[:, -2:].sum(axis=1)
    waiting = situation.pipeline.by_age(5).sum(axis=1)
    return np.maximum(seen + 6.0 - situation.on_hand - waiting, 0.0)


def _traced(world: World, policy: object = _by_recent_sales) -> Trace:
    trace = simulate(world, policy, keep_trace=True).trace  # type: ignore[arg-type]
    assert trace is not None
    return trace


@settings(deadline=None, max_examples=50)
@given(streets())
def test_no_unit_appears_or_vanishes(street: list[Shop]) -> None:
    world = world_of(street)
    trace = _traced(world)
    received = world.on_hand[:, None] + trace.received.cumsum(axis=1)
    gone = (trace.served + trace.filled + trace.written_off).cumsum(axis=1)
    np.testing.assert_array_equal(received, gone + trace.on_hand)
    if world.unmet == "backordered":
        owed = world.backordered[:, None] + (trace.short - trace.filled).cumsum(axis=1)
        np.testing.assert_array_equal(owed, trace.backordered)
    for name in ("on_hand", "backordered", "short", "written_off", "ordered", "served"):
        assert (getattr(trace, name) >= 0).all(), name


@settings(deadline=None, max_examples=50)
@given(streets(), st.integers(0, PERIODS - 1), st.integers(0, 1_000))
def test_what_happens_later_changes_no_order_placed_before(
    street: list[Shop], cutoff: int, seed: int
) -> None:
    world = world_of(street)
    random = np.random.default_rng(seed)
    later = np.arange(PERIODS) > cutoff
    other = replace(
        world,
        demand=np.where(later, random.integers(0, 20, world.demand.shape), world.demand),
        lead_times=np.where(later, random.integers(0, 5, world.demand.shape), world.lead_times),
    )
    # The night that ends with the cutoff opens the period after it.
    nights = max(cutoff + 2 - world.begins, 0)
    for policy in (_by_recent_sales, BaseStock(11.0)):
        before, after = _traced(world, policy), _traced(other, policy)
        np.testing.assert_array_equal(before.ordered[:, :nights], after.ordered[:, :nights])


@settings(deadline=None, max_examples=30)
@given(streets(), st.randoms())
def test_series_in_another_order_have_the_same_fate(street: list[Shop], shuffler: object) -> None:
    shuffled = list(range(len(street)))
    shuffler.shuffle(shuffled)  # type: ignore[attr-defined]
    world = world_of(street)
    straight, mixed = _traced(world), _traced(world.take(np.array(shuffled)))
    for name in ("ordered", "received", "served", "on_hand", "written_off"):
        np.testing.assert_array_equal(getattr(straight, name)[shuffled], getattr(mixed, name))


@settings(deadline=None, max_examples=30)
@given(streets(), st.integers(1, 5))
def test_blocks_of_series_change_nothing(street: list[Shop], block_size: int) -> None:
    world = world_of(street)
    whole = simulate(world, _by_recent_sales, scored_from=5)
    parts = simulate(world, _by_recent_sales, scored_from=5, block_size=block_size)
    for name, total in vars(whole.totals).items():
        np.testing.assert_array_equal(total, getattr(parts.totals, name), err_msg=name)
    assert parts.trace is None


def test_a_policy_sees_history_up_to_the_cutoff_and_can_write_on_nothing() -> None:
    demand = np.arange(12.0).reshape(2, 6)
    met: list[int] = []

    def curious(situation: Situation, /) -> np.ndarray:
        met.append(situation.period)
        assert situation.demand.shape == (2, situation.cutoff + 1)
        np.testing.assert_array_equal(situation.demand, demand[:, : situation.period])
        for name in ("demand", "served", "on_hand", "on_order", "backordered", "review"):
            with pytest.raises(ValueError, match="read-only"):
                getattr(situation, name)[...] = 0
        return np.zeros(2)

    world = World.of(demand, lead_times=1, begins=2)
    np.testing.assert_array_equal(_traced(world, curious).demand, demand[:, 2:])
    assert met == [2, 3, 4, 5]
    assert demand.flags.writeable


def test_history_counts_as_served_and_the_replay_shows_only_what_was_sold() -> None:
    seen = {}

    def nothing(situation: Situation, /) -> np.ndarray:
        seen[situation.period] = situation.served.tolist()
        return np.zeros(1)

    _traced(World.of(np.array([[5.0, 6.0, 7.0, 8.0]]), lead_times=1, begins=2), nothing)
    assert seen == {2: [[5.0, 6.0]], 3: [[5.0, 6.0, 0.0]]}
