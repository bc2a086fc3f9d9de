"""Flow `refresh`: find the champion → read → forecast and decide → publish."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from prefect import flow

from flows.alerting_steps import tell_alerts, with_alerts
from flows.clock import now
from flows.decided import DecidedNight
from flows.deciding import decide_night, past_of, service_policy
from flows.forecasting import formula_forecast, model_forecast
from flows.guarding import guarded
from flows.intake import Intake
from flows.keeping import failed_series, kept, notes_on_kept
from flows.metrics_file import write_metrics
from flows.publication import previous_thresholds, publish
from flows.purchasing import lay_open_lines, with_orders
from flows.refusals import told_run
from flows.run import Run, open_run
from flows.run_log import recorded, stages
from flows.service_desk import tell_returned, with_availability
from flows.settings import load_settings
from flows.settled import dead_band_tonight
from flows.shop import stored_panel
from flows.steps import read_tables, step
from flows.summary import night_summary, publish_summary
from flows.supply import read_position, read_supply
from models.registry import Champion, champion
from stockalert.errors import ChampionError
from stockalert.served import previous_night
from stockalert.thresholds import COMPARED

__all__ = ["Night", "publish_night_of", "refresh", "refuse_hindsight", "refuse_other_period"]

_publish = step("publish", io=True)(publish)


@dataclass(frozen=True)
class Night:
    """A published night: where it is and what it says of itself."""

    folder: Path
    summary: dict[str, Any]


@flow(name="refresh", validate_parameters=False)
def refresh(
    data: Path | str,
    out: Path | str,
    as_of: date | None = None,
    config: Path | None = None,
    moment: datetime | None = None,
    *,
    force: str | None = None,
) -> Night:
    """Turn the champion's quantiles into tonight's tables and publish them together.

    Parameters
    ----------
    force : why to publish even where a guard refuses
    moment : within the day after `as_of` or later: what stock, orders, receipts and browsing say
        up to then counts, sales end at `as_of`.
    """
    settings, began = load_settings(config), now()
    opened = open_run(data, out, settings=settings, as_of=as_of, now=began, moment=moment)
    with recorded(), told_run(opened, out, settings, now=began, moment=moment) as run:
        reigning = find_champion(run)
        refuse_hindsight(reigning, as_of)
        refuse_other_period(reigning, run)
        intake = read_tables(run)
        refuse_hindsight(reigning, intake.as_of)
        night = publish_night_of(run, intake, reigning, force=force)
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
    try:
        return champion(run.workspace.out, tracking_uri=run.settings.paths.tracking_uri)
    except ChampionError as error:
        raise ChampionError(f"{error}; run `stockalert train` first") from None


def refuse_hindsight(reigning: Champion, as_of: date | None) -> None:
    """Refuse a night before the champion's last day: it has seen what was not known then.

    Raises
    ------
    ChampionError
        The champion was trained on sales after `as_of`.
    """
    if as_of is not None and as_of < reigning.trained_until:
        raise ChampionError(
            f"the champion, version {reigning.version}, has seen sales up to "
            f"{reigning.trained_until}, after as-of {as_of}; use a fresh --out to replay the past"
        )


def refuse_other_period(reigning: Champion, run: Run) -> None:
    """Refuse a champion of days for a night of weeks, and the reverse.

    Raises
    ------
    ChampionError
        The champion was trained on periods of another length.
    """
    described = json.loads((reigning.folder / "final" / "model.json").read_text(encoding="utf-8"))
    trained = described["period_days"]
    if trained != run.period_days:
        raise ChampionError(
            f"the champion, version {reigning.version}, was trained on periods of {trained} days, "
            f'period = "{run.settings.period}" asks for {run.period_days}; use a fresh --out'
        )


def publish_night_of(
    run: Run,
    intake: Intake,
    reigning: Champion | None,
    notes: Sequence[str] = (),
    force: str | None = None,
) -> Night:
    """Forecast with the champion – without one by the formula –, decide and publish.

    Parameters
    ----------
    notes : what the night should say besides the notes on its input.
    force : why to publish even where a guard refuses.

    Raises
    ------
    GuardError
        A guard refused the night, and nothing forced it.
    """
    lay_open_lines(run, intake)
    decided, told = with_orders(run, intake, forecast_and_decide(run, intake, reigning))
    decided = with_availability(run, intake, decided).put_away(run.workspace.work)
    decided = with_alerts(run, intake, decided)
    version = None if reigning is None else reigning.version
    summary = night_summary(run, intake, decided, version, [*notes, *told])
    summary = guarded(run, intake, decided.frames, summary, force)
    folder = _publish(run, intake, decided.frames, {**summary, "stages": stages()})
    summary = {**summary, "stages": stages()}
    tell_alerts(run, summary)
    tell_returned(run)
    write_metrics(run, summary, published=True)
    return Night(folder, summary)


@step("forecast and decide")
def forecast_and_decide(run: Run, intake: Intake, reigning: Champion | None) -> DecidedNight:
    """Turn the canonical tables into the tables of a night."""
    panel = stored_panel(run, intake.as_of)
    facts = read_supply(run.tables, panel, settings=run.settings, as_of=intake.last_day)
    past = past_of(panel)
    if reigning is None:
        forecast = formula_forecast(run, panel, facts.supply, past)
    else:
        forecast = model_forecast(run, panel, facts.supply, past, reigning)
    last = previous_night(run.workspace.out, intake.as_of)
    forecast = kept(forecast, panel, out=run.workspace.out, last=last)
    decided = decide_night(
        panel,
        forecast,
        facts,
        past,
        policy=service_policy(run.settings, forecast.abc),
        position=read_position(
            run.tables, panel, facts.supply, as_of=intake.last_day, standing=facts.standing
        ),
        previous=previous_thresholds(run.workspace.out, intake.as_of, COMPARED),
        dead_band=dead_band_tonight(run, intake.as_of),
        as_of=intake.eve,
    )
    notes, failed = tuple(notes_on_kept(forecast, panel)), failed_series(forecast, panel)
    return replace(decided, notes=notes, failed=failed)
