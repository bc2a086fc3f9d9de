"""Scores agree with scikit-learn's and with a loop over rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import mean_pinball_loss

from models.metrics import (
    coverage,
    coverage_error,
    headline_loss,
    pinball_loss,
    score_table,
    weighted_pinball,
)

LEVELS = (0.5, 0.8, 0.95)
WEEKLY_SALES = np.array([0.0, 3.0, 12.0, 1.0, 0.0, 7.0])
FORECASTS = np.array([[0, 1, 2], [2, 3, 5], [6, 9, 11], [1, 1, 4], [0, 0, 1], [4, 8, 9]], float)


def test_pinball_loss_is_that_of_scikit_learn():
    loss = pinball_loss(WEEKLY_SALES, FORECASTS, LEVELS)
    for position, level in enumerate(LEVELS):
        theirs = mean_pinball_loss(WEEKLY_SALES, FORECASTS[:, position], alpha=level)
        assert loss[:, position].mean() == pytest.approx(theirs, rel=1e-12)


def test_weighted_pinball_divides_units_of_loss_by_units_sold():
    by_hand = [
        sum(
            max(level * (y - q), (level - 1) * (y - q))
            for y, q in zip(WEEKLY_SALES, FORECASTS[:, position], strict=True)
        )
        / 23.0
        for position, level in enumerate(LEVELS)
    ]
    assert weighted_pinball(WEEKLY_SALES, FORECASTS, LEVELS) == pytest.approx(by_hand)


def test_without_any_demand_the_share_of_demand_is_unknown():
    assert np.isnan(weighted_pinball(np.zeros(3), np.ones((3, 1)), [0.9])).all()


def test_a_level_between_the_shares_below_and_at_or_below_has_no_error():
    shares = coverage(np.array([0, 0, 0, 1]), np.zeros((4, 1)))
    assert shares.tolist() == [[0.0, 0.75]]
    assert coverage_error(shares, [0.5]).tolist() == [0.0]
    assert coverage_error(shares, [0.95]) == pytest.approx([-0.2])


@given(st.lists(st.integers(0, 20), min_size=1, max_size=40), st.integers(0, 20))
def test_the_two_shares_enclose_each_other(sales: list[int], quantile: int):
    below, at_or_below = coverage(np.array(sales), np.full((len(sales), 1), float(quantile)))[0]
    assert 0 <= below <= at_or_below <= 1


def test_headline_averages_only_the_levels_a_reorder_point_is_taken_from():
    headline = headline_loss(WEEKLY_SALES, FORECASTS, LEVELS)
    upper = pinball_loss(WEEKLY_SALES, FORECASTS, LEVELS)[:, 1:].mean(axis=1)
    assert headline == pytest.approx(upper)
    assert len(headline_loss(WEEKLY_SALES, FORECASTS[:, :1], [0.5])) == 6


def test_group_scores_add_up_to_the_whole():
    abc = np.array([0, 0, 1, 1, 2, 2])
    table = score_table(WEEKLY_SALES, FORECASTS, LEVELS, {"abc": abc})
    loss = table["weighted_pinball"].fillna(0) * table["demand"]
    sums = loss.groupby([table["grouping"], table["level"]]).sum()
    assert sums["abc"].to_numpy() == pytest.approx(sums["all"].to_numpy())
    assert table.loc[table["grouping"] == "all", "rows"].eq(6).all()
    assert len(table) == 4 * len(LEVELS)
