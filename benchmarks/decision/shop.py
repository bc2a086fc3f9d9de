"""A shop replayed with (s, nQ): the world, the quantity Q of everyone, when thresholds change."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.forecast.problem import Array, Problem
from stockalert.formulas import formula_window, moments
from stockalert.simulation import FixedQuantity, World
from stockalert.simulation.comparison import Play

__all__ = ["Shop", "past_moments", "quarter_of", "quarterly_mean", "visible"]

QUARTER_WEEKS = 13
_LEAST_MEAN = 1 / 180


@dataclass(frozen=True)
class Shop:
    """What every policy meets.

    Attributes
    ----------
    problem : the series, with the protection intervals of this replay
    cutoffs : shape (n_cutoffs,), a week apart; last periods known when thresholds are computed
    first : position in `cutoffs` of the last one before the scored period
    world : from the period after the first cutoff
    quantity, mean : shape (n_series, n_cutoffs), units; Q, and mean demand per period behind it
    """

    problem: Problem
    cutoffs: Array
    first: int
    world: World
    quantity: Array
    mean: Array

    @property
    def scored_from(self) -> int:
        """First period that counts."""
        return int(self.cutoffs[self.first]) + 1

    @property
    def cycle(self) -> Array:
        """Days an order lasts, shape (n_series, n_cutoffs)."""
        days = self.problem.period_days
        return np.asarray(days * self.quantity / np.maximum(self.mean, days * _LEAST_MEAN))

    @property
    def span(self) -> Array:
        """Days from one chance to run short to the next, shape (n_series, n_cutoffs).

        Orders overlap and unserved demand is lost: a cycle and a protection interval.
        """
        days = self.problem.period_days * np.asarray(self.problem.horizon, np.float64)
        return np.asarray(self.cycle + days[:, None])

    @property
    def value(self) -> Array:
        """What a unit is worth, shape (n_series,): turns stock and lost units into money."""
        return np.asarray(self.problem.unit_value, np.float64)

    def play(self, points: Array) -> Play:
        """Policy (s, nQ) with reorder points (n_series, n_cutoffs), raised to whole units."""
        return Play(FixedQuantity(np.ceil(points - 1e-9), self.quantity, self.cutoffs + 1))


def quarter_of(n_cutoffs: int, first: int) -> Array:
    """For each cutoff the one at which its quarter's review was held; one is held at `first`.

    Examples
    --------
    >>> quarter_of(20, 5).tolist()
    [0, 0, 0, 0, 0, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 18, 18]
    """
    at = np.arange(n_cutoffs) - first
    return np.maximum(first + QUARTER_WEEKS * (at // QUARTER_WEEKS), 0)


def quarterly_mean(problem: Problem, cutoffs: Array, first: int) -> Array:
    """Mean demand per period known at each quarter's review, (n_series, n_cutoffs), units."""
    reviews = cutoffs[quarter_of(len(cutoffs), first)]
    means = {cutoff: past_moments(problem, int(cutoff))[0] for cutoff in np.unique(reviews)}
    return np.stack([means[cutoff] for cutoff in reviews], axis=1)


def past_moments(problem: Problem, cutoff: int) -> tuple[Array, Array]:
    """Mean and deviation per period as the contract's formula takes them; (n_series,) each."""
    window = slice(max(cutoff + 1 - formula_window(problem.period_days), 0), cutoff + 1)
    return moments(problem.demand[:, window], visible(problem)[:, window])


def visible(problem: Problem) -> Array:
    """Periods in stock, from the first sale on; shape (n_series, n_periods)."""
    began = np.arange(problem.demand.shape[1]) >= problem.first[:, None]
    return np.asarray(began & (problem.observed >= 0.5))
