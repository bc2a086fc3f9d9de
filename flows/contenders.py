"""The policies that a backtest compares, from what each past night knew.

All order by the same rules and differ in the reorder point alone, and in what it implies:

`static`          mean × P, computed anew every quarter
`formula`         mean × P + z × deviation × √P, computed anew every quarter, as textbooks say
`formula-weekly`  the same, computed anew every night of the backtest
`empirical`       the quantile of the series' own past totals over P
`quantile`        ours: the quantile forecast, calibrated, lead times mixed in; where demand is lost
                  and a review takes a week or more, the order is projected by scenarios
`perfect`         knows all demand: the bound
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from flows.deciding import service_policy
from flows.past_nights import PastNight
from flows.settings import Settings
from models.baseline import empirical_quantiles
from stockalert.arrays import BoolArray, FloatArray, IntArray
from stockalert.formulas import formula_reorder_point, static_reorder_point
from stockalert.lead_time import LeadTimes
from stockalert.outlook import Horizons
from stockalert.policy import BASE_STOCK_REVIEW_DAYS, economic_quantity, lot_size
from stockalert.service_modes import service_levels
from stockalert.simulation.comparison import PERFECT, Play, perfect_play
from stockalert.simulation.decided import AsDecided, Projected, Projection
from stockalert.simulation.world import World
from stockalert.situation import Situation
from stockalert.thresholds import Supply, reorder_points

__all__ = ["OURS", "POLICIES", "Decided", "Decisions", "decide_past"]

OURS = "quantile"
QUARTERLY = ("static", "formula")
POLICIES = ("static", "formula", "formula-weekly", "empirical", OURS, PERFECT)
QUARTER_DAYS = 91
OWN = float("nan")
TINY = 1e-9


@dataclass(frozen=True)
class Decided:
    """What one night decided, aligned with the series of the replay.

    Attributes
    ----------
    points : policy → level → reorder points, shape (n,), units; the level NaN is `static`'s only
        one, and the series' own levels of the others
    lots : policy → usual order, shape (n,), units
    review_days : shape (n,), days
    levels : shape (n,), share; the series' own
    projection : what ours projects stock with; None where nothing is projected
    """

    points: Mapping[str, Mapping[float, FloatArray]]
    lots: Mapping[str, FloatArray]
    review_days: FloatArray
    levels: FloatArray
    projection: Projection | None


def decide_past(
    night: PastNight,
    place: IntArray,
    n_series: int,
    *,
    settings: Settings,
    levels: Sequence[float],
    policies: Sequence[str],
) -> Decided:
    """Decide every policy's reorder points of a night at every level.

    Parameters
    ----------
    place : shape (n of the night,), position of its series in the replay; −1 = not in it
    n_series : of the replay
    levels : of the sweep
    """
    case = _case(night, settings)
    own = service_levels(case).level
    asked = {level: np.full(len(own), level) for level in levels} | {OWN: own}
    whole = night.facts.items.whole

    def spread(values: FloatArray) -> FloatArray:
        out = np.zeros(n_series)
        out[place[place >= 0]] = values[place >= 0]
        return out

    points = {
        name: {
            level: spread(_whole(units, whole))
            for level, units in _points(name, night, case, asked).items()
        }
        for name in policies
        if name != PERFECT
    }
    usual = {name: case.lot if name == OURS else _usual_lot(case) for name in points}
    return Decided(
        points=points,
        lots={name: spread(lot) for name, lot in usual.items()},
        review_days=spread(case.supply.review_days),
        levels=spread(own),
        projection=_projection(case, place, n_series) if OURS in policies else None,
    )


def _case(night: PastNight, settings: Settings) -> Situation:
    return Situation(
        night.forecast.outlook,
        night.forecast.horizons,
        night.facts.supply,
        night.facts.items,
        night.past,
        service_policy(settings, night.forecast.abc),
        None,
        night.as_of,
    )


def _points(
    name: str, night: PastNight, case: Situation, asked: Mapping[float, FloatArray]
) -> dict[float, FloatArray]:
    """Reorder points of one policy at each level asked for, before rounding."""
    past, periods = case.past, case.supply.protection_days / case.past.period_days
    if name == "static":
        return {OWN: static_reorder_point(past.mean, periods)}
    if name == "empirical":
        return _empirical(night, periods, asked)
    if name == OURS:
        told, levels, whole = case.told, case.outlook.levels, case.items.whole
        return {key: reorder_points(told, levels, level, whole) for key, level in asked.items()}
    return {
        key: formula_reorder_point(past.mean, past.sd, periods, level)
        for key, level in asked.items()
    }


def _empirical(
    night: PastNight, periods: FloatArray, asked: Mapping[float, FloatArray]
) -> dict[float, FloatArray]:
    """Quantiles of own past totals; a series' own level is the nearest one asked for."""
    panel, levels = night.panel, [level for level in asked if not math.isnan(level)]
    quantiles = empirical_quantiles(
        panel.units,
        panel.observed >= 0.5,
        cutoff=panel.n_periods - 1,
        series=np.arange(panel.n_series),
        horizons=np.maximum(np.rint(periods), 1).astype(np.int64),
        levels=levels,
        year=panel.periods_in(364),
    )
    nearest = np.abs(asked[OWN][:, None] - np.asarray(levels)).argmin(axis=1)
    own = quantiles[np.arange(panel.n_series), nearest]
    return {level: quantiles[:, i] for i, level in enumerate(levels)} | {OWN: own}


def _usual_lot(case: Situation) -> FloatArray:
    """The usual order of a shop that knows its mean alone."""
    daily = case.past.mean / case.past.period_days
    economic = economic_quantity(daily, case.items.order_cost, case.holding_per_day)
    usual = lot_size(economic, case.items["moq"], daily * case.supply.review_days)
    return np.where(daily > 0, usual, 0.0)


def _whole(units: FloatArray, whole: BoolArray) -> FloatArray:
    return np.where(whole, np.ceil(units - TINY), units)


def _projection(case: Situation, place: IntArray, n_series: int) -> Projection | None:
    """What stock is projected with, aligned with the replay; None where the settings do not."""
    periodic = case.supply.review_days >= BASE_STOCK_REVIEW_DAYS
    policy = case.policy
    if policy.unmet_demand != "lost" or policy.order_policy != "auto" or not periodic.any():
        return None
    there = place >= 0

    def spread(values: FloatArray) -> FloatArray:
        out = np.zeros((n_series, *values.shape[1:]))
        out[place[there]] = values[there]
        return out

    leads = case.supply.lead_times
    aligned = LeadTimes(**{f.name: spread(getattr(leads, f.name)) for f in fields(LeadTimes)})
    aligned.probabilities[aligned.probabilities.sum(axis=1) == 0, 0] = 1.0
    horizons = case.horizons
    return Projection(
        Horizons(horizons.days, spread(horizons.values), horizons.levels),
        Supply(aligned, spread(case.supply.review_days)),
        np.zeros(n_series),
        case.past.correlation,
    )


@dataclass(frozen=True)
class Decisions:
    """What all nights of a backtest decided.

    Attributes
    ----------
    nights : in order
    since : shape (n_nights,), first period in which each night's decision is in force
    period_days : 1 or 7
    """

    nights: Sequence[Decided]
    since: IntArray
    settings: Settings
    period_days: int

    def plays(self, world: World, policies: Sequence[str]) -> dict[str, dict[float, Play]]:
        """Turn decisions into policies that can be replayed: policy → level → play.

        Each begins with its own reorder point and a share of its usual order on the shelf, drawn
        once for all policies, and nothing under way. The series' own levels are played only where
        they are not all the settings' level.
        """
        plays: dict[str, dict[float, Play]] = {}
        for name in policies:
            if name == PERFECT:
                plays[name] = {OWN: perfect_play(world)}
                continue
            plays[name] = {
                level: self._play(name, level, world.begins)
                for level in self.nights[0].points[name]
                if not math.isnan(level) or name == "static" or self._own_levels_differ
            }
        return plays

    def in_use(self, name: str) -> list[Decided]:
        """The decision that a policy uses in each night: its last."""
        quarter = QUARTER_DAYS // self.period_days
        every = quarter if name in QUARTERLY else 1
        last = self.since - (self.since - self.since[0]) % every
        return [self.nights[i] for i in np.searchsorted(self.since, last)]

    @property
    def _share(self) -> FloatArray:
        """Share of its usual order that each series begins with; shape (n_series,)."""
        n_series = len(self.nights[0].review_days)
        return np.random.default_rng(self.settings.model.seed).random(n_series)

    @property
    def _own_levels_differ(self) -> bool:
        general = self.settings.service.level
        return any(np.any((n.levels > 0) & (n.levels != general)) for n in self.nights)

    def _play(self, name: str, level: float, begins: int) -> Play:
        nights = self.in_use(name)
        table = AsDecided(
            reorder_point=np.stack([n.points[name][level] for n in nights], axis=1),
            lot=np.stack([n.lots[name] for n in nights], axis=1),
            review_days=np.stack([n.review_days for n in nights], axis=1),
            since=self.since,
            policy=self.settings.order.policy,
        )
        known = [n.projection for n in nights if n.projection is not None]
        if name != OURS or len(known) < len(nights):
            return Play(table, table.opening(begins, self._share))
        aimed = [
            replace(p, level=n.levels if math.isnan(level) else np.full(len(n.levels), level))
            for p, n in zip(known, nights, strict=True)
        ]
        return Play(Projected(table, aimed, self.period_days), table.opening(begins, self._share))
