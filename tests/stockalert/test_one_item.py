from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stockalert.errors import UsageError
from stockalert.one_item import OneItem

PAST = [22.0, 17.0, 20.0, 25.0, 18.0]


def _shop(**changed: object) -> OneItem:
    terms = {"past_demand": PAST, "lead_time": 0, "profit": 4.0, "holding_cost": 1.0}
    return OneItem(**(terms | changed))  # type: ignore[arg-type]


def _week_by_week(
    shop: OneItem, demands: np.ndarray, lead_time: int, *, sales_only: bool = False
) -> np.ndarray:
    """Orders of a shop whose supplier keeps this lead time; deliveries come in first."""
    orders, coming = np.zeros(len(demands)), np.zeros(len(demands) + lead_time + 1)
    shelf, told, seen = 0.0, {}, 0.0
    for week, wanted in enumerate(demands):
        came = coming[week]
        shelf += came
        ordered = coming[week + 1 :].sum()
        orders[week] = shop.order(shelf, ordered, arrivals=seen + came, **told)
        coming[week + lead_time] += orders[week]
        seen = orders[week] if lead_time == 0 else 0.0
        shelf += seen
        sold = min(shelf, wanted)
        shelf -= sold
        told = {"last_sales": sold} if sales_only else {"last_demand": float(wanted)}
    return orders


@pytest.mark.parametrize("lead_time", [0, 1, 4])
@pytest.mark.parametrize("profit", [1.0, 19.0])
def test_constant_demand_is_ordered_exactly(lead_time: int, profit: float) -> None:
    shop = _shop(past_demand=[40.0] * 5, lead_time=lead_time, profit=profit)
    orders = _week_by_week(shop, np.full(20, 40.0), lead_time)
    assert orders.tolist() == [40.0] * 20


@pytest.mark.parametrize("profit", [1.0, 4.0, 19.0])
def test_steady_demand_without_lead_time_is_stocked_to_the_newsvendors_quantile(
    profit: float,
) -> None:
    rng = np.random.default_rng(3)
    demands = np.round(rng.normal(200.0, 40.0, 250))
    shop = _shop(past_demand=demands[:5], profit=profit)
    up_to = shop.order(0.0, 0.0)
    for wanted in demands[5:]:
        up_to = shop.order(0.0, 0.0, last_demand=float(wanted), arrivals=up_to)
    share = profit / (profit + 1.0)
    nearby = np.quantile(demands, [max(share - 0.06, 0.0), min(share + 0.04, 1.0)])
    assert nearby[0] <= up_to <= nearby[1]


def test_what_is_on_the_shelf_or_on_its_way_is_not_ordered_again() -> None:
    empty = _shop(lead_time=2).order(0.0, 0.0)
    shelf = _shop(lead_time=2).order(500.0, 0.0)
    assert empty > 0.0
    assert shelf == 0.0
    shop = _shop(past_demand=[20.0] * 5, lead_time=2)
    first = [shop.order(0.0, 0.0), shop.order(0.0, 20.0, last_demand=20.0)]
    assert first == [20.0, 20.0]
    third = shop.order(20.0, 20.0, last_demand=20.0, arrivals=20.0)
    assert third == 20.0


def test_a_lasting_jump_is_followed_within_a_few_periods() -> None:
    rng = np.random.default_rng(5)
    demands = np.round(np.concatenate([rng.normal(100, 15, 25), rng.normal(240, 15, 8)]))
    shop = _shop(past_demand=demands[:5])
    _week_by_week(shop, demands[5:], 0)
    outlook = shop.outlook()
    assert 210 < outlook.median[0] < 270
    assert outlook.low[0] < outlook.median[0] < outlook.high[0]


def test_a_single_spike_is_forgotten() -> None:
    rng = np.random.default_rng(6)
    demands = np.round(rng.normal(100, 12, 34))
    demands[28] = 400.0
    shop = _shop(past_demand=demands[:5])
    _week_by_week(shop, demands[5:], 0)
    assert 85 < shop.outlook().median[0] < 115


def test_a_season_is_found_and_foretold() -> None:
    rng = np.random.default_rng(7)
    wave = 100.0 + 50.0 * np.sin(2 * np.pi * np.arange(48) / 8)
    demands = np.round(wave + rng.normal(0, 8, 48))
    shop = _shop(past_demand=demands[:5])
    _week_by_week(shop, demands[5:41], 0)
    outlook = shop.outlook(8)
    assert outlook.season == 8
    assert outlook.season_probability > 0.9
    assert outlook.median == pytest.approx(wave[40:48], abs=20)


def test_noise_alone_is_no_season() -> None:
    demands = np.round(np.random.default_rng(8).normal(100, 20, 45))
    shop = _shop(past_demand=demands[:5])
    _week_by_week(shop, demands[5:], 0)
    assert shop.outlook().season is None


def test_an_empty_shelf_does_not_teach_that_demand_was_low() -> None:
    knows, believes = _shop(), _shop()
    for shop, sold_out in ((knows, True), (believes, False)):
        shop.order(0.0, 0.0)
        for _ in range(8):
            shop.order(0.0, 0.0, last_sales=12.0, sold_out=sold_out)
    assert believes.outlook().median[0] == pytest.approx(12.0, abs=2.0)
    assert knows.outlook().median[0] > 17.0


def test_with_sales_alone_the_shop_does_not_spiral_down() -> None:
    demands = np.round(np.random.default_rng(9).normal(100, 20, 45))
    shop = _shop(past_demand=demands[:5], lead_time=1, profit=9.0)
    orders = _week_by_week(shop, demands[5:], 1, sales_only=True)
    assert orders[-10:].mean() == pytest.approx(100.0, abs=15.0)


def test_orders_are_whole_where_the_past_is_and_equal_for_equal_news() -> None:
    demands = np.round(np.random.default_rng(10).normal(50, 12, 30))
    whole = [_week_by_week(_shop(lead_time=1), demands, 1) for _ in range(2)]
    assert whole[0].tolist() == whole[1].tolist()
    assert (whole[0] == np.round(whole[0])).all()
    kilos = _shop(past_demand=[2.25, 1.5, 3.75, 2.0, 2.5])
    assert kilos.order(0.0, 0.0) % 1.0 != 0.0


@settings(max_examples=15, deadline=None)
@given(st.floats(1.05, 40.0), st.floats(1.0, 8.0))
def test_a_higher_profit_never_lowers_the_order(profit: float, times: float) -> None:
    orders = [
        _shop(lead_time=2, profit=amount).order(10.0, 0.0) for amount in (profit, profit * times)
    ]
    assert orders[0] <= orders[1]


@settings(max_examples=15, deadline=None)
@given(st.sampled_from([0.001, 10.0, 1e6]))
def test_orders_scale_with_the_unit(unit: float) -> None:
    past = np.array([2.25, 1.5, 3.75, 2.0, 2.5])
    plain = _shop(past_demand=past, lead_time=1).order(1.0, 0.0)
    scaled = _shop(past_demand=past * unit, lead_time=1).order(unit, 0.0)
    if (past * unit == np.round(past * unit)).all():
        assert scaled == pytest.approx(plain * unit, abs=0.5)
    else:
        assert scaled == pytest.approx(plain * unit, rel=1e-9)


def test_price_less_cost_is_a_profit() -> None:
    by_price = _shop(profit=None, price=9.0, cost=5.0)
    assert by_price.order(0.0, 0.0) == _shop(profit=4.0).order(0.0, 0.0)


def test_an_item_that_never_sold_is_not_ordered() -> None:
    assert _shop(past_demand=[0.0] * 6, lead_time=2).order(0.0, 0.0) == 0.0


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"past_demand": [1.0, 2.0, 3.0, 4.0]},
            "past_demand: expected at least 5 periods, found 4",
        ),
        ({"past_demand": [1, 2, float("nan"), 4, 5]}, "past_demand: .* found nan"),
        ({"past_demand": [1, 2, -3, 4, 5]}, "past_demand: .* found -3"),
        ({"lead_time": 1.5}, "lead_time: expected whole periods"),
        ({"lead_time": -1}, "lead_time: expected whole periods ≥ 0, found -1"),
        ({"lead_time": float("nan")}, "lead_time: expected whole periods ≥ 0, found nan"),
        ({"holding_cost": -1.0}, "holding_cost: expected an amount above 0, found -1"),
        ({"profit": float("nan")}, "profit: expected an amount above 0, found nan"),
        ({"profit": None}, "profit: expected a profit per unit, or price and cost"),
        ({"profit": None, "price": 3.0, "cost": 5.0}, "profit: .* found -2"),
    ],
)
def test_terms_that_make_no_sense_are_refused(changed: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        _shop(**changed)


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"on_hand": -1.0, "on_order": 0.0}, "on_hand: expected units ≥ 0, found -1"),
        ({"on_hand": 1.0, "on_order": float("nan")}, "on_order: .* found nan"),
        ({"on_hand": 1.0, "on_order": 0.0, "arrivals": -2.0}, "arrivals: .* found -2"),
        ({"on_hand": 1.0, "on_order": 0.0}, "found neither"),
        ({"on_hand": 1.0, "on_order": 0.0, "last_demand": 2, "last_sales": 2}, "found both"),
    ],
)
def test_news_that_makes_no_sense_is_refused(told: dict[str, float], message: str) -> None:
    shop = _shop()
    shop.order(0.0, 0.0)
    with pytest.raises(UsageError, match=message):
        shop.order(**told)
