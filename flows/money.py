"""What is at stake in money where forecasts are compared: the level in force, a unit short."""

from __future__ import annotations

from datetime import date

import numpy as np

from features.panel import Panel
from flows.deciding import past_of, service_policy
from flows.forecasting import formula_forecast
from flows.replay_world import costs_of
from flows.run import Run
from flows.supply import read_supply
from models.stakes import Stakes
from stockalert.service_modes import service_levels
from stockalert.situation import Situation

__all__ = ["stakes_of"]


def stakes_of(run: Run, panel: Panel, as_of: date) -> Stakes:
    """Level, cost of a unit short, and wholeness of every series of a panel.

    The level is the one that the settings put in force; where costs set it, the usual order is
    judged by mean and deviation, so that it favours neither model.
    """
    facts = read_supply(run.tables, panel, settings=run.settings, as_of=as_of)
    past = past_of(panel)
    forecast = formula_forecast(run, panel, facts.supply, past)
    case = Situation(
        forecast.outlook,
        forecast.horizons,
        facts.supply,
        facts.items,
        past,
        service_policy(run.settings, forecast.abc),
        None,
        as_of,
    )
    priced = costs_of(panel, facts.items, begins=panel.n_periods, settings=run.settings)
    shortage = np.asarray(priced.costs.shortage, np.float64)
    return Stakes(service_levels(case).level, shortage, facts.items.whole)
