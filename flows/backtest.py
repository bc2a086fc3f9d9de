"""Flow `backtest`: read → replay the nights → play the policies → compare → write."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
from prefect import flow

from flows.backtest_files import write_backtest
from flows.backtest_report import Backtest, in_words
from flows.backtest_tables import orders, reorder_points
from flows.clock import now
from flows.contenders import OURS, POLICIES, Decided, Decisions, decide_past
from flows.ingest import Input, open_input
from flows.past_nights import Walk, walk
from flows.progress import report
from flows.replay_world import costs_of, world_of
from flows.run import Run, open_run
from flows.settings import load_settings
from flows.stage import Stage, read_stage
from flows.steps import step
from flows.supply import SupplyFacts, read_supply
from models.registry import Champion, champion
from stockalert.arrays import IntArray
from stockalert.classification import CLASSES
from stockalert.errors import ChampionError, UsageError
from stockalert.simulation.comparison import equal_stock, scoreboard

__all__ = ["LEVELS", "backtest", "check_request"]

LEVELS = (0.5, 0.7, 0.8, 0.85, 0.9, 0.95, 0.975, 0.99, 0.995)
"""Levels of the sweep; the settings' level joins them."""
LEAST_RETRAIN_DAYS = 56

_play = step("play the policies", tells=True)(scoreboard)
_write = step("write results", io=True)(write_backtest)


@flow(name="backtest", validate_parameters=False)
def backtest(
    data: Path | str,
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
            run.data,
            run.workspace.work,
            period=settings.period,
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
    stage = read_stage(run, tables, start, end)
    modelled = OURS in policies
    first = _champion_before(run, stage) if modelled else None
    where = Walk(run, tables, retrain_days if modelled else None, first)
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
            "reorder_points": reorder_points(stage, decisions, policies, level),
            "orders": orders(stage, world, plays, level),
        },
        words=words,
    )
    return Backtest(board, compared, level, words, folder, run_id)


def _champion_before(run: Run, stage: Stage) -> Champion | None:
    """Find the champion, if it has seen nothing of the replay and was made by these settings."""
    try:
        reigning = champion(run.workspace.out, tracking_uri=run.settings.paths.tracking_uri)
    except ChampionError:
        return None
    same = reigning.tags.get("settings_fingerprint") == run.model_fingerprint
    return reigning if same and reigning.trained_until <= stage.nights[0] else None


def _nights(
    stage: Stage, where: Walk, policies: tuple[str, ...]
) -> tuple[SupplyFacts, list[Decided], IntArray]:
    """Run every night; also the supply known before the first, and the classes of that night."""
    settings, decided, facts = where.run.settings, [], None
    abc = np.full(stage.panel.n_series, CLASSES.index("C"))
    levels = sorted({*LEVELS, settings.service.level})
    for night in walk(stage.nights, where):
        place = stage.place(night.panel)
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


def _assumed() -> tuple[str, ...]:
    """Say what the replay takes for granted."""
    return (
        "true demand is what was sold, and where a shelf was empty what that hid by the rule of "
        "training targets (the rate of the four weeks on either side)",
        "each policy begins with its own reorder point and a share of its usual order on the "
        "shelf, the same share for all, and nothing under way; perfect foresight with what sells "
        "before its first order can arrive",
    )
