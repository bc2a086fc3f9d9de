"""Demand paths of one item, drawn from seven patterns with random parameters.

A path is the given past (5 periods, before anything happens) and the horizon, in whole units.
Level, noise and every parameter of a pattern are drawn per seed, so that no rule can be tuned to
one of them. All but the level are in shares of the item's level.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from stockalert.arrays import FloatArray

__all__ = ["HORIZON", "PAST", "PATTERNS", "Law", "demand_law"]

PAST = 5
HORIZON = 50
_N = PAST + HORIZON


@dataclass(frozen=True)
class Law:
    """What one path is drawn from: mean + noise, noise[t] = carry·noise[t − 1] + sd[t]·shock[t].

    Attributes
    ----------
    mean, sd : shape (PAST + HORIZON,), share of the level
    carry : share
    uniform : shocks are uniform instead of normal
    level : units
    """

    mean: FloatArray
    sd: FloatArray
    carry: float = 0.0
    uniform: bool = False
    level: float = 1.0

    def shocks(self, rng: np.random.Generator, shape: tuple[int, ...]) -> FloatArray:
        """Independent draws of mean 0 and deviation 1."""
        if self.uniform:
            return np.asarray(rng.uniform(-np.sqrt(3.0), np.sqrt(3.0), shape))
        return rng.standard_normal(shape)

    def units(self, mean_and_noise: FloatArray) -> FloatArray:
        """Whole units, never below 0."""
        return np.asarray(np.round(self.level * np.clip(mean_and_noise, 0.0, None)))


def demand_law(pattern: str, seed: int) -> tuple[Law, FloatArray]:
    """The law of a pattern and seed, and the path of PAST + HORIZON periods drawn from it.

    Examples
    --------
    >>> _, path = demand_law("stationary", 1)
    >>> path.shape, bool((path == demand_law("stationary", 1)[1]).all())
    ((55,), True)
    """
    rng = np.random.default_rng([list(PATTERNS).index(pattern), seed])
    drawn = PATTERNS[pattern](rng)
    level = float(np.exp(rng.uniform(np.log(30.0), np.log(300.0))))
    uniform = bool(rng.random() < 0.25)
    law = Law(drawn.mean, drawn.sd, drawn.carry, uniform, level)
    shocks = law.sd * law.shocks(rng, (_N,))
    shocks[0] /= np.sqrt(1.0 - law.carry**2)
    noise = np.empty(_N)
    last = 0.0
    for t in range(_N):
        noise[t] = last = law.carry * last + shocks[t]
    return law, law.units(law.mean + noise)


def _variation(rng: np.random.Generator) -> float:
    return float(rng.uniform(0.1, 0.4))


def _stationary(rng: np.random.Generator) -> Law:
    return Law(np.ones(_N), np.full(_N, _variation(rng)))


def _noisy(rng: np.random.Generator, mean: FloatArray) -> Law:
    """Noise of the first level's deviation for ever, or (every other path) a share of the mean."""
    sd = _variation(rng)
    return Law(mean, sd * mean if rng.random() < 0.5 else np.full(_N, sd))


def _trend(rng: np.random.Generator) -> Law:
    """Up to three times the level, or down to a fifth, linearly or exponentially."""
    last = rng.uniform(1.5, 3.0) if rng.random() < 0.5 else rng.uniform(0.2, 0.7)
    share = np.clip(np.arange(1 - PAST, HORIZON + 1) / HORIZON, 0.0, None)
    return _noisy(rng, last**share if rng.random() < 0.5 else 1.0 + (last - 1.0) * share)


def _variance_change(rng: np.random.Generator) -> Law:
    low, high = rng.uniform(0.05, 0.2), rng.uniform(0.3, 0.5)
    first, second = (low, high) if rng.random() < 0.5 else (high, low)
    later = np.arange(_N) >= PAST + rng.integers(10, 36)
    return Law(np.ones(_N), np.where(later, second, first))


def _level_shift(rng: np.random.Generator) -> Law:
    """One to three lasting jumps, each to between 0.3 and 3 times the first level."""
    mean = np.ones(_N)
    for start in np.sort(rng.integers(5, 45, rng.integers(1, 4))):
        up = rng.random() < 0.5
        mean[PAST + start :] = rng.uniform(1.5, 3.0) if up else rng.uniform(0.3, 0.7)
    return _noisy(rng, mean)


def _seasonal(rng: np.random.Generator) -> Law:
    """A sine, or (some short ones) any repeated profile, of 4 to 26 periods."""
    length = int(rng.integers(4, 27))
    phase = np.arange(_N) + rng.integers(0, length)
    wave = np.sin(2.0 * np.pi * phase / length)
    if length <= 13 and rng.random() < 0.3:
        profile = rng.standard_normal(length)
        wave = ((profile - profile.mean()) / profile.std() / np.sqrt(2.0))[phase % length]
    return Law(1.0 + rng.uniform(0.3, 0.8) * wave, np.full(_N, rng.uniform(0.05, 0.25)))


def _spikes_and_dips(rng: np.random.Generator) -> Law:
    """One to three episodes of 1 to 6 periods, after which all is as before."""
    mean = np.ones(_N)
    for start in rng.integers(5, 45, rng.integers(1, 4)):
        up = rng.random() < 0.6
        episode = slice(PAST + start, PAST + start + rng.integers(1, 7))
        mean[episode] = rng.uniform(1.8, 4.0) if up else rng.uniform(0.0, 0.5)
    return Law(mean, np.full(_N, _variation(rng)))


def _autocorrelated(rng: np.random.Generator) -> Law:
    """AR(1) around a constant level, started in its stationary state."""
    carry = float(rng.choice([-0.5, 0.3, 0.5, 0.7, 0.9]))
    sd = _variation(rng) * np.sqrt(1.0 - carry**2)
    return Law(np.ones(_N), np.full(_N, sd), carry)


PATTERNS: dict[str, Callable[[np.random.Generator], Law]] = {
    "stationary": _stationary,
    "trend": _trend,
    "variance_change": _variance_change,
    "level_shift": _level_shift,
    "seasonal": _seasonal,
    "spikes_and_dips": _spikes_and_dips,
    "autocorrelated": _autocorrelated,
}
