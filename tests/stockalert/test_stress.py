"""Stress scenarios: read in plain words, paired with the normal course, worse by what they say."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stockalert.errors import UsageError
from stockalert.positions import Arrivals
from stockalert.stress import hit_by, parse_scenario, stressed
from stockalert.stress_replay import Lived, Rule, live_through
from tests.stockalert.purchasing_shop import Evening, evening


def _shop() -> Evening:
    products = pd.DataFrame(
        {
            "sku": ["mug", "jug", "cup"],
            "supplier_id": ["ACME", "ACME", "BOLT"],
            "category": ["blue", "red", "red"],
            "unit_cost": 2.0,
        }
    )
    return evening(products, [25.0, 12.0, 15.0])


def _lived(shop: Evening, case: object, held: int = 0) -> Lived:
    point, up_to = (shop.thresholds[n].to_numpy() for n in ("reorder_point", "order_up_to_level"))
    leads = shop.case.supply.lead_times if held else case.supply.lead_times
    return live_through(case, Rule(point, up_to, leads, held), np.arange(3), days=42)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("flood:days=3", "expected strike, lead-time, demand, lost, found 'flood'"),
        ("strike:supplier=ACME", "expected days="),
        ("strike:days=soon", "expected days to be a number above 0, at most 365, found 'soon'"),
        ("strike:days=-3", "found '-3'"),
        ("demand:factor=nan", "found 'nan'"),
        ("demand:factor=2,colour=red", "expected factor, category, supplier, sku, found colour"),
        ("lost:PO-1", "expected KEY=VALUE, found 'PO-1'"),
    ],
)
def test_what_cannot_be_read_is_refused_in_plain_words(text: str, told: str) -> None:
    with pytest.raises(UsageError, match=r"(?s)" + told.replace("(", r"\(")):
        parse_scenario(text)


def test_a_scenario_finds_what_it_is_about_or_says_that_nothing_is() -> None:
    shop, products = _shop(), pd.DataFrame({"sku": ["mug", "jug"], "category": ["blue", "red"]})
    series = shop.thresholds[["sku", "location"]]
    orders = pd.DataFrame({"po_id": ["P1"], "sku": ["cup"], "location": [None]})

    def hit(text: str) -> list[bool]:
        about = (series, shop.case.items.supplier_id, products, orders)
        return hit_by(parse_scenario(text), *about).tolist()

    assert hit("strike:supplier=ACME,days=9") == [True, True, False]
    assert hit("demand:category=red,factor=2") == [False, True, False]
    assert hit("lead-time:factor=2") == [True, True, True]
    assert hit("lost:po=P1") == [False, False, True]
    for text in ("strike:supplier=GHOST,days=9", "lost:po=P9", "demand:category=x,factor=2"):
        with pytest.raises(UsageError, match="nothing is of"):
            hit(text)


def test_rows_that_are_not_hit_stay_bit_for_bit() -> None:
    shop, hit = _shop(), np.array([True, True, False])
    normal = _lived(shop, shop.case)
    for text, held in (("strike:days=20", 20), ("demand:factor=3", 0), ("lead-time:factor=2", 0)):
        case = stressed(shop.case, parse_scenario(text), hit)
        assert np.array_equal(case.outlook.values[2], shop.case.outlook.values[2])
        if not held:
            assert _lived(shop, case).lost_units[2] == normal.lost_units[2]


def test_a_rush_is_exactly_that_many_times_the_quantiles() -> None:
    shop = _shop()
    case = stressed(shop.case, parse_scenario("demand:factor=1.5"), np.full(3, True))
    assert case.outlook.values == pytest.approx(1.5 * shop.case.outlook.values)


def test_a_strike_lasts_its_days_plus_the_lead_time() -> None:
    """By hand: 15 mugs, 10 wanted a week, orders leave after 20 days and travel for 6."""
    shop = _shop()
    normal, strike = _lived(shop, shop.case), _lived(shop, shop.case, held=20)
    assert (strike.lost_units > normal.lost_units).all()
    assert (strike.days_to_stockout <= normal.days_to_stockout).all()
    cup = 26 - 15 / (10 / 7)
    assert strike.lost_units[2] == pytest.approx(cup * 10 / 7, rel=0.25)
    assert strike.days_to_stockout[2] == pytest.approx(15 / (10 / 7), abs=3)


def test_a_longer_strike_never_loses_less() -> None:
    shop = _shop()
    lost = [_lived(shop, shop.case, held=days).lost_units for days in (1, 10, 20, 30)]
    assert (np.diff(np.array(lost), axis=0) >= 0).all()


def test_a_lost_container_is_missed_by_its_items_alone() -> None:
    shop = _shop()
    assert shop.case.position is not None
    coming = Arrivals(np.array([[0.0], [3.0], [3.0]]), np.array([[0.0], [30.0], [30.0]]))
    from dataclasses import replace

    position = replace(shop.case.position, arrivals=coming, on_order=np.array([0.0, 30.0, 30.0]))
    case = replace(shop.case, position=position)
    left = Arrivals(coming.days, np.array([[0.0], [0.0], [30.0]]))
    lost = stressed(
        case, parse_scenario("lost:po=P1"), np.array([False, True, False]), arrivals=left
    )
    assert lost.position.on_order.tolist() == [0.0, 0.0, 30.0]
    before, after = _lived(shop, case), _lived(shop, lost)
    assert after.lost_units[1] > before.lost_units[1]
    assert after.lost_units[[0, 2]].tolist() == before.lost_units[[0, 2]].tolist()
