"""The replay against published results and exact formulas of inventory theory.

Tolerances are four standard errors of the simulated mean, estimated between independent series.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import norm, poisson

from stockalert.simulation import (
    BaseStock,
    Costs,
    FixedQuantity,
    Kpis,
    OrderRules,
    Policy,
    Start,
    Totals,
    World,
    kpis,
    lot_rules,
    review_every,
    simulate,
)

ANY_QUANTITY = 300_000


def _within_error(simulated: np.ndarray, exact: float) -> None:
    error = float(np.std(simulated) / math.sqrt(len(simulated)))
    assert error < 0.02 * max(exact, 0.05), "the test would accept anything"
    assert np.mean(simulated) == pytest.approx(exact, abs=4 * error)


# Snyder & Shen, Fundamentals of Supply Chain Theory, example 4.3: newspapers at 0.18 a copy left
# over and 0.70 a copy short, demand N(50, 8²): S* = 56.6040 at a cost of 1.9976.


def _newspapers() -> np.ndarray:
    return np.random.default_rng(43).normal(50.0, 8.0, (ANY_QUANTITY, 1)).clip(0.0)


def _cost_of_a_morning(level: float) -> np.ndarray:
    rules = OrderRules(lots=lot_rules(ANY_QUANTITY, whole=False))
    world = World.of(_newspapers(), lead_times=0, rules=rules)
    totals = simulate(world, BaseStock(level)).totals
    return kpis(totals, Costs(holding=0.18, shortage=0.70)).total_cost


def test_the_newsvendor_of_snyder_and_shen_pays_what_the_book_says() -> None:
    _within_error(_cost_of_a_morning(56.6040), 1.9976)


def test_no_other_level_than_the_books_is_cheaper() -> None:
    costs = {level: _cost_of_a_morning(level).mean() for level in (55.6, 56.6040, 57.6)}
    assert min(costs, key=costs.__getitem__) == 56.6040


def test_papers_of_yesterday_cost_the_same_as_papers_left_over() -> None:
    demand = _newspapers().reshape(-1, 100)
    rules = OrderRules(lots=lot_rules(len(demand), whole=False), shelf_life=1)
    totals = simulate(World.of(demand, lead_times=0, rules=rules), BaseStock(56.6040)).totals
    costs = kpis(totals, Costs(write_off=0.18, shortage=0.70))
    _within_error(costs.total_cost / 100, 1.9976)
    np.testing.assert_array_equal(totals.stock, 0.0)
    np.testing.assert_array_equal(totals.ready_periods, 0)


# (r, nQ) with demand in whole units: the position after a night's order is uniform on r + 1 … r + Q
# (Zipkin, Foundations of Inventory Management, ch. 6), and stock less debt at the close of the
# period in which that order arrives is this position less demand of L + 1 periods.


def _exact_rq(rate: float, lead_time: int, point: int, lot: int) -> dict[str, float]:
    positions = np.arange(point + 1, point + lot + 1)
    demand = np.arange(400)
    chance = poisson.pmf(demand, rate * (lead_time + 1))
    level = positions[:, None] - demand
    tonight = poisson.pmf(demand, rate)
    return {
        "stock": float((chance * level.clip(0)).sum() / lot),
        "owed": float((chance * (-level).clip(0)).sum() / lot),
        "orders": float((tonight * (positions[:, None] - demand <= point)).sum() / lot),
    }


@pytest.mark.parametrize(
    ("rate", "lead_time", "point", "lot"), [(3.0, 4, 14, 10), (0.4, 9, 4, 3), (8.0, 0, 6, 25)]
)
def test_reorder_point_with_fixed_lots_costs_what_the_exact_formula_says(
    rate: float, lead_time: int, point: int, lot: int
) -> None:
    demand = np.random.default_rng(11).poisson(rate, (1_500, 460)).astype(np.float32)
    start = Start(on_hand=np.full(len(demand), float(point + lot)))
    world = World.of(demand, lead_times=lead_time, start=start, unmet="backordered")
    totals = simulate(world, FixedQuantity(point, lot), scored_from=60).totals
    costs = Costs(holding=0.2, backorder=1.5, ordering=4.0)
    exact = _exact_rq(rate, lead_time, point, lot)
    _within_error(totals.stock / 400, exact["stock"])
    _within_error(totals.orders / 400, exact["orders"])
    whole = 0.2 * exact["stock"] + 1.5 * exact["owed"] + 4.0 * exact["orders"]
    _within_error(kpis(totals, costs).total_cost / 400, whole)


# Base stock at every R-th night: with X(n) demand of n periods, the period that closes n periods
# after the order found S − X(n − 1) on the shelf; n runs over L + 1 … L + R.


def _short_of(level: float, rate: float, periods: float) -> float:
    demand = np.arange(1_000)
    return float((poisson.pmf(demand, rate * periods) * (demand - level).clip(0)).sum())


@pytest.mark.parametrize(
    ("rate", "lead_time", "review", "level"), [(2.0, 3, 7, 24), (2.0, 0, 1, 3), (0.5, 12, 5, 11)]
)
def test_base_stock_serves_what_the_exact_formula_says(
    rate: float, lead_time: int, review: int, level: int
) -> None:
    periods, warm = 40 * review, 10 * review + lead_time
    demand = np.random.default_rng(12).poisson(rate, (1_500, periods + warm)).astype(np.float64)
    world = World.of(
        demand,
        lead_times=lead_time,
        rules=OrderRules(review=review_every(review, periods + warm)),
        start=Start(on_hand=np.full(len(demand), float(level))),
        unmet="backordered",
    )
    result = kpis(simulate(world, BaseStock(level), scored_from=warm).totals)
    short = _short_of(level, rate, lead_time + review) - _short_of(level, rate, lead_time)
    _within_error(1.0 - result.fill_rate, short / (rate * review))
    at = rate * (lead_time + 1 + np.arange(review))
    _within_error(result.ready_rate, float(poisson.cdf(level - 1, at).mean()))


def test_the_cycle_service_of_weekly_orders_is_the_quantile_they_cover() -> None:
    demand = np.random.default_rng(15).poisson(2.0, (1_500, 390)).astype(np.float64)
    world = World.of(
        demand,
        lead_times=3,
        rules=OrderRules(review=review_every(7, 390)),
        start=Start(on_hand=np.full(len(demand), 24.0)),
        unmet="backordered",
    )
    result = kpis(simulate(world, BaseStock(24.0), scored_from=3 + 35).totals)
    _within_error(result.cycle_service_level, float(poisson.cdf(24, 2.0 * 10)))


def test_a_day_without_demand_brings_no_goods_and_ends_no_cycle() -> None:
    demand = np.random.default_rng(16).poisson(2.0, (1_500, 400)).astype(np.float64)
    start = Start(on_hand=np.full(len(demand), 3.0))
    result = kpis(simulate(World.of(demand, lead_times=0, start=start), BaseStock(3.0)).totals)
    # One day with demand ends each cycle: P(D ≤ 3 | D > 0).
    _within_error(result.cycle_service_level, 1 - poisson.sf(3, 2.0) / poisson.sf(0, 2.0))


def test_normal_demand_with_backorders_fills_what_the_loss_function_says() -> None:
    rate, sd, lead_time, level = 20.0, 5.0, 2, 64.0
    demand = np.random.default_rng(13).normal(rate, sd, (2_000, 200))
    rules = OrderRules(lots=lot_rules(len(demand), whole=False))
    start = Start(on_hand=np.full(len(demand), level))
    world = World.of(
        demand.clip(0), lead_times=lead_time, rules=rules, start=start, unmet="backordered"
    )
    result = kpis(simulate(world, BaseStock(level), scored_from=20).totals)

    def loss(periods: int) -> float:
        spread = sd * math.sqrt(periods)
        z = (level - rate * periods) / spread
        return float(spread * (norm.pdf(z) - z * norm.sf(z)))

    _within_error(1.0 - result.fill_rate, (loss(lead_time + 1) - loss(lead_time)) / rate)


# Lost sales: no formula, but with whole units a Markov chain on (stock sellable, next arrival).
# Zipkin (2008), Old and new methods for lost-sales inventory systems, Operations Research 56:
# Poisson demand of mean 5, holding 1, lost sale 4, lead time 2: the best base stock costs 4.64.


def _lost_sales_cost(level: int) -> float:
    """Exact cost per period of base stock with lead time 2, by the chain's stationary law."""
    states = [(on, nxt) for on in range(level + 1) for nxt in range(level + 1 - on)]
    number = {state: i for i, state in enumerate(states)}
    demand = np.arange(60)
    chance = poisson.pmf(demand, 5.0)
    moves, cost = np.zeros((len(states), len(states))), np.zeros(len(states))
    for (on, nxt), row in number.items():
        order = level - on - nxt
        left = np.maximum(on - demand, 0)
        cost[row] = (chance * (left + 4.0 * np.maximum(demand - on, 0))).sum()
        for units, p in zip(left, chance, strict=True):
            moves[row, number[units + nxt, order]] += p
    equations = np.vstack([moves.T - np.eye(len(states)), np.ones(len(states))])
    law = np.linalg.lstsq(equations, np.append(np.zeros(len(states)), 1.0), rcond=None)[0]
    return float(law @ cost)


def _replayed_lost_sales(level: int) -> tuple[Kpis, Totals]:
    demand = np.random.default_rng(14).poisson(5.0, (1_000, 430)).astype(np.float64)
    start = Start(on_hand=np.full(len(demand), float(level)))
    policy: Policy = BaseStock(float(level))
    totals = simulate(World.of(demand, lead_times=2, start=start), policy, scored_from=30).totals
    return kpis(totals, Costs(holding=1.0, shortage=4.0)), totals


def test_base_stock_with_lost_sales_costs_what_the_markov_chain_and_zipkin_say() -> None:
    costs = {level: _lost_sales_cost(level) for level in range(13, 19)}
    best = min(costs, key=costs.__getitem__)
    assert costs[best] == pytest.approx(4.64, abs=0.005)
    _within_error(_replayed_lost_sales(best)[0].total_cost / 400, costs[best])
    _within_error(_replayed_lost_sales(13)[0].total_cost / 400, costs[13])
