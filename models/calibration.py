"""One-sided split-conformal shifts of quantile forecasts, pooled by group.

The score of a row is (y − q) ÷ (scale × horizon): what the forecast missed, in units of the
series' own level, so that series can be pooled (Romano, Patterson & Candès 2019, one-sided).
A level's shift is the τ-quantile of held-out scores at the (n + 1) finite-sample rank.

Groups run from the whole (`all`) over horizon bands and demand patterns to ABC classes within
both. A group's shift is blended with its parent's by its *tail count*, the number of independent
windows expected beyond the level, n·min(τ, 1 − τ): fewer than `MIN_TAIL` and the parent's shift
stands; otherwise the group weighs tail ÷ (tail + prior), the whole's parent being no shift at all.
Windows of one series that overlap count once, because they tell the same story; and the prior of
groups is large, because the season's shocks move a whole group at once, so that its errors in one
quarter say less about the next than their number suggests.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from stockalert.arrays import FloatArray, IntArray
from stockalert.errors import ChampionError
from stockalert.quantiles import rearrange
from stockalert.rows import Rows

__all__ = ["GROUP_PRIOR", "MIN_TAIL", "WHOLE_PRIOR", "Calibration"]

MIN_TAIL = 5.0
"""Independent windows expected beyond a level, below which a group takes its parent's shift."""
WHOLE_PRIOR = 10.0
"""Tail count at which the shift of all rows together weighs as much as no shift."""
GROUP_PRIOR = 1000.0
"""Tail count at which a group's own shift and its parent's weigh the same: decision record 7."""
BAND_DAYS = (3, 7, 14, 28, 56)
"""Last day of each horizon band; one more band holds what is longer."""
_TIERS = ((), ("band",), ("band", "pattern"), ("band", "pattern", "abc"))


@dataclass(frozen=True)
class Calibration:
    """Shifts per group and level, in units of scale × horizon.

    Attributes
    ----------
    levels : quantile levels τ.
    period_days : days in a period: horizons are periods, bands are days.
    shifts : group name → one shift per level; holds every group that was large enough for any.
    windows : group name → independent windows it was learned from.
    """

    levels: tuple[float, ...]
    period_days: int
    shifts: Mapping[str, tuple[float, ...]]
    windows: Mapping[str, int]

    @classmethod
    def learn(
        cls, rows: Rows, predicted: FloatArray, *, levels: Sequence[float], period_days: int = 1
    ) -> Self:
        """Learn the shifts from out-of-sample forecasts of `rows`, whose demand is known.

        Parameters
        ----------
        predicted : shape (n_rows, n_levels), units, made by a model that saw none of the windows.
        """
        if rows.demand is None:
            raise ValueError("calibration needs rows with demand")
        tau = np.asarray(levels, dtype=np.float64)
        scores = (rows.demand[:, None] - predicted) / _exposure(rows)
        weight = np.ones(len(rows)) if rows.weight is None else rows.weight.astype(np.float64)
        shifts = {"all": np.zeros(len(tau))}
        windows: dict[str, int] = {}
        for tier in _TIERS:
            names, member = _members(rows, tier, period_days)
            for code, name in enumerate(names):
                chosen = member == code
                windows[name] = _independent_windows(rows.take(chosen))
                parent = shifts["all"] if name == "all" else _deepest(shifts, name)
                own = _conformal_quantiles(scores[chosen], weight[chosen], tau)
                prior = WHOLE_PRIOR if name == "all" else GROUP_PRIOR
                trust = _trust(windows[name], tau, prior)
                if trust.any():
                    shifts[name] = parent + trust * (own - parent)
        frozen = {name: tuple(shift.tolist()) for name, shift in shifts.items()}
        return cls(tuple(tau.tolist()), period_days, frozen, {n: windows[n] for n in frozen})

    @classmethod
    def none(cls, levels: Sequence[float], *, period_days: int = 1) -> Self:
        """Return the calibration that shifts nothing."""
        shifts = {"all": (0.0,) * len(levels)}
        return cls(tuple(float(level) for level in levels), period_days, shifts, {"all": 0})

    def groups(self, rows: Rows) -> tuple[str, ...]:
        """Return the name of the group whose shifts each row takes; length n_rows."""
        names, member = _members(rows, _TIERS[-1], self.period_days)
        used = np.array([_deepest_name(self.shifts, name) for name in names], dtype=object)
        return tuple(used[member])

    def shift(self, rows: Rows) -> FloatArray:
        """Return what to add to each row's quantiles; shape (n_rows, n_levels), units."""
        names, member = _members(rows, _TIERS[-1], self.period_days)
        table = np.array([_deepest(self.shifts, name) for name in names], dtype=np.float64)
        return table.reshape(-1, len(self.levels))[member] * _exposure(rows)

    def apply(self, rows: Rows, predicted: FloatArray) -> FloatArray:
        """Shift, then rearrange, then floor at 0; shape (n_rows, n_levels), units."""
        return np.maximum(rearrange(predicted + self.shift(rows)), 0.0)

    def to_json(self) -> dict[str, Any]:
        """Return plain values that `from_json` reads back exactly."""
        return {
            "levels": list(self.levels),
            "period_days": self.period_days,
            "shifts": {name: list(shift) for name, shift in self.shifts.items()},
            "windows": dict(self.windows),
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote.

        Raises
        ------
        ChampionError
            If a group lacks a shift for some level.
        """
        levels = tuple(float(level) for level in values["levels"])
        shifts = {name: tuple(map(float, shift)) for name, shift in values["shifts"].items()}
        wrong = [name for name, shift in shifts.items() if len(shift) != len(levels)]
        if wrong or "all" not in shifts:
            raise ChampionError(f"calibration is damaged: groups {wrong or ['all']}")
        return cls(levels, int(values["period_days"]), shifts, dict(values["windows"]))


def _exposure(rows: Rows) -> FloatArray:
    exposure: FloatArray = (rows.scale.astype(np.float64) * rows.horizon)[:, None]
    return exposure


def _members(rows: Rows, tier: Sequence[str], period_days: int) -> tuple[list[str], IntArray]:
    """Name the groups of a tier that occur, and give each row's position among them."""
    codes = {
        "band": np.searchsorted(BAND_DAYS, rows.horizon * period_days),
        "pattern": rows.pattern,
        "abc": rows.abc,
    }
    if not tier:
        return ["all"], np.zeros(len(rows), dtype=np.intp)
    key = np.stack([codes[part] for part in tier], axis=1)
    found, member = np.unique(key, axis=0, return_inverse=True)
    labels = [
        "|".join(f"{part}={code}" for part, code in zip(tier, row, strict=True))
        for row in found.tolist()
    ]
    return labels, member


def _deepest_name(shifts: Mapping[str, Any], name: str) -> str:
    """Return the group itself or its nearest parent that has shifts."""
    while name and name not in shifts:
        name = name.rpartition("|")[0]
    return name or "all"


def _deepest(shifts: Mapping[str, Any], name: str) -> FloatArray:
    return np.asarray(shifts[_deepest_name(shifts, name)], dtype=np.float64)


def _independent_windows(rows: Rows) -> int:
    """Count windows, those of one series that start within one horizon of each other once."""
    horizon = rows.horizon.astype(np.int64)
    day = rows.cutoff.astype("datetime64[D]").astype(np.int64)
    return len(np.unique(np.stack([rows.series, day // horizon], axis=1), axis=0))


def _trust(windows: int, tau: FloatArray, prior: float) -> FloatArray:
    """Return the weight of a group's own shift against its parent's, per level.

    Examples
    --------
    >>> _trust(1000, np.array([0.5, 0.99, 0.999]), 10.0).round(2)
    array([0.98, 0.5 , 0.  ])
    """
    tail = windows * np.minimum(tau, 1.0 - tau)
    weight: FloatArray = np.where(tail + 1e-9 >= MIN_TAIL, tail / (tail + prior), 0.0)
    return weight


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
    cumulated = np.cumsum(weight[order], axis=0)
    wanted = tau * (weight.sum() + weight.mean())
    rank = (cumulated < wanted - 1e-9 * wanted).sum(axis=0)
    chosen = order[np.minimum(rank, len(scores) - 1), np.arange(len(tau))]
    quantiles: FloatArray = scores[chosen, np.arange(len(tau))]
    return quantiles
