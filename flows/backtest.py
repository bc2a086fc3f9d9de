"""Flow `backtest`: read → replay the nights → play the policies → compare → write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
from prefect import flow

from features.panel import Panel
from features.reading import read_panel
from flows.backtest_files import write_backtest
from flows.backtest_report import Backtest, in_words
from flows.clock import now
from flows.contenders import OURS, POLICIES, Decided, Decisions, decide_past
from flows.ingest import Input, open_input
from flows.past_nights import PastNight, Walk, walk
from flows.progress import report
from flows.replay_world import costs_of, world_of
from flows.run import Run, open_run
from flows.settings import Settings, load_settings
from flows.steps import step
from flows.supply import SupplyFacts, read_supply
from models.registry import Champion, champion
from stockalert.arrays import IntArray
from stockalert.classification import CLASSES
from stockalert.errors import ChampionError, UsageError
from stockalert.simulation import simulate
from stockalert.simulation.comparison import Play, equal_stock, scoreboard
from stockalert.simulation.world import World

__all__ = ["LEVELS", "backtest", "check_request"]

LEVELS = (0.5, 0.7, 0.8, 0.85, 0.9, 0.95, 0.975, 0.99, 0.995)
"""Levels of the sweep; the settings' level joins them."""
LEAST_RETRAIN_DAYS = 56
REFRESH_DAYS = 7

_play = step("play the policies", tells=True)(scoreboard)
_write = step("write results", io=True)(write_backtest)


@dataclass(frozen=True)
class _Stage:
    """Where the policies are played.

    Attributes
    ----------
    panel : up to the last day
    begins : first period that is replayed
    cutoffs : last period known to each night
    """

    panel: Panel
    begins: int
    cutoffs: IntArray

    @property
    def nights(self) -> list[date]:
        """Last day known to each night."""
        days: list[date] = self.panel.last_days(self.cutoffs).astype(object).tolist()
        return days

    @property
    def span(self) -> tuple[date, date]:
        """First and last day that are replayed."""
        last = self.panel.last_days(np.array([self.panel.n_periods - 1]))[0].astype(object)
        return self.panel.periods[self.begins].astype(object), last


@flow(name="backtest", validate_parameters=False)
def backtest(
    data: Path,
    out: Path,
    *,
    start: date,
    end: date,
    policies: Sequence[str] = (),
    config: Path | None = None,
    retrain_days: int | None = None,
) -> Backtest:
    """Replay policies over the demand of `start` … `end`, each night knowing only its past.

    Parameters
    ----------
    policies : of `flows.contenders.POLICIES`; none = all.
    retrain_days : days between trainings; None = the settings', but eight weeks at least.
    """
    chosen = check_request(start, end, policies)
    settings = load_settings(config)
    with (
        open_run(data, out, settings=settings, as_of=end, now=now()) as run,
        open_input(
            data,
            run.workspace.work,
            today=run.workspace.started_at.date(),
            max_share=settings.quarantine.max_share,
        ) as tables,
    ):
        every = retrain_days or max(settings.model.retrain_every_days, LEAST_RETRAIN_DAYS)
        return _backtest(run, tables, chosen, start=start, end=end, retrain_days=every)


def check_request(start: date, end: date, policies: Sequence[str]) -> tuple[str, ...]:
    """Return the policies to play, in their usual order.

    Raises
    ------
    UsageError
        The dates are the wrong way round, or there is no policy of some name.
    """
    if start > end:
        raise UsageError(f"--start {start} lies after --end {end}")
    if unknown := [name for name in policies if name not in POLICIES]:
        raise UsageError(f"no policy {unknown[0]!r}; expected some of {', '.join(POLICIES)}")
    return tuple(name for name in POLICIES if name in policies or not policies)


def _backtest(
    run: Run,
    tables: Input,
    policies: tuple[str, ...],
    *,
    start: date,
    end: date,
    retrain_days: int,
) -> Backtest:
    stage = _stage(run, tables, start, end)
    where = Walk(run, tables, retrain_days, _champion_before(run, stage))
    facts, nights, abc = _nights(stage, where, policies)
    settings, length = run.settings, stage.panel.period_days
    world = world_of(stage.panel, facts, begins=stage.begins, settings=settings)
    priced = costs_of(stage.panel, facts.items, begins=stage.begins, settings=settings)
    decisions = Decisions(nights, stage.cutoffs + 1, settings, length)
    plays = decisions.plays(world, policies)
    board = _play(
        world,
        plays,
        costs=priced.costs,
        classes=(abc, CLASSES),
        periods_per_year=365.0 / length,
        on_done=lambda done, total: report("play the policies", done, total),
    )
    level = settings.service.level
    compared = equal_stock(board, ours=OURS, level=level)
    words = (*in_words(board, compared, ours=OURS, level=level), *_assumed(), *priced.notes)
    folder, run_id = _write(
        run,
        stage.span,
        {
            "kpis": board,
            "equal_stock": compared,
            "reorder_points": _reorder_points(stage, decisions, policies, level),
            "orders": _orders(stage, world, plays, level),
        },
        words=words,
    )
    return Backtest(board, compared, level, words, folder, run_id)


def _stage(run: Run, tables: Input, start: date, end: date) -> _Stage:
    """Read what really sold, and find the nights to replay.

    Raises
    ------
    UsageError
        The days lie outside the sales.
    """
    first, last = tables.span
    if not first < start <= end <= last:
        raise UsageError(
            f"cannot replay {start} to {end}: sales are there from {first} to {last}, "
            "and the first night needs a past"
        )
    settings = run.settings
    tables.write(run.workspace.work, period=settings.period, as_of=end)
    panel = read_panel(run.tables, period=settings.period, as_of=_last_day(end, settings))
    begins = int(np.searchsorted(panel.periods, np.datetime64(start)))
    if not 0 < begins < panel.n_periods:
        raise UsageError(f"no complete period of {panel.period_days} days in {start} to {end}")
    every = max(1, REFRESH_DAYS // panel.period_days)
    return _Stage(panel, begins, np.arange(begins - 1, panel.n_periods - 1, every))


def _last_day(end: date, settings: Settings) -> date:
    """The last day of the last complete period."""
    return end if settings.period == "D" else end - timedelta(days=(end.weekday() + 1) % 7)


def _champion_before(run: Run, stage: _Stage) -> Champion | None:
    """Find the champion, if it has seen nothing of the replay and was made by these settings."""
    try:
        reigning = champion(run.workspace.out, tracking_uri=run.settings.paths.tracking_uri)
    except ChampionError:
        return None
    same = reigning.tags.get("settings_fingerprint") == run.model_fingerprint
    return reigning if same and reigning.trained_until <= stage.nights[0] else None


def _nights(
    stage: _Stage, where: Walk, policies: tuple[str, ...]
) -> tuple[SupplyFacts, list[Decided], IntArray]:
    """Run every night; also the supply known before the first, and the classes of that night."""
    settings, decided, facts = where.run.settings, [], None
    abc = np.full(stage.panel.n_series, CLASSES.index("C"))
    levels = sorted({*LEVELS, settings.service.level})
    for night in walk(stage.nights, where):
        place = _place(stage.panel, night)
        if facts is None:
            known = stage.panel.until(stage.begins - 1)
            facts = read_supply(where.run.tables, known, settings=settings, as_of=night.as_of)
            abc[place[place >= 0]] = night.forecast.abc[place >= 0]
        decided.append(
            decide_past(
                night,
                place,
                stage.panel.n_series,
                settings=settings,
                levels=levels,
                policies=policies,
            )
        )
    assert facts is not None
    return facts, decided, abc


def _place(panel: Panel, night: PastNight) -> IntArray:
    """Position of each of the night's series in the panel of the whole replay; −1 = none."""
    names = ["sku", "location"]
    wanted = pd.MultiIndex.from_frame(panel.series[names])
    return wanted.get_indexer(pd.MultiIndex.from_frame(night.panel.series[names]))


def _assumed() -> tuple[str, ...]:
    """Say what the replay takes for granted."""
    return (
        "true demand is what was sold, and where a shelf was empty what that hid by the rule of "
        "training targets (the rate of the four weeks on either side)",
        "each policy begins with its own reorder point and a share of its usual order on the "
        "shelf, the same share for all, and nothing under way; perfect foresight with what sells "
        "before its first order can arrive",
    )


def _reorder_points(
    stage: _Stage, decisions: Decisions, policies: tuple[str, ...], level: float
) -> pd.DataFrame:
    """Reorder points of every policy at the settings' level, night by night."""
    parts = []
    for name in policies:
        for as_of, night in zip(stage.nights, decisions.in_use(name), strict=True):
            points = night.points.get(name)
            if points is None:
                continue
            units = points.get(level, next(iter(points.values())))
            frame = stage.panel.series[["sku", "location"]]
            parts.append(frame.assign(policy=name, as_of_date=as_of, reorder_point=units))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _orders(
    stage: _Stage, world: World, plays: dict[str, dict[float, Play]], level: float
) -> pd.DataFrame:
    """Every order of every policy at the settings' level."""
    parts = []
    for name, levels in plays.items():
        play = levels.get(level, next(iter(levels.values())))
        trace = simulate(play.world(world), play.policy, keep_trace=True).trace
        assert trace is not None
        series, night = np.nonzero(trace.ordered > 0)
        frame = stage.panel.series[["sku", "location"]].iloc[series].reset_index(drop=True)
        parts.append(
            frame.assign(
                policy=name,
                night_before=stage.panel.periods[stage.begins + night],
                units=trace.ordered[series, night],
                lead_time_periods=world.lead_times[series, stage.begins + night],
            )
        )
    return pd.concat(parts, ignore_index=True)
