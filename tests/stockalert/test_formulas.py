from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from stockalert.formulas import formula_reorder_point, moments, static_reorder_point


def test_ten_a_day_for_five_days_is_fifty() -> None:
    assert static_reorder_point([10.0], [5.0]).tolist() == [50.0]


def test_a_hundred_and_1645_thousandths_of_twenty_is_1329_tenths() -> None:
    assert formula_reorder_point([100.0], [20.0], [1.0], 0.95).item() == pytest.approx(
        132.9, abs=0.01
    )


def test_the_deviation_grows_with_the_root_of_the_interval() -> None:
    expected = 9 * 10 + stats.norm.ppf(0.99) * 4 * 3
    assert formula_reorder_point([10.0], [4.0], [9.0], 0.99).item() == pytest.approx(expected)


def test_a_level_of_one_stays_finite_and_a_low_level_never_asks_for_negative_stock() -> None:
    found = formula_reorder_point([1.0, 1.0], [5.0, 5.0], [4.0, 4.0], np.array([1.0, 0.01]))
    assert np.isfinite(found[0])
    assert found[1] == 0.0


def test_mean_and_deviation_see_in_stock_periods_only() -> None:
    units = np.array([[4.0, 0.0, 6.0, 0.0, 8.0]])
    visible = np.array([[True, False, True, True, True]])
    mean, sd = moments(units, visible)
    assert mean.item() == np.mean([4, 6, 0, 8])
    assert sd.item() == pytest.approx(np.std([4, 6, 0, 8], ddof=1))


def test_an_item_never_seen_in_stock_has_no_demand_to_tell() -> None:
    mean, sd = moments(np.array([[3.0, 3.0]]), np.array([[False, False]]))
    assert (mean.item(), sd.item()) == (0.0, 0.0)
