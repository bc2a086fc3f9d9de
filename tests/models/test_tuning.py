"""A search in a box of time: what it may see, what it measures, and when it stops."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

import numpy as np
import pytest

from models.demand import DemandModel
from models.splits import proof_split
from models.tuning import best_parameters, tune

LEVELS = (0.25, 0.5, 0.9, 0.95)
IN_FORCE = {"n_estimators": 15, "n_jobs": 1, "min_child_samples": 30, "num_leaves": 5}
BOX = {"levels": LEVELS, "seed": 3, **IN_FORCE}


def searched(rows, *, looks):
    """Search with a clock that is one second on whenever it is looked at."""
    return tune(rows, seconds=looks, clock=count().__next__, **BOX)


@pytest.fixture(scope="module")
def trials(grocer):
    return searched(grocer, looks=14)


def test_what_is_in_force_is_measured_first_on_the_calibration_window(grocer, trials):
    split = proof_split(grocer)
    later = grocer.take(split.calibration)
    model = DemandModel.fit(
        grocer.take(split.train),
        levels=(0.9, 0.95),
        validation=later,
        random_state=3,
        **IN_FORCE,
    )
    short = later.demand[:, None] - model.raw(later)
    loss = np.where(short > 0, np.array([0.9, 0.95]) * short, np.array([-0.1, -0.05]) * short)
    assert trials[0].parameters == {}
    assert trials[0].loss == pytest.approx(loss.mean(axis=1).sum() / later.demand.sum(), rel=1e-6)


def test_the_best_is_never_worse_than_what_is_in_force(trials):
    assert len(trials) > 1
    best = min(trial.loss for trial in trials)
    (chosen,) = {trial.loss for trial in trials if trial.parameters == best_parameters(trials)}
    assert chosen == best <= trials[0].loss


def test_the_search_never_reads_the_window_that_proves_the_training(grocer, trials):
    changed = np.where(proof_split(grocer).evaluation, 1_000.0, grocer.demand).astype(np.float32)
    assert searched(replace(grocer, demand=changed), looks=14) == trials


def test_a_box_without_time_tries_nothing(grocer):
    assert searched(grocer, looks=0) == ()


def test_a_trial_that_the_time_runs_out_on_does_not_count(grocer):
    assert searched(grocer, looks=2) == ()
