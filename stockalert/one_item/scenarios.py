"""Paths of one item's future demand, drawn from what is believed.

The random numbers are the same at every decision: they are evenly spread over each margin and
shuffled once. Equal beliefs therefore give equal orders.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.special import ndtri

from stockalert.arrays import FloatArray, IntArray
from stockalert.one_item.belief import Belief
from stockalert.one_item.hypotheses import EPISODE_STAYS
from stockalert.one_item.structures import (
    LEVEL,
    N_COEFFICIENTS,
    OFFSET,
    SLOPE,
    STRUCTURES,
    WAVES,
    waves,
)

__all__ = ["N_ORDERS", "N_SCENARIOS", "demand_paths", "lead_time_draws"]

N_SCENARIOS = 300
N_ORDERS = 40  # lead times drawn; orders beyond share draws
_SEED = 7


@dataclass(frozen=True)
class _Draws:
    """Standard normal draws, N_SCENARIOS rows; `ends` is the last period of an episode."""

    coefficients: FloatArray
    noise: FloatArray
    shocks: FloatArray
    drift: FloatArray
    ends: FloatArray


@lru_cache(maxsize=32)
def _draws(horizon: int) -> _Draws:
    rng = np.random.default_rng(_SEED)
    ends = np.floor(np.log(_spread(rng, 1)[:, 0]) / np.log(EPISODE_STAYS))
    coefficients, noise = ndtri(_spread(rng, N_COEFFICIENTS)), ndtri(_spread(rng, 1)[:, 0])
    shocks, drift = ndtri(_spread(rng, horizon)), ndtri(_spread(rng, horizon))
    return _Draws(coefficients, noise, shocks, drift, ends)


@lru_cache(maxsize=1)
def lead_time_draws() -> FloatArray:
    """Uniform draws, shape (N_SCENARIOS, N_ORDERS)."""
    return _spread(np.random.default_rng(_SEED + 1), N_ORDERS)


def _spread(rng: np.random.Generator, n_columns: int) -> FloatArray:
    """Columns of shuffled midpoints of N_SCENARIOS equal parts of 0..1."""
    ranks = np.argsort(rng.random((N_SCENARIOS, n_columns)), axis=0)
    return np.asarray((ranks + 0.5) / N_SCENARIOS)


def demand_paths(belief: Belief, horizon: int) -> FloatArray:
    """Demand of the next periods; shape (N_SCENARIOS, horizon), units."""
    known, draws = belief.hypotheses, _draws(horizon)
    levels = (np.arange(N_SCENARIOS) + 0.5) / N_SCENARIOS
    chosen = np.searchsorted(np.cumsum(known.weight), levels)
    chosen = np.minimum(chosen, len(known.shape) - 1)
    sigma = _noise_sd(known.shape[chosen], known.rate[chosen], draws.noise)
    beta = known.mean[chosen] + sigma[:, None] * _correlated(known.spread, chosen, draws)
    structure = known.structure[chosen]
    ahead = np.arange(horizon)
    paths = np.einsum("hnk,nk->nh", waves(belief.period, horizon)[:, structure], beta[:, WAVES])
    paths += beta[:, LEVEL, None] + beta[:, SLOPE, None] * (ahead + 1.0)
    paths += _carried(belief, structure, beta, sigma[:, None] * draws.shocks)
    drift = np.sqrt(STRUCTURES.drift[structure]) * sigma
    paths += drift[:, None] * np.cumsum(draws.drift, axis=1)
    lasting = known.episode[chosen, None] & (draws.ends[:, None] > ahead)
    paths += lasting * beta[:, OFFSET, None]
    return np.asarray(np.maximum(paths, 0.0) * belief.scale)


def _noise_sd(shape: FloatArray, rate: FloatArray, draws: FloatArray) -> FloatArray:
    """Deviations of the noise, by Wilson & Hilferty's cube root of the gamma distribution."""
    ninth = 1.0 / (9.0 * shape)
    gamma = shape * np.maximum(1.0 - ninth + draws * np.sqrt(ninth), 0.35) ** 3
    return np.asarray(np.sqrt(rate / gamma))


def _correlated(spread: FloatArray, chosen: IntArray, draws: _Draws) -> FloatArray:
    """Draws of the coefficients' errors in units of the noise, shape (N_SCENARIOS, 7)."""
    used = np.zeros(len(spread), dtype=np.bool_)
    used[chosen] = True
    roots = np.linalg.cholesky(spread[used] + 1e-9 * np.eye(N_COEFFICIENTS))
    position = np.cumsum(used) - 1
    return np.asarray(np.einsum("nij,nj->ni", roots[position[chosen]], draws.coefficients))


def _carried(
    belief: Belief, structure: IntArray, beta: FloatArray, shocks: FloatArray
) -> FloatArray:
    """Noise of each period, with what it carries over from the one before."""
    carry = STRUCTURES.carry[structure]
    if not carry.any():
        return shocks
    now = waves(belief.period - 1, 1)[0, structure]
    noise = belief.last - beta[:, LEVEL] - np.einsum("nk,nk->n", now, beta[:, WAVES])
    carried = np.empty_like(shocks)
    for h in range(shocks.shape[1]):
        noise = carry * noise + shocks[:, h]
        carried[:, h] = noise
    return carried
