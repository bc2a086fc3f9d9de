"""From forecasts to the tables of a night."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd

from features.panel import Panel
from flows.decided import Basis, DecidedNight
from flows.forecasting import Forecast
from flows.memory import tidied
from flows.settings import Settings
from flows.supply import SupplyFacts
from stockalert.arrays import BoolArray, FloatArray, IntArray
from stockalert.classification import xyz_codes
from stockalert.decide import Past, ServicePolicy, decide
from stockalert.dependence import increment_correlation
from stockalert.formulas import formula_window, moments
from stockalert.nervousness import Served, say_held
from stockalert.order_proposals import order_proposals_frame
from stockalert.outlook import forecasts_table
from stockalert.positions import Position
from stockalert.purchasing.shared_demand import shared_correlation
from stockalert.situation import ClassTerms, Situation, of_classes
from stockalert.tables.blocks import AnyTable
from stockalert.thresholds import Decision, Kinds, compared_with, thresholds_frame

__all__ = ["decide_night", "past_of", "service_policy"]


_SHARED = (
    *("service_level_source", "abc_class", "xyz_class", "demand_pattern", "method"),
    *("model_version", "calibration_group", "change_reason"),
)
"""Words that many rows of `thresholds` have in common: held once."""


@tidied
def past_of(panel: Panel) -> Past:
    """Mean and deviation per period, as the textbook formulas define them."""
    window = slice(max(panel.n_periods - formula_window(panel.period_days), 0), None)
    mean, sd = np.empty((2, panel.n_series))
    for which, part in panel.only().passes():
        seen = part.observed[:, window] >= 0.5
        mean[which], sd[which] = moments(part.units[:, window], seen)
    return Past(mean, sd, panel.period_days, increment_correlation(*_weeks(panel, most=104)))


@tidied
def decide_night(
    panel: Panel,
    forecast: Forecast,
    facts: SupplyFacts,
    past: Past,
    *,
    policy: ServicePolicy,
    position: Position | None,
    previous: pd.DataFrame | None,
    as_of: date,
    dead_band: float = 0.0,
) -> DecidedNight:
    """Decide every series and put the tables together.

    Parameters
    ----------
    previous : thresholds that these replace
    dead_band : how calm they are; see `stockalert.nervousness`
    """
    shared = shared_correlation(*_weeks(panel, most=104))
    served = None if previous is None else Served.of(previous, panel.series, dead_band=dead_band)
    decision = decide(
        forecast.outlook,
        forecast.horizons,
        facts.supply,
        facts.items,
        past,
        policy=policy,
        position=position,
        as_of=as_of,
        served=served,
    )
    levels = forecast.outlook.levels
    covered = forecast.coverage.at(levels, np.asarray(decision.service.level, np.float64))
    whole = facts.items.whole
    outlook = replace(forecast.outlook, coverage_recent=covered, whole=whole)
    thresholds = _thresholds(panel, replace(forecast, outlook=outlook), facts, decision, position)
    thresholds = compared_with(thresholds, previous)
    if decision.asked is not None:
        thresholds = say_held(thresholds, decision.asked)
    thresholds = thresholds.astype(dict.fromkeys(_SHARED, "category"))
    frames: dict[str, AnyTable] = {
        "thresholds": thresholds,
        "forecasts": forecasts_table(
            panel.series,
            forecast.horizons,
            outlook=outlook,
            protection_days=facts.supply.protection_days,
        ),
        "order_proposals": order_proposals_frame(
            thresholds, facts.items.supplier_id, facts.items["unit_cost"]
        ),
    }
    case = Situation(
        outlook, forecast.horizons, facts.supply, facts.items, past, policy, position, as_of
    )
    return DecidedNight.of(frames, Basis(case, facts, shared))


def _thresholds(
    panel: Panel,
    forecast: Forecast,
    facts: SupplyFacts,
    decision: Decision,
    position: Position | None,
) -> pd.DataFrame:
    return thresholds_frame(
        panel.series,
        forecast.outlook,
        _kinds(forecast, panel),
        facts.supply,
        decision,
        position=position,
    )


def service_policy(settings: Settings, abc: IntArray) -> ServicePolicy:
    """Take from the settings what a decision needs, each series by its ABC class."""
    service, order = settings.service, settings.order
    policy = ServicePolicy(
        mode=service.mode,
        level=service.level,
        floor=service.floor,
        cap=service.cap,
        goodwill_share=service.goodwill_share,
        order_policy=order.policy,
        unmet_demand=settings.unmet_demand,
        budget=order.budget,
        overage_span=service.overage_span,
    )
    own: dict[str, ClassTerms] = {
        name: ClassTerms(**terms.model_dump()) for name, terms in service.classes.items()
    }
    return of_classes(policy, own, abc)


def _kinds(forecast: Forecast, panel: Panel) -> Kinds:
    """Class by revenue, by variability of weekly demand, and demand pattern."""
    variation = np.full(panel.n_series, np.nan)
    for which, part in panel.only().passes():
        mean, sd = moments(*_weeks(part, most=26))
        np.divide(sd, mean, out=variation[which], where=mean > 0)
    return Kinds(forecast.abc, xyz_codes(variation), forecast.pattern)


def _weeks(panel: Panel, *, most: int) -> tuple[FloatArray, BoolArray]:
    """Units of the last weeks, and which weeks were mostly in stock; (n_series, n_weeks)."""
    length = 7 // panel.period_days
    weeks = min(panel.n_periods // length, most)
    last = slice(panel.n_periods - weeks * length, None)
    units = np.empty((panel.n_series, weeks), dtype=np.float32)
    seen = np.empty(units.shape, dtype=np.bool_)
    for which, part in panel.only().passes():
        shape = (part.n_series, weeks, length)
        units[which] = part.units[:, last].reshape(shape).sum(axis=2)
        seen[which] = part.observed[:, last].reshape(shape).mean(axis=2) >= 0.5
    return units, seen
