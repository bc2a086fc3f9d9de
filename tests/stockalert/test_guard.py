"""A guard refuses what a shop would call a broken night, and lets an ordinary one pass."""

from __future__ import annotations

import json
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stockalert.guard import Finding, Limits, describe
from stockalert.guard_inputs import on_age, on_rows, on_units
from stockalert.guard_thresholds import on_coverage, on_thresholds

LIMITS = Limits()


def _shop(points: list[float], **more: object) -> pd.DataFrame:
    skus = [f"item {n:03d}" for n in range(len(points))]
    frame = pd.DataFrame({"sku": skus, "location": "shop", "reorder_point": points})
    return frame.assign(**more)


def _hundred(seed: int = 1) -> list[float]:
    """Reorder points of a gift shop: most of them small, a few large."""
    return np.ceil(np.random.default_rng(seed).gamma(0.7, 15.0, 100)).tolist()


def test_the_ordinary_night_of_slow_sellers_passes() -> None:
    before = [1.0, 2.0, 0.0, 3.0, 1.0, 4.0] * 20
    after = [2.0, 1.0, 1.0, 2.0, 2.0, 5.0] * 20
    changed, jumped, missing = on_thresholds(_shop(after), _shop(before), LIMITS)
    assert changed.figure == 0.0, "a step of one unit is the daily life of a slow seller"
    assert not any(found.tripped for found in (changed, jumped, missing))


def test_a_table_loaded_twice_changes_most_thresholds_and_is_refused() -> None:
    before = _hundred()
    changed, _, _ = on_thresholds(_shop([2 * x for x in before]), _shop(before), LIMITS)
    large = sum(x > 1 for x in before)
    assert changed.tripped
    assert changed.figure == pytest.approx(large / len(before))
    assert changed.rows["previous"].iloc[0] == max(before), "the row that moved most comes first"


def test_dead_items_do_not_hide_that_all_others_moved() -> None:
    before, dead = [10.0] * 30, [0.0] * 1000
    changed, _, _ = on_thresholds(_shop([20.0] * 30 + dead), _shop(before + dead), LIMITS)
    assert changed.figure == 1.0


def test_one_item_on_promotion_may_jump_but_not_one_that_outweighs_the_shop() -> None:
    before = [20.0] * 500
    promoted = [160.0, *before[1:]]
    typo = [10_000.0, *before[1:]]
    _, jumped, _ = on_thresholds(_shop(promoted), _shop(before), LIMITS)
    assert (len(jumped.rows), jumped.tripped) == (1, False)
    _, jumped, _ = on_thresholds(_shop(typo), _shop(before), LIMITS)
    assert jumped.tripped
    assert jumped.figure == pytest.approx(10_000 / (10_000 + 499 * 20))
    assert jumped.rows.to_dict("records") == [
        {"sku": "item 000", "location": "shop", "previous": 20.0, "tonight": 10_000.0}
    ]


def test_small_counts_need_more_than_a_factor_to_jump() -> None:
    _, jumped, _ = on_thresholds(_shop([4.0, 5.0]), _shop([0.0, 0.0]), LIMITS)
    assert jumped.rows["tonight"].tolist() == [5.0], "0 to 4 is a factor of five, not more"


def test_goods_sold_by_weight_have_no_floor_of_one_unit() -> None:
    changed, _, _ = on_thresholds(_shop([0.4, 0.51]), _shop([0.3, 0.5]), LIMITS)
    assert changed.figure == 0.5


def test_items_that_drop_out_are_refused_and_named_but_not_those_long_dead() -> None:
    before = _shop([5.0, 7.0, 0.0, *[1.0] * 97])
    _, _, missing = on_thresholds(before.iloc[3:], before, LIMITS)
    assert missing.tripped
    assert missing.rows["sku"].tolist() == ["item 001", "item 000"]
    assert missing.figure == pytest.approx(2 / 99)
    _, _, missing = on_thresholds(before.drop(index=2), before, LIMITS)
    assert (missing.figure, missing.tripped) == (0.0, False)


def test_a_threshold_that_is_no_number_counts_as_missing() -> None:
    before = _shop([5.0] * 50)
    _, _, missing = on_thresholds(
        before.assign(reorder_point=[np.nan] * 2 + [5.0] * 48), before, LIMITS
    )
    assert missing.tripped
    assert missing.rows["sku"].tolist() == ["item 000", "item 001"]


def test_new_items_are_welcome() -> None:
    before = _shop([5.0] * 50)
    found = on_thresholds(_shop([5.0] * 80), before, LIMITS)
    assert [f.figure for f in found] == [0.0, 0.0, 0.0]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=1, max_size=40),
    st.integers(0, 2**32 - 1),
)
def test_findings_count_what_a_loop_counts_in_any_order_of_rows(pairs, seed: int) -> None:
    before, after = (_shop([float(p[side]) for p in pairs]) for side in (0, 1))
    shuffled = after.sample(frac=1.0, random_state=seed)
    changed, jumped, _ = on_thresholds(shuffled, before, LIMITS)
    used = [(a, b) for a, b in pairs if max(a, b) > 0]
    material = [p for p in used if abs(p[0] - p[1]) > max(1.0, max(p) / 10)]
    jumping = [p for p in used if max(p) + 1 > 5 * (min(p) + 1)]
    units = sum(max(p) for p in used)
    assert changed.figure == pytest.approx(len(material) / len(used) if used else 0.0)
    assert len(jumped.rows) == len(jumping)
    assert jumped.figure == pytest.approx(sum(max(p) for p in jumping) / units if units else 0.0)
    assert 0.0 <= jumped.figure <= 1.0


def _covered(coverage: list[float]) -> pd.DataFrame:
    groups = ["slow", "fast"] * (len(coverage) // 2)
    return _shop(
        [5.0] * len(coverage),
        service_level=0.95,
        coverage_recent=coverage,
        calibration_group=groups,
    )


def test_coverage_that_falls_below_the_limit_is_refused_but_not_what_is_served_already() -> None:
    good, poor, worse = _covered([0.95] * 4), _covered([0.95, 0.7] * 2), _covered([0.7] * 4)
    fallen = on_coverage(poor, good, LIMITS)
    assert (fallen.tripped, fallen.figure) == (True, pytest.approx(0.125))
    assert fallen.rows["calibration_group"].tolist() == ["fast"]
    assert not on_coverage(poor, poor, LIMITS).tripped, "refusing would serve the same"
    assert on_coverage(worse, poor, LIMITS).tripped
    assert not on_coverage(poor, None, LIMITS).tripped, "nothing better is served"
    assert on_coverage(_covered([np.nan] * 4), good, LIMITS) is None


def test_too_much_coverage_is_no_reason_to_refuse() -> None:
    assert not on_coverage(_covered([1.0] * 4), _covered([0.95] * 4), LIMITS).tripped


NIGHT = {"sales": 100_000, "stock": 40_000, "promotions": 300, "suppliers": 12}


@pytest.mark.parametrize(
    ("tonight", "far"),
    [
        ({"sales": 101_000}, []),
        ({"sales": 40_000}, ["sales"]),
        ({"sales": 210_000}, ["sales"]),
        ({"stock": 0}, ["stock"]),
        ({"promotions": 3000}, []),
        ({"promotions": 0}, ["promotions"]),
        ({"suppliers": 40}, []),
        ({"suppliers": 0}, ["suppliers"]),
    ],
)
def test_a_table_loaded_in_part_or_twice_is_found(tonight: dict[str, int], far: list[str]) -> None:
    found = on_rows({**NIGHT, **tonight}, [NIGHT] * 5, LIMITS)
    assert (found.rows["table"].tolist(), found.tripped) == (far, bool(far))


def test_one_strange_night_does_not_change_what_is_usual() -> None:
    nights = [NIGHT, NIGHT, {**NIGHT, "sales": 900_000}]
    assert not on_rows(NIGHT, nights, LIMITS).tripped
    assert on_rows(NIGHT, [], LIMITS) is None


def test_a_table_left_out_on_purpose_is_asked_about_once() -> None:
    without = {name: rows for name, rows in NIGHT.items() if name != "stock"}
    assert on_rows(without, [NIGHT] * 7, LIMITS).tripped
    assert not on_rows(without, [*[NIGHT] * 6, without], LIMITS).tripped, "published by force"


FRIDAY = date(2026, 3, 6)


def _weeks(units_by_weekday: dict[int, float], tonight: float) -> pd.Series:
    days = pd.date_range("2025-12-01", FRIDAY)
    units = pd.Series([units_by_weekday.get(day.weekday(), 100.0) for day in days], index=days)
    units.iloc[-1] = tonight
    return units


def test_the_last_day_is_held_against_its_own_weekday() -> None:
    busy_fridays = {4: 1000.0}
    assert not on_units(_weeks(busy_fridays, 1100.0), FRIDAY, LIMITS).tripped
    half_loaded = on_units(_weeks(busy_fridays, 300.0), FRIDAY, LIMITS)
    assert half_loaded.tripped, "300 would be a good Monday, and is a broken Friday"
    assert (
        "300 units sold on Friday 2026-03-06, bulk orders cut; 1,000 to 1,000" in half_loaded.text
    )
    assert on_units(_weeks(busy_fridays, 2100.0), FRIDAY, LIMITS).tripped


def test_a_corner_shop_of_five_sales_a_day_may_vary() -> None:
    for units in (1.0, 12.0):
        assert not on_units(_weeks({4: 5.0}, units), FRIDAY, LIMITS).tripped


def test_a_closed_day_is_no_finding() -> None:
    assert on_units(_weeks({}, 0.0), FRIDAY, LIMITS) is None
    assert on_units(_weeks({4: 0.0}, 50.0), FRIDAY, LIMITS) is None, "fridays were never open"


def test_old_input_is_refused_unless_old_input_is_what_is_served() -> None:
    last = {"sales": date(2026, 3, 2), "stock": FRIDAY}
    stale, fresh = on_age(last, FRIDAY, LIMITS, served={"sales": 0.0, "stock": 0.0})
    assert (stale.figure, stale.tripped, fresh.tripped) == (4.0, True, False)
    study = on_age({"sales": date(2011, 12, 9)}, FRIDAY, LIMITS, served={"sales": 5200.0})
    assert not study[0].tripped
    assert not on_age(last, FRIDAY, LIMITS, served=None)[0].tripped


def test_a_week_that_is_not_over_makes_nothing_stale() -> None:
    sunday = date(2026, 3, 1)
    found = on_age({"sales": sunday}, date(2026, 3, 7), LIMITS, served={}, period_days=7)
    assert found[0].figure == 0.0
    late = on_age({"sales": sunday}, date(2026, 3, 8), LIMITS, served={}, period_days=7)
    assert (late[0].figure, late[0].tripped) == (7.0, True)


def test_the_message_has_figure_limit_remedy_and_the_worst_rows() -> None:
    before = _hundred()
    names = {"sku": [f"<b>{n}\x1b[31m" for n in range(100)]}
    found = on_thresholds(_shop([9 * x for x in before], **names), _shop(before, **names), LIMITS)
    told = describe(found)
    assert "share changed: " in told
    assert "50.0% is allowed" in told
    assert "look for what all of them share" in told
    assert "… and " in told
    assert "\x1b" not in told, "a name must not reach the terminal as a command"
    assert "missing" not in told, "what did not trip is not told"


def test_a_finding_is_kept_as_plain_values() -> None:
    before = _hundred()
    changed = on_thresholds(_shop([9 * x for x in before]), _shop(before), LIMITS)[0]
    record = json.loads(json.dumps(changed.record()))
    assert record["tripped"] is True
    assert len(record["rows"]) == 10
    assert record["rows"][0]["tonight"] == 9 * max(before)
    assert Finding("jump", 0.0, 0.05, False, "nothing").record() == {
        "guard": "jump",
        "figure": 0.0,
        "limit": 0.05,
        "tripped": False,
        "text": "nothing",
        "remedy": "",
    }
