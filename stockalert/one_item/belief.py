"""What is believed of one item's demand, after each period."""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln, log_ndtr

from stockalert.arrays import FloatArray
from stockalert.one_item.hypotheses import (
    LEAST_VARIANCE,
    NOISE_SD,
    Hypotheses,
    branch,
    first_hypotheses,
)
from stockalert.one_item.structures import LEVEL, OFFSET, SLOPE, STRUCTURES, WAVES, waves

__all__ = ["Belief"]

N_KEPT = 60
NOISE_MEMORY = 50.0  # periods


class Belief:
    """The likeliest hypotheses, weighed by how well each foretold the demands so far.

    Attributes
    ----------
    scale : units; all else is in multiples of it
    period : number of the next period
    last : last period's demand, scale
    hypotheses : at most N_KEPT, likeliest not first
    """

    def __init__(self, past_demand: FloatArray) -> None:
        mean = float(past_demand.mean())
        self.scale = mean if mean > 0 else 1.0
        self.period = 0
        self.last = 0.0
        variance = float(np.var(past_demand / self.scale, ddof=1))
        prior = 0.7 * variance + 0.3 * min(NOISE_SD**2, 4.0 * variance)
        self.hypotheses = first_hypotheses(prior)
        for units in past_demand:
            self.observe(float(units))

    def observe(self, units: float, *, sold_out: bool = False) -> None:
        """Learn one period's demand; where it sold out, demand was at least this, units."""
        demand = units / self.scale
        known = branch(self.hypotheses) if self.period else self.hypotheses
        _move_level(known)
        seen = self._seen(known)
        carried = STRUCTURES.carry[known.structure] * self.last
        towards = np.einsum("nij,nj->ni", known.spread, seen)
        stretch = np.einsum("ni,ni->n", towards, seen) + 1.0
        error = demand - carried - np.einsum("ni,ni->n", known.mean, seen)
        variance = known.variance * stretch
        if sold_out:
            known.log_weight += log_ndtr(-error / np.sqrt(variance))
            beyond, squared = _above(error, variance)
            demand += float(known.weight @ (beyond - error))
            error = beyond
        else:
            known.log_weight += _log_t(error, variance, 2.0 * known.shape)
            squared = error**2
        _learn(known, towards, stretch, error, squared)
        self.last = demand
        self.period += 1
        self.hypotheses = _likeliest(known)

    def _seen(self, known: Hypotheses) -> FloatArray:
        """x of the new period, less what the carried-over noise takes away; shape (n, 7)."""
        seen = np.zeros_like(known.mean)
        before = np.zeros_like(known.mean)
        seen[:, LEVEL], seen[:, OFFSET] = 1.0, known.episode
        if self.period:
            waving = waves(self.period - 1, 2)
            seen[:, WAVES] = waving[1, known.structure]
            before[:, LEVEL], before[:, SLOPE] = 1.0, -1.0
            before[:, WAVES] = waving[0, known.structure]
        else:
            seen[:, WAVES] = waves(0, 1)[0, known.structure]
        return np.asarray(seen - STRUCTURES.carry[known.structure, None] * before)


def _move_level(known: Hypotheses) -> None:
    """One period passes: the level moves by its slope and its drift (in place)."""
    known.mean[:, LEVEL] += known.mean[:, SLOPE]
    known.spread[:, LEVEL, :] += known.spread[:, SLOPE, :]
    known.spread[:, :, LEVEL] += known.spread[:, :, SLOPE]
    known.spread[:, LEVEL, LEVEL] += STRUCTURES.drift[known.structure]


def _log_t(error: FloatArray, variance: FloatArray, freedom: FloatArray) -> FloatArray:
    """Logarithm of Student's density with this squared scale; shape (n,)."""
    half = (freedom + 1.0) / 2.0
    constant = gammaln(half) - gammaln(freedom / 2.0) - 0.5 * np.log(np.pi * freedom * variance)
    return np.asarray(constant - half * np.log1p(error**2 / (freedom * variance)))


def _above(error: FloatArray, variance: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean of a normal error given that it exceeds this one, and of its square; shape (n,)."""
    sd = np.sqrt(variance)
    z = error / sd
    hazard = np.exp(-0.5 * z**2 - 0.5 * np.log(2.0 * np.pi) - log_ndtr(-z))
    return sd * hazard, variance * (1.0 + z * hazard)


def _learn(
    known: Hypotheses,
    towards: FloatArray,
    stretch: FloatArray,
    error: FloatArray,
    squared: FloatArray,
) -> None:
    """One step of recursive least squares, with its noise (in place)."""
    gain = towards / stretch[:, None]
    known.mean += gain * error[:, None]
    known.spread -= gain[:, :, None] * towards[:, None, :]
    known.shape = known.shape + 0.5
    known.rate = np.maximum(known.rate + 0.5 * squared / stretch, known.shape * LEAST_VARIANCE)
    known.remember(NOISE_MEMORY)


def _likeliest(known: Hypotheses) -> Hypotheses:
    """The N_KEPT likeliest hypotheses and the best of each structure, weights summing to 1."""
    order = np.argsort(-known.log_weight, kind="stable")
    _, first = np.unique(known.structure[order], return_index=True)
    kept = np.zeros(len(order), dtype=np.bool_)
    kept[order[:N_KEPT]] = True
    kept[order[first]] = True
    known = known.take(np.flatnonzero(kept))
    known.log_weight = known.log_weight - np.logaddexp.reduce(known.log_weight)
    return known
