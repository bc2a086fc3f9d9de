"""Random lead times, drawn once for all policies."""

from __future__ import annotations

import numpy as np

from stockalert.arrays import IntArray
from stockalert.lead_time import LeadTimes

__all__ = ["draw_lead_times"]


def draw_lead_times(
    lead_times: LeadTimes, n_periods: int, *, seed: int, period_days: float = 1.0
) -> IntArray:
    """Draw the lead time of each night's order, whether or not one is placed.

    One draw per series and night makes the numbers common to all policies. Orders travel
    independently, so a later one may arrive first. A lead time between two whole periods is
    rounded up or down at random so that the mean is kept; the variance grows by at most ¼.

    Parameters
    ----------
    lead_times : distribution of each series' lead time
    n_periods : number of columns of the world's demand
    seed : same seed, same draws
    period_days : 7 with weekly periods

    Returns
    -------
    shape (n_series, n_periods), whole periods

    Examples
    --------
    >>> from stockalert.lead_time import from_moments
    >>> fixed = from_moments(np.array([14.0]), np.array([0.0]))
    >>> draw_lead_times(fixed, 3, seed=7, period_days=7).tolist()
    [[2, 2, 2]]
    """
    random = np.random.default_rng(seed)
    shape = (len(lead_times.mean_days), n_periods)
    chance = random.random(shape, dtype=np.float32)
    atoms = lead_times.atoms_days / period_days
    below = np.cumsum(lead_times.probabilities, axis=1)[:, :-1]
    atom = np.zeros(shape, np.int8)
    for limit in below.T:
        atom += chance >= limit[:, None]
    exact = np.take_along_axis(atoms, atom.astype(np.intp), axis=1)
    # Quadrature leaves rounding errors in whole lead times; they must stay whole.
    whole = np.floor(exact + 1e-9)
    up = random.random(shape, dtype=np.float32) < exact - whole
    return np.asarray(whole + up, np.int32)
