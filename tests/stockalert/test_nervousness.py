"""Thresholds stand still where moving is worth too little, and never where it matters."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from stockalert.nervousness import (
    BREACH,
    HELD,
    Served,
    calmed,
    expected_cost,
    say_held,
    threshold_churn,
)
from stockalert.quantiles import probability_at_most, quantile_at

LEVELS = np.array([0.05, 0.1, 0.25, 0.5, 0.75, 0.8, 0.9, 0.95, 0.975, 0.99])


def _demand(mean: float, sd: float) -> np.ndarray:
    """Quantiles of gamma demand, one row."""
    shape, scale = (mean / sd) ** 2, sd**2 / mean
    return stats.gamma.ppf(LEVELS, shape, scale=scale)[None, :]


def _calmed(before: float, values: np.ndarray, *, band: float = 0.02, **other) -> float:
    point = np.ceil(quantile_at(values, LEVELS, 0.95))
    served = Served(
        reorder_point=np.array([before]),
        service_level=np.array([other.get("level", 0.95)]),
        protection_days=np.array([other.get("days", 10.0)]),
        method=np.array([other.get("method", "quantile")]),
        dead_band=band,
    )
    return calmed(
        *(point, served, values, LEVELS),
        level=np.array([0.95]),
        protection_days=np.array([10.0]),
        method=np.array(["quantile"]),
    ).item()


SOAP = _demand(40.0, 15.0)
ASKED = np.ceil(quantile_at(SOAP, LEVELS, 0.95)).item()


def test_the_cost_of_a_cycle_is_the_newsvendors() -> None:
    """Snyder & Shen, example 4.3: h 0.18, p 0.70, N(50, 8²) costs 1.9976 at S = 56.6040."""
    fine = np.concatenate([np.linspace(0.001, 0.999, 999), [0.9995, 0.9999]])
    values = stats.norm.ppf(fine, 50, 8)[None, :]
    cost = expected_cost(values, fine, 0.70 / 0.88, np.array([56.6040])) * 0.88
    assert cost.item() == pytest.approx(1.9976, abs=0.004)


def test_the_cost_is_least_at_the_quantile() -> None:
    around = quantile_at(SOAP, LEVELS, np.array([[0.90, 0.95, 0.98]]))[0]
    low, least, high = expected_cost(np.repeat(SOAP, 3, axis=0), LEVELS, 0.95, around)
    assert least < min(low, high)


def test_a_threshold_one_unit_off_stays_and_one_far_off_moves() -> None:
    assert _calmed(ASKED + 1, SOAP) == ASKED + 1
    assert _calmed(ASKED - 1, SOAP) == ASKED - 1
    assert _calmed(ASKED + 30, SOAP) == ASKED
    assert _calmed(ASKED - 30, SOAP) == ASKED


def test_a_wider_band_holds_more_and_none_holds_nothing() -> None:
    assert _calmed(ASKED + 1, SOAP, band=0.0) == ASKED
    assert _calmed(ASKED + 8, SOAP, band=0.02) == ASKED
    assert _calmed(ASKED + 8, SOAP, band=0.2) == ASKED + 8


@pytest.mark.parametrize(
    "change", [{"level": 0.9}, {"days": 14.0}, {"method": "formula"}, {"method": ""}]
)
def test_another_question_gets_another_answer(change: dict[str, object]) -> None:
    assert _calmed(ASKED + 1, SOAP, **change) == ASKED


def test_a_lead_time_learned_a_little_better_is_the_same_question() -> None:
    assert _calmed(ASKED + 1, SOAP, days=10.1) == ASKED + 1


def test_an_item_that_is_new_or_that_nobody_wants_any_more_is_not_held() -> None:
    assert _calmed(np.nan, SOAP) == ASKED
    assert _calmed(5.0, np.zeros((1, len(LEVELS)))) == 0.0


def test_what_asks_for_one_less_by_a_hair_breach_of_the_level_moves() -> None:
    """However wide the band, a held threshold raises the chance of a stock-out by a fifth."""
    kept = [s for s in range(int(ASKED)) if _calmed(float(s), SOAP, band=100.0) == s]
    risk = 1 - probability_at_most(SOAP, LEVELS, np.array([[min(kept) - 1.0, min(kept)]]))[0]
    assert risk[1] <= 0.05 * (1 + BREACH) < risk[0]


@settings(max_examples=60, deadline=None)
@given(
    st.floats(0.5, 500.0),
    st.floats(0.2, 3.0),
    st.integers(0, 800),
    st.floats(0.001, 0.5),
)
def test_what_is_held_costs_at_most_the_band_more(
    mean: float, variation: float, before: int, band: float
) -> None:
    values = _demand(mean, mean * variation)
    asked = np.ceil(quantile_at(values, LEVELS, 0.95))
    kept = np.array([_calmed(float(before), values, band=band)])
    assert kept.item() in (asked.item(), before)
    least = expected_cost(values, LEVELS, 0.95, asked)
    assert expected_cost(values, LEVELS, 0.95, kept) <= least * (1 + band) + 1e-6


def test_small_drifts_do_not_add_up() -> None:
    """Demand grows by 1 % a night; what is held never lags by more than the band is worth."""
    before, moves = ASKED, 0
    for night in range(60):
        values = _demand(40.0 * 1.01**night, 15.0 * 1.01**night)
        now = _calmed(before, values)
        asked = np.ceil(quantile_at(values, LEVELS, 0.95))
        least, kept = (expected_cost(values, LEVELS, 0.95, np.atleast_1d(s)) for s in (asked, now))
        assert kept <= least * 1.02 + 1e-9
        moves += now != before
        before = now
    assert 5 < moves < 30, "it follows, in steps"


def test_a_held_row_says_so_and_a_moved_one_keeps_its_reason() -> None:
    night = pd.DataFrame(
        {
            "reorder_point": [64.0, 65.0, 10.0],
            "previous_reorder_point": [64.0, 60.0, 10.0],
            "change_reason": ["unchanged", "demand", "unchanged"],
        }
    )
    told = say_held(night, np.array([66.0, 65.0, 10.0]))
    assert told["change_reason"].tolist() == [HELD, "demand", "unchanged"]


def test_churn_counts_thresholds_in_use_that_moved() -> None:
    night = pd.DataFrame(
        {
            "reorder_point": [5.0, 3.0, 0.0, 2.0, 0.0],
            "previous_reorder_point": [5.0, 4.0, 0.0, np.nan, 1.0],
        }
    )
    assert threshold_churn(night) == pytest.approx(2 / 3)
    assert np.isnan(threshold_churn(night.assign(previous_reorder_point=np.nan)))


def test_the_night_before_is_found_by_sku_and_location_whatever_its_order() -> None:
    before = pd.DataFrame(
        {
            "sku": ["mug", "pot"],
            "location": "shop",
            "reorder_point": [4.0, 9.0],
            "service_level": 0.95,
            "protection_days": 8.0,
            "method": "quantile",
        }
    )
    series = pd.DataFrame({"sku": ["pot", "new", "mug"], "location": "shop"})
    served = Served.of(before, series, dead_band=0.02)
    np.testing.assert_array_equal(served.reorder_point, [9.0, np.nan, 4.0])
    assert served.method.tolist() == ["quantile", "", "quantile"]
