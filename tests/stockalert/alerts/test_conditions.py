"""When alerts begin and end: the lines, the bands between them, and what mutes what."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stockalert.alerts.conditions import Rules, conditions
from stockalert.alerts.inhibition import inhibited
from stockalert.alerts.late import order_state, supplier_state
from stockalert.alerts.risk import left_over, shortage_within
from stockalert.alerts.spikes import recent_and_usual

WELL = {
    "sku": "mug",
    "location": "north",
    "on_hand": 50.0,
    "inventory_position": 50.0,
    "reorder_point": 20.0,
    "order_up_to_level": 40.0,
    "rate": 2.0,
    "margin": 3.0,
    "unit_cost": 5.0,
    "chance": 0.01,
    "stockout_probability": 0.01,
    "shortage": 0.5,
    "shortage_before": 0.2,
    "late_units": 0.0,
    "days_of_cover": 25.0,
    "surplus": 10.0,
    "leftover": 0.0,
    "sold_recent": 6.0,
    "sold_usual": 6.0,
    "seen_recent": np.nan,
    "seen_usual": np.nan,
}


def fires(kind: str, **facts: float) -> tuple[bool, bool]:
    """Whether an alert begins, and whether one that is open stays."""
    found = conditions(pd.DataFrame([{**WELL, **facts}]), Rules())[kind]
    return bool(found.fires[0]), bool(found.holds[0])


def test_a_well_stocked_item_has_no_alert() -> None:
    found = conditions(pd.DataFrame([WELL]), Rules())
    assert not any(one.fires[0] for one in found.values())


@pytest.mark.parametrize(
    ("position", "begins", "stays"),
    [(19.0, True, True), (20.0, True, True), (21.0, False, True), (22.0, False, True),
     (22.5, False, False), (30.0, False, False)],
)  # fmt: skip
def test_reorder_now_begins_at_the_reorder_point_and_ends_above_its_band(
    position: float, begins: bool, stays: bool
) -> None:
    assert fires("reorder_now", inventory_position=position) == (begins, stays)


def test_a_small_reorder_point_has_a_band_of_one_unit() -> None:
    assert fires("reorder_now", inventory_position=3.0, reorder_point=2.0) == (False, True)
    assert fires("reorder_now", inventory_position=4.0, reorder_point=2.0) == (False, False)


@settings(max_examples=25)
@given(path=st.lists(st.floats(0.0, 60.0), min_size=2, max_size=40))
def test_an_open_alert_never_ends_within_the_band(path: list[float]) -> None:
    is_open = False
    for position in path:
        begins, stays = fires("reorder_now", inventory_position=position)
        was, is_open = is_open, begins or (is_open and stays)
        if was and not is_open:
            assert position > 22.0
        if not was and is_open:
            assert position <= 20.0


def test_stock_that_may_not_last_until_goods_come_is_told_while_some_is_left() -> None:
    assert fires("stockout_risk_before_arrival", chance=0.3) == (True, True)
    assert fires("stockout_risk_before_arrival", chance=0.2) == (False, True)
    assert fires("stockout_risk_before_arrival", chance=0.1) == (False, False)
    assert fires("stockout_risk_before_arrival", chance=1.0, on_hand=0.0) == (False, False)


def test_nothing_on_hand_is_sold_out_only_of_what_is_wanted() -> None:
    assert fires("stocked_out", on_hand=0.0)[0]
    assert fires("stocked_out", on_hand=-2.0)[0]
    assert not fires("stocked_out", on_hand=0.0, rate=0.0)[0]


def test_too_much_is_told_beyond_both_lines() -> None:
    assert fires("overstock", days_of_cover=200.0)[0]
    assert not fires("overstock", days_of_cover=200.0, order_up_to_level=60.0)[0]
    assert fires("overstock", days_of_cover=170.0) == (False, True)
    assert not fires("overstock", days_of_cover=np.inf)[0]
    assert fires("obsolescence_risk", leftover=6.0)[0]
    assert fires("obsolescence_risk", leftover=4.0) == (False, True)


def test_a_jump_in_views_or_sales_is_a_spike_chance_is_not() -> None:
    assert fires("demand_spike", sold_recent=40.0)[0]
    assert fires("demand_spike", seen_recent=400.0, seen_usual=100.0)[0]
    assert not fires("demand_spike", sold_recent=3.0, sold_usual=0.2)[0]


def test_kinds_that_are_off_are_never_raised() -> None:
    assert "overstock" not in conditions(pd.DataFrame([WELL]), Rules(off=("overstock",)))


def test_shortage_and_left_over_agree_with_a_million_draws() -> None:
    rng = np.random.default_rng(5)
    draws = rng.gamma(4.0, 5.0, 1_000_000)
    levels = np.linspace(0.001, 0.999, 999)
    values = np.quantile(draws, levels)[None]
    found = shortage_within(values, levels, np.array([28.0]))
    assert found.units[0] == pytest.approx(np.maximum(draws - 28.0, 0).mean(), rel=0.01)
    assert found.chance[0] == pytest.approx((draws > 28.0).mean(), rel=0.01)
    left = left_over(values, levels, np.array([28.0]))[0]
    assert left == pytest.approx(np.maximum(28.0 - draws, 0).mean(), rel=0.01)


def test_shortage_without_a_stock_table_is_unknown() -> None:
    found = shortage_within([[1.0, 2.0]], [0.5, 0.9], np.array([np.nan]))
    assert np.isnan(found.units[0])
    assert np.isnan(found.chance[0])


SERIES = pd.DataFrame({"sku": ["mug", "pot", "tea"], "location": "default"})


def orders(rows: list[tuple[str, str, str | None, str | None]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["sku", "ordered_at", "expected_at", "received_at"])
    for name in ("ordered_at", "expected_at", "received_at"):
        frame[name] = pd.to_datetime(frame[name])
    return frame.assign(
        location=None,
        supplier_id="farm",
        units_ordered=10.0,
        units_received=np.nan,
        cancelled_at=pd.NaT,
    )


def test_orders_are_late_by_their_promise_or_by_the_lead_time() -> None:
    lines = orders(
        [
            ("mug", "2026-03-01", "2026-03-05", None),
            ("mug", "2026-03-08", "2026-03-14", None),
            ("pot", "2026-02-01", None, None),
            ("tea", "2026-03-01", "2026-03-05", "2026-03-06"),
        ]
    )
    days, day = np.array([6.0, 6.0, 6.0]), {"as_of": date(2026, 3, 10), "late_days": 1}
    found = order_state(SERIES, lines, days, np.array([2.0, 2.0, 2.0]), **day)
    assert found["late_units"].tolist() == [10.0, 10.0, 0.0]
    assert found["late_days"].tolist() == [5.0, 27.0, 0.0]  # pot: due after 6 + 2 · 2 days
    assert found["next_days"].tolist() == [2.0, 2.0, 6.0]
    farm = supplier_state(
        SERIES, pd.Series(["farm"] * 3), lines.assign(supplier_id=None), days, days / 3, **day
    )
    assert farm.loc["farm"].tolist() == [3.0, 2.0]


def test_recent_and_usual_sums_agree_with_a_loop() -> None:
    rng = np.random.default_rng(1)
    days = pd.date_range("2026-01-01", "2026-03-31")
    table = pd.MultiIndex.from_product([["mug", "pot"], ["default"], days]).to_frame(
        index=False, name=["sku", "location", "date"]
    )
    table["units_sold"] = rng.poisson(3.0, len(table)).astype(float)
    table = table.sample(frac=0.7, random_state=2)
    found = recent_and_usual(SERIES, table, "units_sold", as_of=date(2026, 3, 31))
    for row, sku in enumerate(SERIES["sku"]):
        recent = usual = 0.0
        for one in table[table["sku"] == sku].itertuples():
            age = (date(2026, 3, 31) - one.date.date()).days
            recent += one.units_sold if age < 3 else 0.0
            usual += one.units_sold if 3 <= age < 59 else 0.0
        assert found.loc[row].tolist() == pytest.approx([recent, usual * 3 / 56])


def test_the_worst_of_an_item_speaks_alone_and_a_supplier_mutes_its_items() -> None:
    rows = [
        ("a", "supplier_disrupted", None, "farm"),
        ("b", "reorder_now", "mug", "farm"),
        ("c", "stocked_out", "pot", "mill"),
        ("d", "stockout_risk_before_arrival", "tea", "mill"),
        ("e", "reorder_now", "tea", "mill"),
        ("f", "reorder_now", "pot", "mill"),
        ("g", "order_late", "tea", "mill"),
        ("h", "overstock", "mug", "farm"),
    ]
    table = pd.DataFrame(rows, columns=["fingerprint", "kind", "sku", "supplier_id"])
    found = inhibited(table.assign(location="north")).set_index("fingerprint")
    muted = {one: by for one, by in found["inhibited_by"].items() if pd.notna(by)}
    assert muted == {"b": "a", "e": "d", "f": "c"}
    assert found.loc["a", "muted"] == 1.0
