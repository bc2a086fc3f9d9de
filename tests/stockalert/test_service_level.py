from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from stockalert.service_level import (
    ServiceLevels,
    cost_levels,
    critical_ratio,
    cycle_days,
    fill_rate_levels,
    holding_cost_per_day,
    overage_cost,
    shortage_cost,
    target_levels,
)

NONE = np.array([np.nan])
money = st.floats(0.01, 1000)


def _levels(shortage: float, overage: float) -> ServiceLevels:
    target = target_levels(NONE, default=0.95)
    return cost_levels(
        np.array([shortage]), np.array([overage]), floor=0.8, cap=0.995, target=target
    )


def test_the_newsstand_example_of_snyder_and_shen() -> None:
    ratio = critical_ratio(np.array([0.70]), np.array([0.18])).item()
    assert ratio == pytest.approx(0.79545, abs=1e-5)
    assert stats.norm(50, 8).ppf(ratio) == pytest.approx(56.6040, abs=1e-4)


def test_weekly_review_with_holding_a_fifth_of_the_shortage_cost_covers_five_sixths() -> None:
    cycle = cycle_days(np.array([7.0]), np.array([0.0]), np.array([3.0]))
    overage = overage_cost(np.array([0.2 / 7]), np.array([1.0]), NONE, cycle)
    levels = _levels(1.0, overage.item())
    assert levels.level.item() == pytest.approx(1 / 1.2)
    assert levels.source.tolist() == ["cost"]


@pytest.mark.parametrize(
    ("shortage", "overage", "level", "source"),
    [
        (1.0, 9.0, 0.8, "floor"),
        (-4.0, 1.0, 0.8, "floor"),
        (1.0, 0.0, 0.995, "cap"),
        (1.0, 0.001, 0.995, "cap"),
        (9.0, 1.0, 0.9, "cost"),
        (np.nan, 1.0, 0.95, "settings"),
        (1.0, np.nan, 0.95, "settings"),
        (1.0, -2.0, 0.95, "settings"),
        (0.0, 0.0, 0.95, "settings"),
    ],
)
def test_each_level_says_where_it_comes_from(
    shortage: float, overage: float, level: float, source: str
) -> None:
    levels = _levels(shortage, overage)
    assert levels.level.item() == pytest.approx(level)
    assert levels.source.tolist() == [source]


@settings(deadline=None)
@given(money, money, money, st.floats(0, 5), st.floats(1, 100))
def test_margin_raises_the_level_and_storage_and_obsolescence_lower_it(
    price: float, cost: float, holding: float, obsolescence: float, more: float
) -> None:
    def level(price: float, holding: float, obsolescence: float) -> float:
        shortage = shortage_cost(np.array([price]), np.array([cost]), NONE)
        overage = overage_cost([holding], [cost], [obsolescence], [7.0])
        return critical_ratio(shortage, overage).item()

    base = level(price, holding, obsolescence)
    assert level(price + more, holding, obsolescence) >= base
    assert level(price, holding + more, obsolescence) <= base
    assert level(price, holding, obsolescence + more) <= base


def test_the_products_own_target_goes_before_the_settings() -> None:
    levels = target_levels(np.array([0.9, np.nan, 1.0, 0.0, 1.5]), default=0.95)
    assert levels.level.tolist() == [0.9, 0.95, 1.0, 0.95, 0.95]
    assert levels.source.tolist() == ["product", "settings", "product", "settings", "settings"]


def test_declared_costs_go_before_derived_ones() -> None:
    assert shortage_cost([10.0], [4.0], [2.0], goodwill_share=0.5).tolist() == [2.0]
    assert shortage_cost([10.0], [4.0], [np.nan], goodwill_share=0.5).tolist() == [11.0]
    assert holding_cost_per_day([36.5], [0.2], [0.5]).tolist() == [0.5]
    assert holding_cost_per_day([36.5], [0.2], [np.nan]).tolist() == pytest.approx([0.02])


def test_an_unknown_or_negative_rate_leaves_the_holding_cost_unknown() -> None:
    assert np.isnan(holding_cost_per_day([36.5, 36.5], [np.nan, -0.1], [np.nan, np.nan])).all()


def test_a_large_lot_of_a_slow_item_is_held_longer_than_the_review() -> None:
    assert cycle_days([7.0], [90.0], [1.0]).tolist() == [90.0]


def _gamma(shape: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    levels = np.append(np.arange(1, 200) / 200, 0.999)
    return stats.gamma(shape[:, None], scale=4.0).ppf(levels[None, :]), levels


def test_a_fill_rate_is_reached_by_the_lowest_level_that_reaches_it() -> None:
    """Against the gamma's own loss integral, and a look one step lower."""
    shape, wanted, lot = np.array([1.0, 3.0, 20.0]), np.array([0.95, 0.99, 0.98]), np.full(3, 30.0)
    values, levels = _gamma(shape)
    target = target_levels(wanted, default=0.9)
    found = fill_rate_levels(values, levels, lot, target=target, floor=0.01, cap=0.999)
    assert found.source.tolist() == ["fill_rate"] * 3
    for row in range(3):
        demand = stats.gamma(shape[row], scale=4.0)
        point = demand.ppf(found.level[row])
        beyond = demand.mean() * stats.gamma(shape[row] + 1, scale=4.0).sf(point)
        missing = beyond - point * demand.sf(point)
        assert 1 - missing / lot[row] == pytest.approx(wanted[row], abs=0.001)


def test_normal_demand_agrees_with_the_loss_function_of_the_textbooks() -> None:
    """G(k) = Q (1 − fill rate) ÷ σ, with G the unit normal loss, solved for k on its own."""
    levels = np.arange(1, 2000) / 2000
    values = stats.norm(100, 16).ppf(levels)[None, :]
    target = ServiceLevels(np.array([0.99]), np.array(["settings"]))
    found = fill_rate_levels(
        values, levels, np.array([200.0]), target=target, floor=0.5, cap=0.9999
    )
    k = optimize.brentq(lambda k: stats.norm.pdf(k) - k * stats.norm.sf(k) - 200 * 0.01 / 16, -3, 3)
    assert stats.norm.ppf(found.level.item()) == pytest.approx(k, abs=0.005)


def test_larger_orders_need_a_lower_level_for_the_same_fill_rate() -> None:
    values, levels = _gamma(np.full(3, 2.0))
    target = target_levels(np.full(3, np.nan), default=0.95)
    lots = np.array([5.0, 20.0, 80.0])
    found = fill_rate_levels(values, levels, lots, target=target, floor=0.01, cap=0.999)
    assert (np.diff(found.level) < 0).all()


def test_a_fill_rate_is_held_between_floor_and_cap() -> None:
    values, levels = _gamma(np.full(3, 2.0))
    target = target_levels(np.array([0.5, 0.9999, 1.0]), default=0.95)
    found = fill_rate_levels(values, levels, np.full(3, 50.0), target=target, floor=0.8, cap=0.95)
    assert found.level.tolist() == [0.8, 0.95, 0.95]
    assert found.source.tolist() == ["floor", "cap", "cap"]


def test_what_nobody_wants_needs_no_more_than_the_floor() -> None:
    target = target_levels(NONE, default=0.95)
    nothing = np.zeros((1, 3))
    found = fill_rate_levels(
        nothing, np.array([0.5, 0.8, 0.9]), np.zeros(1), target=target, floor=0.8, cap=0.99
    )
    assert (found.level.item(), found.source.item()) == (0.8, "floor")


def test_every_series_may_have_its_own_floor_and_cap() -> None:
    target = target_levels(np.full(2, np.nan), default=0.95)
    levels = cost_levels(
        *(np.ones(2), np.array([9.0, 0.001])),
        floor=np.array([0.6, 0.9]),
        cap=np.array([0.99, 0.97]),
        target=target,
    )
    assert levels.level.tolist() == [0.6, 0.97]
    assert levels.source.tolist() == ["floor", "cap"]
