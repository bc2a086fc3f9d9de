"""Every score of one forecast of one problem, and of two forecasts against each other."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from benchmarks.forecast import scores
from benchmarks.forecast.group_coverage import GroupCoverage, group_coverage
from benchmarks.forecast.groups import series_group
from benchmarks.forecast.problem import HEADLINE, LEVELS, Array, Problem
from benchmarks.forecast.visibility import row_weight

__all__ = ["Evaluation", "Forecast"]

_SCALE_DAYS = 182


@dataclass(frozen=True)
class Forecast:
    """Quantiles for some of a problem's series.

    Attributes
    ----------
    series : shape (n_kept,)
        Positions of the series in the problem.
    quantiles : shape (n_cutoffs × n_kept, n_levels), units
        Cutoff-major, like the problem's rows.
    cost : seconds, peak_gib, series and whatever else is worth telling
    """

    series: Array
    quantiles: Array
    cost: dict[str, float]


@dataclass(frozen=True)
class Evaluation:
    """A problem with what every forecast of it is scored against, computed once."""

    problem: Problem

    @cached_property
    def actual(self) -> Array:
        """Units sold over each row's interval."""
        return self.problem.actual

    @cached_property
    def weight(self) -> Array:
        """Weight of each row; 0 where its demand is unknown."""
        return row_weight(self.problem)

    @cached_property
    def group(self) -> Array:
        """Name of each row's ABC × pattern group."""
        return series_group(self.problem)[self.problem.rows[0]]

    @cached_property
    def block(self) -> int:
        """Cutoffs whose windows overlap: the block of the bootstrap."""
        spacing = np.diff(self.problem.cutoffs).min()
        return int(-(-self.problem.horizon.max() // spacing))

    def score(self, forecast: Forecast) -> dict[str, object]:
        """Pinball, coverage and cost of a forecast, over its own series."""
        rows, predicted = self._known(forecast)
        actual, weight = self.actual[rows], self.weight[rows]
        loss = scores.pinball_loss(actual, predicted)
        per_level = scores.weighted_pinball(loss, actual, weight)
        covered = scores.coverage(actual, predicted, weight)
        error = scores.coverage_error(covered)
        return {
            "pinball": round(float(per_level[HEADLINE].mean()), 5),
            "pinball_by_level": _by_level(per_level),
            "pinball_revenue": self._revenue(loss, rows),
            "pinball_scaled": self._scaled(loss, rows),
            "coverage_below": _by_level(covered.below),
            "coverage": _by_level(covered.at_or_below),
            "coverage_error": _by_level(error),
            "coverage_error_max": round(float(error[HEADLINE].max()), 4),
            "coverage_error_max_whole": self._in_whole_units(predicted, rows),
            "group_coverage_error_max": self._worst_group(forecast),
            "pinball_by_group": self._by_group(loss, rows),
            "crossing_rate": round(scores.crossing_rate(predicted), 5),
            "series": len(forecast.series),
            "windows_scored": len(rows),
            "cost": forecast.cost,
        }

    def calibration(self, forecast: Forecast) -> list[GroupCoverage]:
        """Coverage of all rows, and of each large enough group, with bootstrap limits."""
        rows, predicted = self._known(forecast)
        return group_coverage(
            self.group[rows],
            self.actual[rows],
            predicted,
            self.weight[rows],
            cutoff=self.problem.rows[1][rows],
            block=self.block,
        )

    def only(self, forecast: Forecast, series: Array) -> Forecast:
        """Return the part of a forecast that is about `series`, which it must contain."""
        mine = np.searchsorted(forecast.series, series)
        cutoffs = np.arange(len(self.problem.cutoffs))[:, None]
        rows = (cutoffs * len(forecast.series) + mine).ravel()
        return Forecast(series, forecast.quantiles[rows], forecast.cost)

    def compare(self, ours: Forecast, peer: Forecast) -> scores.Skill:
        """Skill of ours against a peer over the peer's series, which ours must contain."""
        rows = self._rows(peer.series)
        actual, weight = self.actual[rows], self.weight[rows]
        losses = [
            scores.pinball_loss(actual, predicted)
            for predicted in (self.only(ours, peer.series).quantiles, peer.quantiles)
        ]
        return scores.skill(*losses, weight, self.problem.rows[0][rows])

    def _known(self, forecast: Forecast) -> tuple[Array, Array]:
        """Rows of the forecast whose demand is known, and their quantiles."""
        rows = self._rows(forecast.series)
        known = self.weight[rows] > 0
        return rows[known], forecast.quantiles[known].astype(np.float64)

    def _rows(self, series: Array) -> Array:
        cutoffs = np.arange(len(self.problem.cutoffs))[:, None]
        return (cutoffs * self.problem.n_series + series).ravel()

    def _revenue(self, loss: Array, rows: Array) -> float | None:
        value = self.problem.unit_value[self.problem.rows[0][rows]].astype(np.float64)
        if np.ptp(value) == 0:
            return None
        priced = scores.weighted_pinball(loss, self.actual[rows], self.weight[rows] * value)
        return round(float(priced[HEADLINE].mean()), 5)

    def _scaled(self, loss: Array, rows: Array) -> float:
        scale = self.problem.level(_SCALE_DAYS // self.problem.period_days)[rows]
        expected = scale * self.problem.horizon[self.problem.rows[0][rows]]
        alive = expected > 0
        weight = self.weight[rows][alive]
        relative = loss[alive][:, HEADLINE].mean(axis=1) / expected[alive]
        return round(float(weight @ relative / weight.sum()), 5)

    def _in_whole_units(self, predicted: Array, rows: Array) -> float | None:
        """Coverage error of the quantiles rounded to whole units; None where demand has parts.

        A quantile of 2.3 covers what 2 covers. As a number it lies above 2, so outcomes of 2 count
        as below it; rounded, they count as the quantile itself, as they do for whoever holds stock.
        """
        actual, weight = self.actual[rows], self.weight[rows]
        if (actual != np.rint(actual)).any():
            return None
        covered = scores.coverage(actual, np.rint(predicted), weight)
        return round(float(scores.coverage_error(covered)[HEADLINE].max()), 4)

    def _worst_group(self, forecast: Forecast) -> float | None:
        excess = [found.excess for found in self.calibration(forecast)[1:]]
        return round(max(excess), 4) if excess else None

    def _by_group(self, loss: Array, rows: Array) -> dict[str, float]:
        names, at = np.unique(self.group[rows], return_inverse=True)
        weight = self.weight[rows]
        losses = np.bincount(at, weight * loss[:, HEADLINE].mean(axis=1))
        demand = np.bincount(at, weight * self.actual[rows])
        shares = losses / np.maximum(demand, 1e-9)
        return {str(name): round(float(x), 5) for name, x in zip(names, shares, strict=True)}


def _by_level(values: Array) -> dict[str, float]:
    return {
        f"q{level * 1000:03.0f}": round(float(x), 5)
        for level, x in zip(LEVELS, values, strict=True)
    }
