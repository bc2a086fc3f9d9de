"""Coverage of recent outcomes: by group, by age, under the calibration they were forecast with."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.calibration import Calibration
from models.outcomes import Outcomes
from models.recent_coverage import coverage_by_group

LEVELS = (0.5, 0.9)
TODAY = np.datetime64("2024-06-30")


def windows(count: int, *, days_ago: int, demand: float, expected: float = 1.0) -> Outcomes:
    """Return windows of a week that forecast 1 and 2 units."""
    units = np.full(count, demand, np.float32)
    end = np.full(count, TODAY - days_ago)
    level = np.full(count, expected, np.float32)
    predicted = np.tile(np.array([1.0, 2.0], np.float32), (count, 1))
    return Outcomes(end - 7, end, level, units, np.ones_like(units), predicted)


def test_outcomes_at_a_quantile_count_as_covered_and_old_ones_not_at_all() -> None:
    none = Calibration.none(LEVELS)
    told = [
        (windows(30, days_ago=5, demand=1.0), none),
        (windows(10, days_ago=90, demand=3.0), none),
        (windows(500, days_ago=91, demand=9.0), none),
    ]
    found = coverage_by_group(told, last_day=TODAY)
    assert found["all"] == pytest.approx([0.75, 0.75])
    assert set(found) == {"all"}, "forty windows are too few for a group of their own"


def test_each_outcome_is_judged_under_its_own_calibration() -> None:
    none = Calibration.none(LEVELS)
    raised = replace(none, shifts=dict.fromkeys(none.shifts, (1.0, 1.0)))
    told = [
        (windows(200, days_ago=5, demand=2.5), none),
        (windows(200, days_ago=5, demand=2.5, expected=2.0), raised),
    ]
    found = coverage_by_group(told, last_day=TODAY)
    assert found["all"] == pytest.approx([0.5, 0.5])
    assert found["volume 0.5-1.5"] == pytest.approx([0.0, 0.0])
    assert found["volume 1.5-5"] == pytest.approx([1.0, 1.0])


def test_nothing_that_ended_means_nothing_is_known() -> None:
    old = windows(50, days_ago=200, demand=1.0)
    assert coverage_by_group([(old, Calibration.none(LEVELS))], last_day=TODAY) == {}
