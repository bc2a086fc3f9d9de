"""Scores of quantile forecasts: pinball loss per unit of demand, coverage, and what is certain.

Every function takes rows: `actual` and `weight` of shape (n_rows,), `predicted` of shape
(n_rows, n_levels). Losses are computed per row first; sums and resampling come last.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.forecast.problem import HEADLINE, LEVELS, Array

__all__ = [
    "Coverage",
    "Skill",
    "coverage",
    "coverage_error",
    "coverage_limits",
    "crossing_rate",
    "excess_beyond_limits",
    "pinball_loss",
    "skill",
    "weighted_pinball",
]

_RESAMPLES = 2_000
_LIMITS = (5, 95)  # percentiles: 90 % intervals


def pinball_loss(actual: Array, predicted: Array) -> Array:
    """Return max(τ(y − q), (τ − 1)(y − q)) per row and level, in units.

    Examples
    --------
    >>> pinball_loss(np.array([10.0]), np.array([[8.0, 8.0, 8.0, 8.0, 8.0, 18.0]])).round(2)
    array([[1.  , 1.6 , 1.8 , 1.9 , 1.95, 0.08]])
    """
    short = actual[:, None] - predicted
    return np.maximum(LEVELS * short, (LEVELS - 1) * short)


def weighted_pinball(loss: Array, actual: Array, weight: Array) -> Array:
    """Return Σ loss ÷ Σ demand per level."""
    return weight @ loss / (weight @ actual)


@dataclass(frozen=True)
class Coverage:
    """Shares of outcomes below, and at or below, each level's quantile, shape (n_levels,).

    Counts cannot hit a level exactly: any level within [below, at_or_below] is met.
    """

    below: Array
    at_or_below: Array


def coverage(actual: Array, predicted: Array, weight: Array) -> Coverage:
    """Measure one-sided coverage."""
    share = weight / weight.sum()
    return Coverage(share @ (actual[:, None] < predicted), share @ (actual[:, None] <= predicted))


def coverage_error(measured: Coverage) -> Array:
    """Distance of each level from [below, at_or_below].

    Examples
    --------
    >>> below, at_or_below = LEVELS - [0.1, 0, 0, 0, 0, 0.02], LEVELS + [0.1, 0, 0, 0, 0, -0.01]
    >>> coverage_error(Coverage(below, at_or_below)).round(3)
    array([0.  , 0.  , 0.  , 0.  , 0.  , 0.01])
    """
    return np.maximum(0, np.maximum(measured.below - LEVELS, LEVELS - measured.at_or_below))


def coverage_limits(
    actual: Array, predicted: Array, weight: Array, cutoff: Array, block: int
) -> Coverage:
    """Lower limit of the share below, and upper limit of the share at or below, per level.

    The 90 % limits of a circular bootstrap over blocks of `block` consecutive cutoffs, since
    windows overlap.
    """
    cutoffs, at = np.unique(cutoff, return_inverse=True)
    sums = [
        _sum_by(at, weight[:, None] * (actual[:, None] < predicted), len(cutoffs)),
        _sum_by(at, weight[:, None] * (actual[:, None] <= predicted), len(cutoffs)),
    ]
    draws = _block_counts(len(cutoffs), min(block, len(cutoffs)))
    total = draws @ np.bincount(at, weight, len(cutoffs))
    resampled = [draws @ part / np.maximum(total, 1e-9)[:, None] for part in sums]
    lower = np.percentile(resampled[0], _LIMITS[0], axis=0)
    upper = np.percentile(resampled[1], _LIMITS[1], axis=0)
    return Coverage(lower, upper)


def excess_beyond_limits(
    actual: Array, predicted: Array, weight: Array, cutoff: Array, block: int
) -> Array:
    """Coverage error that chance does not explain: each level's distance from the limits."""
    return coverage_error(coverage_limits(actual, predicted, weight, cutoff, block))


def crossing_rate(predicted: Array) -> float:
    """Share of rows in which a higher level has a lower quantile."""
    return float((np.diff(predicted, axis=1) < -1e-6).any(axis=1).mean())


@dataclass(frozen=True)
class Skill:
    """1 − ours ÷ peer, headline weighted pinball, with its paired 90 % interval over SKUs."""

    estimate: float
    low: float
    high: float


def skill(ours: Array, peer: Array, weight: Array, series: Array) -> Skill:
    """Compare two forecasts of the same rows by their losses, resampling whole series.

    Examples
    --------
    >>> loss = np.ones((4, 6))
    >>> skill(0.9 * loss, loss, np.ones(4), np.array([0, 0, 1, 1]))
    Skill(estimate=0.1, low=0.1, high=0.1)
    """
    kinds, at = np.unique(series, return_inverse=True)
    per_series = np.stack(
        [np.bincount(at, weight * loss[:, HEADLINE].sum(axis=1)) for loss in (ours, peer)], axis=1
    )
    random = np.random.default_rng(7)
    draws = random.multinomial(len(kinds), np.full(len(kinds), 1 / len(kinds)), _RESAMPLES)
    resampled = draws @ per_series
    low, high = np.percentile(1 - resampled[:, 0] / resampled[:, 1], _LIMITS)
    ours_total, peer_total = per_series.sum(axis=0)
    return Skill(*(round(float(x), 4) for x in (1 - ours_total / peer_total, low, high)))


def _sum_by(at: Array, values: Array, size: int) -> Array:
    summed = np.zeros((size, values.shape[1]))
    np.add.at(summed, at, values)
    return summed


def _block_counts(n_cutoffs: int, block: int) -> Array:
    """How often each cutoff is drawn in each resample, shape (n_resamples, n_cutoffs)."""
    n_blocks = -(-n_cutoffs // block)
    starts = np.random.default_rng(7).integers(n_cutoffs, size=(_RESAMPLES, n_blocks, 1))
    drawn = ((starts + np.arange(block)) % n_cutoffs).reshape(_RESAMPLES, -1)[:, :n_cutoffs]
    flat = drawn + np.arange(_RESAMPLES)[:, None] * n_cutoffs
    return np.bincount(flat.ravel(), minlength=_RESAMPLES * n_cutoffs).reshape(_RESAMPLES, -1)
