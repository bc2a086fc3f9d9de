"""The correlation of weeks is learned where there is one, and found to be none where there is."""

from __future__ import annotations

import numpy as np
import pytest

from stockalert.dependence import common_loading, increment_correlation

WEEKS = 78


def _shops(wander: float, n: int = 400) -> np.ndarray:
    """Weekly demand of mean about 50 and deviation 8 around a level that walks at random."""
    rng = np.random.default_rng(5)
    level = 50 + np.cumsum(rng.normal(0, wander, (n, WEEKS)), axis=1)
    return level + rng.normal(0, 8, (n, WEEKS))


def _in_a_loop(units: np.ndarray, visible: np.ndarray) -> float:
    """The definition, one origin and one pair at a time."""
    products, squares = [], []
    for row, seen in zip(units, visible, strict=True):
        spread = np.std(row[seen], ddof=1)
        for t in range(7, WEEKS - 4):
            window = seen[t - 7 : t + 1]
            if window.sum() < 6:
                continue
            level = row[t - 7 : t + 1][window].mean()
            miss = [
                float(np.clip((row[t + k] - level) / spread, -4, 4))
                for k in range(1, 5)
                if seen[t + k]
            ]
            squares += [m * m for m in miss]
            products += [a * b for i, a in enumerate(miss) for b in miss[i + 1 :]]
    together, alone = np.mean(products), np.mean(squares)
    sampling = (alone - together) / 8
    return float((together - sampling) / (alone - sampling))


def test_weeks_around_a_known_level_are_independent() -> None:
    visible = np.full((400, WEEKS), True)
    assert increment_correlation(_shops(0.0), visible) == pytest.approx(0.0, abs=0.02)


def test_a_level_that_wanders_ties_the_weeks_ahead_together() -> None:
    visible = np.full((400, WEEKS), True)
    calm, wild = (increment_correlation(_shops(step), visible) for step in (1.0, 4.0))
    # A random walk of variance w per week against noise of variance 64 misses the mean of the
    # last eight weeks, j and k ≥ j weeks ahead, by w (j + 35 ÷ 16) + 8 (in common), the sampling
    # error 8 included; the mean of j over the six pairs is 10 ÷ 6, over single weeks 2.5.
    expected = [(w * (10 / 6 + 35 / 16)) / (w * (2.5 + 35 / 16) + 64) for w in (1.0, 16.0)]
    assert calm == pytest.approx(expected[0], abs=0.03)
    assert wild == pytest.approx(expected[1], abs=0.06)


def test_the_figure_is_the_one_of_its_definition_with_weeks_out_of_stock() -> None:
    units = np.round(_shops(2.0, 30))
    visible = np.random.default_rng(1).random(units.shape) < 0.85
    units[~visible] = 900.0
    assert increment_correlation(units, visible) == pytest.approx(_in_a_loop(units, visible))


def test_scale_and_order_of_the_series_do_not_matter() -> None:
    units, visible = _shops(2.0, 30), np.full((30, WEEKS), True)
    pace = np.random.default_rng(2).uniform(0.1, 50, (30, 1))
    told = increment_correlation(units, visible)
    assert increment_correlation((units * pace)[::-1], visible) == pytest.approx(told)


@pytest.mark.parametrize("weeks", [0, 5, 11])
def test_too_few_weeks_teach_nothing(weeks: int) -> None:
    assert increment_correlation(np.ones((3, weeks)), np.full((3, weeks), True)) == 0.0


def test_series_that_never_vary_teach_nothing() -> None:
    assert increment_correlation(np.full((3, 52), 7.0), np.full((3, 52), True)) == 0.0


def test_longer_intervals_hang_together_more_as_spearman_and_brown_say() -> None:
    one, four = common_loading(0.2, np.array([1.0, 4.0]))
    assert one**2 == pytest.approx(0.2)
    assert four**2 == pytest.approx(4 * 0.2 / (1 + 3 * 0.2))
