"""Policies that order as the nightly job does, from what it decided at each of its cutoffs.

Column j of a table is in force from the period `since[j]` on: decided with cutoff c, from c + 1 on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from stockalert.arrays import BoolArray, FloatArray, IntArray, NumberArray
from stockalert.outlook import Horizons
from stockalert.pipeline import timeline_of
from stockalert.policy import BASE_STOCK_REVIEW_DAYS, Policy, order_plan
from stockalert.positions import Arrivals
from stockalert.scenarios import scenario_orders
from stockalert.simulation.situation import Situation
from stockalert.thresholds import Supply

__all__ = ["AsDecided", "Projected", "Projection"]

DAYS_PER_WEEK = 7.0


@dataclass(frozen=True)
class AsDecided:
    """Reorder points and lots in force, ordered by `policy.order_plan`.

    Attributes
    ----------
    reorder_point, lot : shape (n_series, n_cutoffs), units
    review_days : shape (n_series, n_cutoffs), days; tells policy `auto` what to do
    since : shape (n_cutoffs,), periods, ascending
    policy : of the settings
    """

    reorder_point: FloatArray
    lot: FloatArray
    review_days: FloatArray
    since: IntArray
    policy: Policy = "auto"

    def __call__(self, situation: Situation, /) -> FloatArray:
        """Units to order tonight."""
        column = in_force(self.since, situation.period)
        point, lot, review = (
            table[situation.series, column]
            for table in (self.reorder_point, self.lot, self.review_days)
        )
        plan = order_plan(
            situation.position, point, lot, review, situation.lots, policy=self.policy
        )
        return plan.order_quantity

    def opening(self, period: int, share: NumberArray | float = 1.0) -> FloatArray:
        """Stock to begin with: the reorder point in force, and a share of the usual order.

        Base stock has no order beyond it. A share drawn evenly from 0 … 1 is where an (s, S)
        policy stands on any day; 1 is the order-up-to level.

        Parameters
        ----------
        share : one number or shape (n_series,)

        Returns
        -------
        shape (n_series,), units; the share of the order rounded up to a whole unit
        """
        column = in_force(self.since, period)
        point, lot = self.reorder_point[:, column], self.lot[:, column]
        review = self.review_days[:, column]
        periodic = (self.policy == "base_stock") | (
            (self.policy == "auto") & (review >= BASE_STOCK_REVIEW_DAYS)
        )
        return np.asarray(point + np.where(periodic, 0.0, np.ceil(lot * share)))


@dataclass(frozen=True)
class Projection:
    """What one night's decision projects stock with.

    Attributes
    ----------
    horizons : quantiles of demand from the cutoff on
    supply : lead times as learned by then, and review days
    level : shape (n_series,), share
    correlation : of demand in two weeks
    """

    horizons: Horizons
    supply: Supply
    level: FloatArray
    correlation: float


@dataclass(frozen=True)
class Projected:
    """Where demand is lost and reviews take a week or more: the scenario quantity.

    Series with a shorter review order as `decided` says. The forecast in force counts from the
    night of the order, as if it had been made then.

    Attributes
    ----------
    decided : tables of the same cutoffs
    projections : one per cutoff
    period_days : 1 or 7
    """

    decided: AsDecided
    projections: Sequence[Projection]
    period_days: int = 1

    def __call__(self, situation: Situation, /) -> FloatArray:
        """Units to order tonight."""
        orders = self.decided(situation)
        column = in_force(self.decided.since, situation.period)
        review = self.decided.review_days[situation.series, column]
        which = situation.review & (review >= BASE_STOCK_REVIEW_DAYS)
        if which.any():
            orders[which] = self._needed(situation, self.projections[column], which)
        return orders

    def opening(self, period: int, share: NumberArray | float = 1.0) -> FloatArray:
        """Stock to begin with; see `AsDecided.opening`."""
        return self.decided.opening(period, share)

    def _needed(self, situation: Situation, known: Projection, which: BoolArray) -> FloatArray:
        """Scenario quantity of the series in `which`."""
        rows = np.arange(situation.series.start, situation.series.stop)[which]
        mine = np.zeros(len(known.level), np.bool_)
        mine[rows] = True
        supply = known.supply.take(mine)
        days = supply.lead_times.atoms_days.max(axis=1) + supply.review_days
        ahead = int(np.ceil(days.max() / self.period_days)) + 1
        coming = situation.pipeline.arrivals(ahead)[which]
        # What opens the next morning is as good as on the shelf.
        on_hand = (situation.on_hand - situation.backordered)[which] + coming[:, 0]
        line = timeline_of(_arrivals(coming[:, 1:], self.period_days), supply)
        return scenario_orders(
            on_hand,
            replace(line, ends=line.ends / DAYS_PER_WEEK),
            Horizons(
                known.horizons.days / DAYS_PER_WEEK,
                known.horizons.values[mine],
                known.horizons.levels,
            ),
            level=known.level[mine],
            correlation=known.correlation,
            whole=situation.lots.whole[which],
        )


def _arrivals(coming: FloatArray, period_days: int) -> Arrivals:
    """Days and units of what comes after the next opening; each series' own first, empty last."""
    n_periods = coming.shape[1]
    widest = max(int((coming > 0).sum(axis=1).max(initial=0)), 1)
    order = np.argsort(coming <= 0, axis=1, kind="stable")[:, :widest]
    days = np.broadcast_to(np.arange(1, n_periods + 1) * float(period_days), coming.shape)
    return Arrivals(*(np.take_along_axis(a, order, axis=1) for a in (days, coming)))


def in_force(since: IntArray, period: int) -> int:
    """Column in force in the night before a period.

    Raises
    ------
    ValueError
        The period lies before the first.
    """
    column = int(np.searchsorted(since, period, side="right")) - 1
    if column < 0:
        raise ValueError(f"nothing is in force in period {period}")
    return column
