"""One-sided split-conformal shifts of quantile forecasts, pooled by volume.

The score of a window is (y − q) ÷ (scale × horizon): what the forecast missed, in units of the
series' own level, so that series can be pooled (Romano, Patterson & Candès 2019, one-sided).
A group's own shift of a level is the τ-quantile of its scores at the (n + 1) finite-sample rank.

Windows are grouped by the units they expect, against the typical window: slow sellers, many and
alike, would otherwise shift the few best sellers that carry the money. And because one season's
shock moves a whole group at once, a shift counts only in so far as it persists: with SE its
standard error between blocks of two weeks of cutoffs, it is multiplied by
max(0, 1 − (`PERSISTENCE` × SE ÷ shift)²), the positive-part James–Stein factor.
A group too small to tell keeps the forecast as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Self

import numpy as np

from models.outcomes import Outcomes
from stockalert.arrays import FloatArray, IntArray
from stockalert.errors import ChampionError
from stockalert.quantiles import rearrange
from stockalert.rows import Rows

__all__ = ["BLOCK_DAYS", "LEAST_BLOCKS", "PERSISTENCE", "VOLUMES", "Calibration"]

VOLUMES = (0.5, 1.5, 5.0, 15.0, 50.0)
"""Borders between the groups: expected units over the window ÷ those of the median window."""
BLOCK_DAYS = 14
LEAST_BLOCKS = 3
LEAST_WINDOWS = 20
"""Windows in a block, below which it says nothing."""
PERSISTENCE = 3.0
"""Standard errors between blocks that a shift must exceed to count at all: decision record 7."""


@dataclass(frozen=True)
class Calibration:
    """Shifts per group and level, in units of scale × horizon.

    Attributes
    ----------
    levels : quantile levels τ.
    typical_units : expected units of the median window it was learned from.
    shifts : group name → one shift per level; zero where nothing persistent was found.
    windows : group name → windows it was learned from.
    """

    levels: tuple[float, ...]
    typical_units: float
    shifts: Mapping[str, tuple[float, ...]]
    windows: Mapping[str, int]

    @classmethod
    def learn(cls, outcomes: Outcomes, *, levels: Sequence[float]) -> Self:
        """Learn the shifts from windows that the model had not seen."""
        tau = np.asarray(levels, dtype=np.float64)
        if not len(outcomes):
            return cls.none(levels)
        typical = float(np.median(outcomes.expected))
        group = np.digitize(outcomes.expected / typical, VOLUMES)
        missed = outcomes.demand[:, None].astype(np.float64) - outcomes.predicted
        scores = missed / outcomes.expected[:, None]
        shifts, windows = {}, {}
        for code, name in enumerate(_names()):
            mine = np.flatnonzero(group == code)
            block = _blocks(outcomes, mine)
            shift = _persistent_shift(scores[mine], outcomes.weight[mine], block, tau)
            shifts[name] = tuple(shift.tolist())
            windows[name] = len(mine)
        return cls(tuple(tau.tolist()), typical, shifts, windows)

    @classmethod
    def none(cls, levels: Sequence[float]) -> Self:
        """Return the calibration that shifts nothing."""
        zero = (0.0,) * len(levels)
        named = dict.fromkeys(_names(), zero)
        return cls(tuple(float(level) for level in levels), 1.0, named, dict.fromkeys(named, 0))

    def groups(self, rows: Rows) -> tuple[str, ...]:
        """Return the name of the group whose shifts each row takes; length n_rows."""
        return self.groups_of(_expected(rows))

    def groups_of(self, expected: FloatArray) -> tuple[str, ...]:
        """Return the name of the group of windows that expect so many units."""
        names = np.array(_names(), dtype=object)
        return tuple(names[self._group(expected)])

    def shift(self, rows: Rows) -> FloatArray:
        """Return what to add to each row's quantiles; shape (n_rows, n_levels), units."""
        return self._shift(_expected(rows))

    def apply(self, rows: Rows, predicted: FloatArray) -> FloatArray:
        """Shift, then rearrange, then floor at 0; shape (n_rows, n_levels), units."""
        return self.apply_to(predicted, _expected(rows))

    def apply_to(self, predicted: FloatArray, expected: FloatArray) -> FloatArray:
        """Do what `apply` does for windows that expect so many units."""
        return np.maximum(rearrange(predicted + self._shift(expected)), 0.0)

    def to_json(self) -> dict[str, Any]:
        """Return plain values that `from_json` reads back exactly."""
        return {
            "levels": list(self.levels),
            "typical_units": self.typical_units,
            "shifts": {name: list(shift) for name, shift in self.shifts.items()},
            "windows": dict(self.windows),
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote.

        Raises
        ------
        ChampionError
            If a group is missing or lacks a shift for some level.
        """
        levels = tuple(float(level) for level in values["levels"])
        shifts = {name: tuple(map(float, shift)) for name, shift in values["shifts"].items()}
        wrong = [name for name in _names() if len(shifts.get(name, ())) != len(levels)]
        if wrong:
            raise ChampionError(f"calibration is damaged: groups {wrong}")
        return cls(levels, float(values["typical_units"]), shifts, dict(values["windows"]))

    def _shift(self, expected: FloatArray) -> FloatArray:
        table = np.array([self.shifts[name] for name in _names()], dtype=np.float64)
        shift: FloatArray = table[self._group(expected)] * expected[:, None]
        return shift

    def _group(self, expected: FloatArray) -> IntArray:
        group: IntArray = np.digitize(expected / self.typical_units, VOLUMES)
        return group


def _names() -> list[str]:
    """Name the groups by their volume against the median window's.

    Examples
    --------
    >>> _names()[0], _names()[1], _names()[-1]
    ('volume<0.5', 'volume 0.5-1.5', 'volume>=50')
    """
    inner = [f"volume {a:g}-{b:g}" for a, b in pairwise(VOLUMES)]
    return [f"volume<{VOLUMES[0]:g}", *inner, f"volume>={VOLUMES[-1]:g}"]


def _expected(rows: Rows) -> FloatArray:
    expected: FloatArray = rows.scale.astype(np.float64) * rows.horizon
    return expected


def _blocks(outcomes: Outcomes, mine: IntArray) -> IntArray:
    """Number the two weeks that each window's cutoff falls in, counted back from the last."""
    if not len(mine):
        return np.zeros(0, dtype=np.int64)
    age = (outcomes.cutoff.max() - outcomes.cutoff[mine]).astype(np.int64)
    number: IntArray = age // BLOCK_DAYS
    return number


def _persistent_shift(
    scores: FloatArray, weight: FloatArray, block: IntArray, tau: FloatArray
) -> FloatArray:
    """Return the group's own shift, less what may be chance between blocks; (n_levels,)."""
    kinds, size = np.unique(block, return_counts=True)
    kinds = kinds[size >= LEAST_WINDOWS]
    if len(kinds) < LEAST_BLOCKS:
        return np.zeros(len(tau))
    own = _conformal_quantiles(scores, weight, tau)
    members = [np.flatnonzero(block == kind) for kind in kinds]
    each = np.stack([_conformal_quantiles(scores[m], weight[m], tau) for m in members])
    share = np.array([weight[m].sum(dtype=np.float64) for m in members])
    share /= share.sum()
    effective = 1.0 / (share**2).sum()
    variance = share @ (each - own) ** 2 / max(effective - 1.0, 0.5)
    unexplained = PERSISTENCE**2 * variance / np.maximum(own**2, np.finfo(float).tiny)
    shift: FloatArray = own * np.maximum(0.0, 1.0 - unexplained)
    return shift


def _conformal_quantiles(scores: FloatArray, weight: FloatArray, tau: FloatArray) -> FloatArray:
    """Return each level's weighted quantile at rank ⌈(n + 1) τ⌉, at most the largest score.

    Parameters
    ----------
    scores : shape (n, n_levels)
    weight : shape (n,)

    Examples
    --------
    >>> scores = np.arange(1.0, 20.0)[:, None]
    >>> _conformal_quantiles(scores, np.ones(19), np.array([0.9]))
    array([18.])
    """
    order = np.argsort(scores, axis=0, kind="stable")
    cumulated = np.cumsum(weight[order], axis=0, dtype=np.float64)
    wanted = tau * (weight.sum(dtype=np.float64) + weight.mean(dtype=np.float64))
    rank = (cumulated < wanted - 1e-9 * wanted).sum(axis=0)
    chosen = order[np.minimum(rank, len(scores) - 1), np.arange(len(tau))]
    quantiles: FloatArray = scores[chosen, np.arange(len(tau))]
    return quantiles
