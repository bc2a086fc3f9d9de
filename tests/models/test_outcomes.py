"""Outcomes keep what calibration reads, and nothing that was not seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.outcomes import Outcomes


def test_windows_that_nobody_saw_are_left_out(grocer):
    weight = np.ones(len(grocer), np.float32)
    weight[:10] = 0.0
    hidden = replace(grocer, weight=weight)
    predicted = np.zeros((len(grocer), 2))
    assert len(Outcomes.of(hidden, predicted)) == len(grocer) - 10
    with pytest.raises(ValueError, match="demand"):
        Outcomes.of(replace(grocer, demand=None), predicted)


def test_a_window_ends_its_horizon_after_the_cutoff(grocer):
    found = Outcomes.of(grocer, np.zeros((len(grocer), 1)), period_days=7)
    assert np.array_equal((found.end - found.cutoff).astype(int), 7 * grocer.horizon)


def test_thinning_keeps_the_span_of_time_and_no_more_than_asked(grocer):
    found = Outcomes.of(grocer, np.zeros((len(grocer), 1)))
    few = found.thinned(100)
    assert 50 <= len(few) <= 100
    assert few.cutoff.min() == found.cutoff.min()
    assert len(Outcomes.none(1).thinned(5)) == 0


def test_outcomes_are_read_back_exactly(grocer, tmp_path):
    found = Outcomes.of(grocer, np.ones((len(grocer), 3)))
    found.save(tmp_path / "outcomes.npz")
    again = Outcomes.load(tmp_path / "outcomes.npz")
    assert all(np.array_equal(value, getattr(again, name)) for name, value in vars(found).items())
