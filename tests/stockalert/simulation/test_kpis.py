"""KPIs, worked out by hand for a week of a small shop."""

from __future__ import annotations

import numpy as np
import pytest

from stockalert.simulation import Costs, OrderRules, Outcome, Start, World, kpis, simulate

TEA = [2.0, 0.0, 4.0, 3.0, 1.0, 0.0]
JAM = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
COSTS = Costs(
    unit_price=np.array([10.0, 4.0]),
    unit_cost=np.array([6.0, 3.0]),
    holding=0.1,
    obsolescence=0.01,
    ordering=5.0,
    shortage=4.0,
    backorder=0.5,
)


def _week(unmet: str = "lost", scored_from: int | None = None) -> Outcome:
    """Tea: 3 on hand, 4 ordered on the first night and 2 on the third, both a day under way."""
    orders = {0: [4.0, 0.0], 2: [2.0, 0.0]}
    world = World.of(
        np.array([TEA, JAM]),
        lead_times=1,
        start=Start(on_hand=np.array([3.0, 2.0])),
        rules=OrderRules(shelf_life=np.array([np.inf, 4])),
        unmet=unmet,  # type: ignore[arg-type]
    )
    return simulate(
        world, lambda at: np.array(orders.get(at.period, [0.0, 0.0])), scored_from=scored_from
    )


# tea, on hand at close: 1, 5, 1, 0 (3 of 3 served), 0 (1 lost), 0 · jam: 2, 2, 2, 0 (2 written off)


def test_every_figure_of_a_week_by_hand() -> None:
    result = kpis(_week().totals, COSTS)
    tea = {name: values[0] for name, values in vars(result).items()}
    assert tea["demanded_units"] == 10
    assert tea["lost_units"] == 1
    assert tea["lost_value"] == 10
    assert tea["stockout_rate"] == pytest.approx(0.1)
    assert tea["fill_rate"] == pytest.approx(0.9)
    assert tea["short_period_rate"] == pytest.approx(1 / 4)
    assert tea["cycle_service_level"] == pytest.approx(2 / 3)
    assert tea["ready_rate"] == pytest.approx(3 / 6)
    assert tea["average_stock_units"] == pytest.approx(7 / 6)
    assert tea["average_stock_value"] == pytest.approx(7)
    assert tea["turnover"] == pytest.approx(9 * 365 / 7)
    assert (tea["orders"], tea["ordered_units"], tea["written_off_units"]) == (2, 6, 0)
    assert tea["holding_cost"] == pytest.approx(0.7)
    assert tea["ordering_cost"] == 10
    assert tea["shortage_cost"] == 4
    assert tea["obsolescence_cost"] == pytest.approx(0.07)
    assert tea["total_cost"] == pytest.approx(14.77)


def test_goods_nobody_wants_cost_what_they_are_worth_when_they_expire() -> None:
    result = kpis(_week().totals, COSTS)
    assert result.written_off_units[1] == 2
    assert result.obsolescence_cost[1] == pytest.approx(2 * 3 + 6 * 0.01)
    assert np.isnan(result.fill_rate[1])
    assert result.turnover[1] == 0
    assert result.cycle_service_level[1] == 1


def test_what_is_owed_is_not_lost_but_costs_while_it_is_owed() -> None:
    result = kpis(_week("backordered").totals, COSTS)
    assert result.lost_units[0] == 0
    assert result.stockout_rate[0] == pytest.approx(0.1)
    assert result.shortage_cost[0] == pytest.approx(4.0 + 2 * 0.5)


def test_a_class_is_the_ratio_of_its_sums_not_the_mean_of_ratios() -> None:
    totals = _week().totals
    both = kpis(totals, COSTS, groups=np.zeros(2, np.int64))
    each = kpis(totals, COSTS)
    assert both.ready_rate.tolist() == [pytest.approx(6 / 12)]
    assert both.turnover.item() == pytest.approx(9 * 365 / 13)
    assert both.fill_rate.item() == pytest.approx(0.9)
    assert both.total_cost.item() == pytest.approx(each.total_cost.sum())
    assert both.average_stock_value.item() == pytest.approx(each.average_stock_value.sum())


def test_the_warm_up_does_not_count() -> None:
    totals = _week(scored_from=3).totals
    assert totals.n_periods == 3
    assert totals.demanded.tolist() == [4, 0]
    assert totals.cycles.tolist() == [1, 1]
    result = kpis(totals, COSTS)
    assert result.fill_rate[0] == pytest.approx(3 / 4)
    assert result.turnover[0] == np.inf


def test_groups_without_series_have_no_rates() -> None:
    result = kpis(_week().totals, COSTS, groups=np.array([0, 2]))
    assert result.demanded_units.tolist() == [10, 0, 0]
    assert np.isnan(result.fill_rate[1])
    assert result.total_cost[1] == 0
