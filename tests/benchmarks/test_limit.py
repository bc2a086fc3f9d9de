"""The bound is the best combination, and no worse than any forecast in it."""

from __future__ import annotations

import numpy as np

from benchmarks.forecast.limit import best_combination
from benchmarks.forecast.problem import LEVELS
from benchmarks.forecast.scores import pinball_loss


def test_the_best_combination_loses_no_more_than_each_forecast_in_it() -> None:
    rng = np.random.default_rng(3)
    level = rng.gamma(2.0, 5.0, 400)
    actual = rng.poisson(level).astype(np.float64)
    spread = np.sqrt(level)[:, None] * np.array([0.0, 0.84, 1.28, 1.64, 1.96, 2.33])
    candidates = np.stack([level[:, None] + spread, np.full((400, len(LEVELS)), 30.0)], axis=2)
    found = best_combination(actual, candidates, np.ones(400))
    total = pinball_loss(actual, found).sum(axis=0)
    for one in range(2):
        assert (total <= pinball_loss(actual, candidates[:, :, one]).sum(axis=0) + 1e-6).all()
