from __future__ import annotations

import numpy as np
import pytest

from stockalert.one_item import OneItem
from stockalert.one_item.quantity import TAIL, best_quantity, shortages
from stockalert.one_item.supply import Supply


def test_before_any_arrival_the_promise_is_likeliest_and_nothing_is_certain() -> None:
    chances = Supply(3, deliveries_first=True).lead_times()
    assert chances.sum() == pytest.approx(1.0)
    assert chances.argmax() == 3
    assert 0.9 < chances[3] < 1.0
    assert chances[-1] > 0.0


@pytest.mark.parametrize("deliveries_first", [True, False])
def test_lead_times_are_learned_from_arrivals_that_overtake_each_other(
    deliveries_first: bool,
) -> None:
    supply, rng = Supply(2, deliveries_first=deliveries_first), np.random.default_rng(1)
    due: dict[int, float] = {}
    for week in range(200):
        came = due.pop(week if deliveries_first else week - 1, 0.0)
        if week:
            supply.pass_period(came, sum(due.values()))
        units = float(rng.integers(10, 10_000))
        supply.place(units)
        lead = int(rng.choice([1, 3]))
        due[week + lead] = due.get(week + lead, 0.0) + units
    chances = supply.lead_times()
    assert chances[[1, 3]] == pytest.approx([0.5, 0.5], abs=0.1)


def test_an_overdue_order_is_written_off_little_by_little() -> None:
    supply = Supply(2, deliveries_first=True)
    supply.place(50.0)
    never = []
    for _ in range(8):
        supply.pass_period(0.0, 50.0)
        never.append(supply.open_orders()[1][0, -1])
    assert (np.diff(never) >= 0.0).all()
    assert never[0] < 0.1
    assert never[-1] > 0.85


def test_an_order_that_disappears_from_what_is_on_order_is_lost_at_once() -> None:
    supply = Supply(2, deliveries_first=True)
    supply.place(50.0)
    supply.pass_period(0.0, 50.0)
    supply.place(30.0)
    before = supply.lead_times()[-1]
    supply.pass_period(0.0, 50.0)
    assert supply.open_orders()[0].tolist() == [50.0]
    assert supply.lead_times()[-1] > before


def test_a_late_shop_gets_its_replacement_ordered() -> None:
    def ordered(arrived: bool) -> float:
        shop = OneItem([20.0] * 5, lead_time=2, profit=9.0, holding_cost=1.0)
        shop.order(60.0, 0.0)
        open_units, shelf = 0.0, 60.0
        for week in range(6):
            came = 20.0 if arrived and week >= 2 else 0.0
            shelf = max(shelf - 20.0, 0.0) + came
            last = shop.order(shelf, open_units, last_demand=20.0, arrivals=came)
            open_units += last - came
        return last

    assert ordered(arrived=False) > 0.0


def test_deliveries_that_match_no_order_are_taken_from_the_oldest() -> None:
    supply = Supply(2, deliveries_first=True)
    supply.place(50.0)
    supply.pass_period(0.0, 50.0)
    supply.place(40.0)
    supply.pass_period(20.0, 70.0)
    assert supply.open_orders()[0].tolist() == [30.0, 40.0]


def test_units_that_others_ordered_count_as_on_order() -> None:
    supply = Supply(2, deliveries_first=True)
    supply.pass_period(0.0, 25.0)
    assert supply.open_orders()[0].tolist() == [25.0]


def test_the_best_quantity_is_that_of_a_search_over_all_quantities() -> None:
    rng = np.random.default_rng(4)
    demand = rng.integers(0, 30, (40, 5 + TAIL)).astype(float)
    arrivals = rng.integers(0, 2, demand.shape) * 20.0
    start = rng.integers(0, 3, 40)
    end = start + rng.integers(0, 3, 40)
    short = shortages(demand, arrivals, 12.0)

    def reward(quantity: float) -> float:
        total = 0.0
        for row in range(40):
            if end[row] <= start[row]:
                continue
            extra = quantity
            for period in range(start[row], end[row] + TAIL):
                sold = min(extra, short[row, period])
                extra -= sold
                total += 3.0 * sold * (period < end[row])
                total -= 1.0 * extra
        return total

    best = best_quantity(short, start, end, profit=3.0, holding_cost=1.0)
    assert reward(best) == pytest.approx(max(reward(q) for q in range(120)))


def test_shortages_are_those_of_a_slow_loop() -> None:
    rng = np.random.default_rng(5)
    demand, arrivals = rng.integers(0, 9, (2, 6, 4)).astype(float)
    for row, short in enumerate(shortages(demand, arrivals, 5.0)):
        shelf = 5.0
        for period in range(4):
            shelf += arrivals[row, period]
            assert short[period] == max(demand[row, period] - shelf, 0.0)
            shelf = max(shelf - demand[row, period], 0.0)
