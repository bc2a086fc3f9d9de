"""Flow `refresh`: read → forecast → decide → publish."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from prefect import flow

from features.reading import read_panel
from flows.clock import now
from flows.deciding import decide_night, past_of
from flows.forecasting import formula_forecast, model_forecast
from flows.intake import Intake
from flows.progress import report
from flows.publication import previous_thresholds, publish
from flows.run import Run, open_run
from flows.settings import load_settings
from flows.steps import read_tables, step
from flows.summary import night_summary, publish_summary
from flows.supply import read_supply
from models.registry import Champion, champion

__all__ = ["Night", "publish_night_of", "refresh"]


@dataclass(frozen=True)
class Night:
    """A published night: where it is and what it says of itself."""

    folder: Path
    summary: dict[str, Any]


@flow(name="refresh", validate_parameters=False)
def refresh(data: Path, out: Path, as_of: date | None = None, config: Path | None = None) -> Night:
    """Turn the champion's quantiles into tonight's tables and publish them together."""
    settings = load_settings(config)
    with open_run(data, out, settings=settings, as_of=as_of, now=now()) as run:
        reigning = find_champion(run)
        intake = read_tables(run)
        night = publish_night_of(run, intake, reigning)
        publish_summary("night", night.summary)
    return night


@step("find the champion", io=True)
def find_champion(run: Run) -> Champion:
    """Find the version that serves.

    Raises
    ------
    ChampionError
        There is none, or it cannot be used.
    """
    return champion(run.workspace.out, tracking_uri=run.settings.paths.tracking_uri)


@step("forecast, decide and publish", io=True)
def publish_night_of(run: Run, intake: Intake, reigning: Champion | None) -> Night:
    """Forecast with the champion – without one by the formula –, decide and publish."""
    report("forecasting", 0, 1)
    panel = read_panel(run.tables, period=run.settings.period, as_of=intake.as_of)
    facts = read_supply(run.tables, panel, settings=run.settings, as_of=intake.as_of)
    past = past_of(panel)
    if reigning is None:
        levels = np.asarray(run.settings.model.levels)
        forecast = formula_forecast(panel, facts.supply, past, levels)
    else:
        forecast = model_forecast(run, panel, facts.supply, past, reigning)
    report("forecasting", 1, 1)
    report("deciding and publishing", 0, 1)
    frames = decide_night(
        panel,
        forecast,
        facts,
        past,
        settings=run.settings,
        as_of=intake.as_of,
        previous=previous_thresholds(run.workspace.out, intake),
    )
    version = None if reigning is None else reigning.version
    summary = night_summary(run, intake, frames["thresholds"], version)
    folder = publish(run, intake, frames, summary)
    report("deciding and publishing", 1, 1)
    return Night(folder, summary)
