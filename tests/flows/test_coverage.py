"""What is known of recent coverage is held once per group, and told per series."""

from __future__ import annotations

import numpy as np
import pytest

from flows.coverage import Coverage

LEVELS = np.array([0.5, 0.9])
GROUPS = np.array(["slow", "", "fast", "slow", "rare"], np.object_)
MEASURED = {
    "slow": np.array([0.6, 0.95]),
    "fast": np.array([0.55, 0.85]),
    "all": np.array([0.5, 0.9]),
}


@pytest.fixture
def coverage() -> Coverage:
    return Coverage.of(MEASURED, GROUPS, np.array([True, False, True, True, True]), 2)


def test_each_series_has_the_share_of_its_group_or_of_all_where_that_is_small(coverage) -> None:
    found = coverage.at(LEVELS, np.full(5, 0.9))
    np.testing.assert_allclose(found, [0.95, np.nan, 0.85, 0.95, 0.9])
    between = coverage.at(LEVELS, np.full(5, 0.7))
    np.testing.assert_allclose(between, [0.775, np.nan, 0.7, 0.775, 0.7])


def test_blocks_of_any_size_tell_the_same(coverage, monkeypatch) -> None:
    level = np.array([0.5, 0.6, 0.7, 0.8, 0.9])
    expected = coverage.at(LEVELS, level)
    monkeypatch.setattr("flows.coverage.BLOCK_SERIES", 2)
    np.testing.assert_array_equal(coverage.at(LEVELS, level), expected)


def test_a_series_that_keeps_its_last_forecast_keeps_its_share(coverage) -> None:
    kept = coverage.kept(np.array([1, 4]), np.array([0.8, 0.7]))
    found = kept.at(LEVELS, np.full(5, 0.9))
    np.testing.assert_allclose(found, [0.95, 0.8, 0.85, 0.95, 0.7])
    assert np.isnan(coverage.at(LEVELS, np.full(5, 0.9))[1]), "the other one is as it was"


def test_without_a_model_nothing_is_known() -> None:
    assert np.isnan(Coverage.unknown(3, 2).at(LEVELS, np.full(3, 0.9))).all()
