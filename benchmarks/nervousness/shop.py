"""Generated shops whose demand drifts and shifts, and what a forecaster says of them each night.

The forecast is an honest one with estimation noise, which is where needless moves come from: an
exponentially weighted mean and variance per weekday-corrected day, as a gamma distribution over
the protection interval. It sees nothing past its cutoff.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from stockalert.arrays import FloatArray, IntArray

__all__ = ["LEVELS", "Shop", "generate", "nightly_quantiles"]

LEVELS = np.array([0.05, 0.1, 0.25, 0.5, 0.75, 0.8, 0.9, 0.95, 0.975, 0.99])
WEEK = np.array([0.8, 0.85, 0.9, 1.0, 1.2, 1.35, 0.9])


@dataclass(frozen=True)
class Shop:
    """Demand by day, and how goods come.

    Attributes
    ----------
    demand : shape (n_skus, n_days), units
    lead_days : shape (n_skus,), days, fixed
    """

    demand: FloatArray
    lead_days: IntArray


def generate(*, skus: int, days: int, seed: int) -> Shop:
    """Draw a shop: most items slow, levels that drift, and one in ten that shifts for good."""
    rng = np.random.default_rng(seed)
    rate = rng.lognormal(0.0, 1.4, skus)[:, None]
    drift = np.exp(np.cumsum(rng.normal(0, 0.01, (skus, days)), axis=1))
    at = rng.integers(days // 2, days, skus)[:, None]
    size = np.where(rng.random(skus) < 0.1, rng.choice([0.5, 2.0], skus), 1.0)[:, None]
    shift = np.where(np.arange(days) >= at, size, 1.0)
    pace = rate * drift * shift * WEEK[np.arange(days) % 7]
    spread = rng.uniform(0.7, 4.0, skus)[:, None]
    demand = rng.poisson(rng.gamma(spread, pace / spread)).astype(np.float64)
    return Shop(demand, rng.integers(3, 22, skus))


def nightly_quantiles(shop: Shop, begins: int, *, memory_days: float) -> FloatArray:
    """Quantiles of demand over lead time + 1 day, as forecast each night.

    Parameters
    ----------
    begins : first day that is decided; its night knows the days before it
    memory_days : mean age of what the forecast remembers

    Returns
    -------
    shape (n_nights, n_skus, n_levels), units
    """
    weight = 1.0 / memory_days
    level = shop.demand[:, :28].mean(axis=1)
    square = shop.demand[:, :28].var(axis=1) + 0.1
    protection = shop.lead_days + 1
    found = []
    for day in range(28, shop.demand.shape[1]):
        if day >= begins:
            season = _season(day, protection)
            centre = np.maximum(level * season, 1e-6)
            variance = np.maximum(square * protection, centre)
            scale = (variance / centre)[:, None]
            found.append(stats.gamma.ppf(LEVELS, centre[:, None] / scale, scale=scale))
        seen = shop.demand[:, day] / WEEK[day % 7]
        square += weight * ((seen - level) ** 2 - square)
        level += weight * (seen - level)
    return np.stack(found)


def _season(day: int, protection: IntArray) -> FloatArray:
    """Sum of weekday factors over each protection interval from `day` on."""
    cumulated = np.concatenate([[0.0], np.cumsum(np.tile(WEEK, 8))])
    start = day % 7
    return np.asarray(cumulated[start + protection] - cumulated[start])
