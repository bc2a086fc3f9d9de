"""Possible courses of demand that agree with the calibrated quantiles of its totals.

The forecast gives the distribution of demand over each interval from now on, not how one part of
an interval goes with the next. Paths are drawn step by step:

* the demand of a step is drawn from the forecast for an interval of its length, scaled to the
  expected growth; the steps of a path share one Gaussian factor, loaded with the correlation that
  was learned (`stockalert.dependence`);
* added to the path so far, the draws are ranked over all paths, and rank k of N becomes the
  (k + ½) ÷ N quantile of the *total*: the totals have the forecast's distribution, the ranks
  keep who is high and who is low;
* totals never fall: where the quantile of the rank lies below the path so far, the path stays.
  That is rare, and raises totals by the little the tests state.

All series share the same quasi-random draws (a scrambled Sobol' sequence from a fixed seed), so
neither the order nor the company of the series changes a path.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.special import ndtr, ndtri
from scipy.stats import qmc

from stockalert.arrays import FloatArray, NumberArray
from stockalert.dependence import common_loading
from stockalert.outlook import Horizons
from stockalert.quantiles import at_horizon, quantile_at

__all__ = ["common_draws", "demand_paths"]

SEED = 20260331
TIE = 1e-9


def demand_paths(
    horizons: Horizons, ends: NumberArray, *, correlation: float, n_scenarios: int = 256
) -> FloatArray:
    """Demand from now to the end of each step, along each path.

    Parameters
    ----------
    horizons : quantiles of demand from now over common horizons
    ends : shape (n, n_steps), in the unit of the horizons, non-decreasing, ≥ 0
    correlation : of demand in two intervals of one unit
    n_scenarios : paths per series, best a power of two

    Returns
    -------
    shape (n, n_steps, n_scenarios), units, non-decreasing over the steps

    Examples
    --------
    >>> week = np.array([[[4.0, 10.0], [9.0, 18.0]]])
    >>> horizons = Horizons(np.array([1.0, 2.0]), week, np.array([0.5, 0.9]))
    >>> paths = demand_paths(horizons, np.array([[1.0, 2.0]]), correlation=0.3)
    >>> np.quantile(paths[0], [0.5, 0.9], axis=1).round(1).tolist()
    [[4.0, 9.0], [10.0, 18.0]]
    """
    until = np.asarray(ends, np.float64)
    widths = np.diff(until, axis=1, prepend=0.0)
    totals = _on_grid(horizons, until, n_scenarios)
    steps = _scaled(_on_grid(horizons, widths, n_scenarios), totals)
    draws = common_draws(until.shape[1] + 1, n_scenarios)
    factor, noise = ndtri(draws[0]), ndtri(draws[1:])
    so_far = np.zeros_like(totals[:, 0])
    row_starts = n_scenarios * np.arange(len(until))[:, None]
    for step in range(until.shape[1]):
        loading = common_loading(correlation, widths[:, step])[:, None]
        share = ndtr(loading * factor + np.sqrt(1 - loading**2) * noise[step])
        drawn = np.minimum(share * n_scenarios, n_scenarios - 1).astype(np.intp)
        # Ties, such as paths without demand so far, are broken by the draw.
        score = so_far + steps[:, step].ravel().take(drawn + row_starts) + TIE * share
        ranked = np.empty_like(so_far)
        np.put_along_axis(ranked, np.argsort(score, axis=1), totals[:, step], axis=1)
        still = widths[:, step, None] <= 0
        so_far = np.where(still, so_far, np.maximum(ranked, so_far))
        totals[:, step] = so_far
    return totals


@lru_cache(maxsize=16)
def common_draws(n_dimensions: int, n_scenarios: int) -> FloatArray:
    """Quasi-random numbers in (0, 1) that all series share, shape (n_dimensions, n_scenarios)."""
    sobol = qmc.Sobol(n_dimensions, scramble=True, rng=np.random.default_rng(SEED))
    power = int(np.ceil(np.log2(max(n_scenarios, 2))))
    draws = np.clip(sobol.random_base2(power)[:n_scenarios].T, 1e-9, 1 - 1e-9)
    draws.flags.writeable = False
    return np.asarray(draws)


def _on_grid(horizons: Horizons, ends: FloatArray, n_scenarios: int) -> FloatArray:
    """Quantiles (k + ½) ÷ N of demand over each interval, shape (n, n_steps, n_scenarios)."""
    grid = (np.arange(n_scenarios) + 0.5) / n_scenarios
    # Between knots and in its tail the quantile function is linear in the quantiles given.
    weights = quantile_at(np.eye(len(horizons.levels)), horizons.levels, grid[None, :])
    return np.asarray(at_horizon(horizons.values, horizons.days, ends) @ weights)


def _scaled(steps: FloatArray, totals: FloatArray) -> FloatArray:
    """Steps with the mean that the totals grow by."""
    growth = np.diff(totals.mean(axis=2), axis=1, prepend=0.0)
    mean = steps.mean(axis=2)
    factor = np.divide(growth, mean, out=np.zeros_like(mean), where=mean > 0)
    return np.asarray(steps * np.clip(factor, 0.0, None)[:, :, None])
