"""Hypotheses about one item's demand: a structure, and what happened when.

Given a hypothesis, coefficients are normal and the variance of the noise is inverse gamma, so that
one demand more is a step of least squares and its foretold distribution is Student's t (West &
Harrison, 1997, *Bayesian Forecasting and Dynamic Models*, ch. 4).
Every period the likeliest hypotheses branch: the level jumped for good, the noise became another,
a passing episode began, an episode ended.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stockalert.arrays import BoolArray, FloatArray, IntArray
from stockalert.one_item.structures import LEVEL, N_COEFFICIENTS, OFFSET, SLOPE, STRUCTURES

__all__ = ["EPISODE_STAYS", "LEAST_VARIANCE", "Hypotheses", "branch", "first_hypotheses"]

LEAST_VARIANCE = 1e-6  # of the noise, scale²
LEVEL_SD, WAVE_SD, JUMP_SD, EPISODE_SD = 0.7, 0.45, 0.6, 1.2  # prior deviations, scale or level
NOISE_SD = 0.25
NOISE_PERIODS = 2.0  # what the prior of the noise weighs
P_JUMP, P_NOISE, P_EPISODE = 1 / 40, 1 / 50, 1 / 40  # per period
EPISODE_STAYS = 0.65
N_BRANCHING = 4


@dataclass
class Hypotheses:
    """One row per hypothesis.

    Attributes
    ----------
    structure : shape (n,), row of STRUCTURES
    log_weight : shape (n,)
    mean : shape (n, 7), scale
    spread : shape (n, 7, 7), covariance ÷ variance of the noise
    shape, rate : shape (n,), of the inverse gamma distribution of the noise's variance
    episode : shape (n,), a passing episode is under way
    """

    structure: IntArray
    log_weight: FloatArray
    mean: FloatArray
    spread: FloatArray
    shape: FloatArray
    rate: FloatArray
    episode: BoolArray

    @property
    def variance(self) -> FloatArray:
        """Variance of the noise, at least LEAST_VARIANCE; shape (n,)."""
        return np.maximum(self.rate / self.shape, LEAST_VARIANCE)

    @property
    def weight(self) -> FloatArray:
        """Probabilities, shape (n,)."""
        return np.asarray(np.exp(self.log_weight - np.logaddexp.reduce(self.log_weight)))

    def take(self, rows: IntArray | slice) -> Hypotheses:
        """Some rows: a copy, or (of a slice) a view through which they change."""
        return Hypotheses(
            self.structure[rows],
            self.log_weight[rows],
            self.mean[rows],
            self.spread[rows],
            self.shape[rows],
            self.rate[rows],
            self.episode[rows],
        )

    def remember(self, periods: float) -> None:
        """Let the noise's variance rest on at most so many periods (in place)."""
        shape = np.minimum(self.shape, periods / 2.0)
        self.rate *= shape / self.shape
        self.shape[:] = shape


def first_hypotheses(noise_variance: float) -> Hypotheses:
    """Every structure at level 1, before any demand is seen.

    Parameters
    ----------
    noise_variance : what the prior expects, scale²
    """
    n = len(STRUCTURES.prior)
    variances = np.zeros((n, N_COEFFICIENTS))
    variances[:, LEVEL] = LEVEL_SD**2
    variances[:, SLOPE] = STRUCTURES.slope_sd**2
    for k in (1, 2):
        variances[:, 2 * k : 2 * k + 2] = ((STRUCTURES.n_waves >= k) * WAVE_SD**2 / k)[:, None]
    mean = np.zeros((n, N_COEFFICIENTS))
    mean[:, LEVEL] = 1.0
    shape = np.full(n, NOISE_PERIODS / 2.0)
    spread = variances[:, :, None] * np.eye(N_COEFFICIENTS) / NOISE_SD**2
    rate = shape * max(noise_variance, LEAST_VARIANCE)
    none = np.zeros(n, dtype=np.bool_)
    return Hypotheses(np.arange(n), np.log(STRUCTURES.prior), mean, spread, shape, rate, none)


def branch(known: Hypotheses) -> Hypotheses:
    """Add what may have happened since the last period; weights sum to what they did."""
    total = np.logaddexp.reduce(known.log_weight)
    top = np.argsort(-known.log_weight, kind="stable")[:N_BRANCHING]
    calm = top[~known.episode[top] & (STRUCTURES.carry[known.structure[top]] == 0)]
    rows = [np.arange(len(known.shape)), top, top, calm, np.flatnonzero(known.episode)]
    ends = np.cumsum([len(part) for part in rows])
    all_of_them = known.take(np.concatenate(rows))
    staying, jumped, changed, begun, ended = (
        all_of_them.take(slice(end - len(part), end)) for part, end in zip(rows, ends, strict=True)
    )
    staying.log_weight += np.log(1.0 - P_JUMP - P_NOISE - P_EPISODE)
    staying.log_weight[known.episode] += np.log(EPISODE_STAYS)
    _weigh(_jump(jumped), total, P_JUMP)
    _weigh(_change_noise(changed), total, P_NOISE)
    _weigh(_begin_episode(begun), total, P_EPISODE)
    _end_episode(ended)
    return all_of_them


def _weigh(some: Hypotheses, total: float, probability: float) -> None:
    """Share the probability of an event between the hypotheses that it could happen to."""
    if len(some.log_weight):
        some.log_weight += total + np.log(probability) - np.logaddexp.reduce(some.log_weight)


def _jump(some: Hypotheses) -> Hypotheses:
    """The level is elsewhere from now on, perhaps with another slope and noise."""
    height = np.maximum(np.abs(some.mean[:, LEVEL]), 0.3)
    some.spread[:, LEVEL, LEVEL] += (JUMP_SD * height) ** 2 / some.variance
    some.spread[:, SLOPE, SLOPE] += STRUCTURES.slope_sd[some.structure] ** 2 / some.variance
    some.remember(4.0)
    return some


def _change_noise(some: Hypotheses) -> Hypotheses:
    """The noise is another: what is known of it is worth one period."""
    some.remember(1.0)
    some.rate *= 1.5
    return some


def _begin_episode(some: Hypotheses) -> Hypotheses:
    """Demand is elsewhere for a while, and will be as before after that."""
    height = np.maximum(np.abs(some.mean[:, LEVEL]), 0.3)
    some.spread[:, OFFSET, OFFSET] = (EPISODE_SD * height) ** 2 / some.variance
    some.episode[:] = True
    return some


def _end_episode(some: Hypotheses) -> None:
    """Demand is as it was before the episode."""
    kept = np.log(1.0 - P_JUMP - P_NOISE - P_EPISODE)
    some.log_weight += kept + np.log(1.0 - EPISODE_STAYS)
    some.mean[:, OFFSET] = 0.0
    some.spread[:, OFFSET, :] = 0.0
    some.spread[:, :, OFFSET] = 0.0
    some.episode[:] = False
