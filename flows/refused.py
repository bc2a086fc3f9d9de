"""Nights that a guard refused: kept for inspection at OUT/_refused/RUN_ID, never served."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from flows.intake import Intake
from flows.publication import record_of_run
from flows.run import Run
from stockalert.tables.blocks import AnyTable, whole

__all__ = ["keep_refused_night", "prune_refused"]

MOST_KEPT = 7


def keep_refused_night(
    run: Run, intake: Intake, frames: Mapping[str, AnyTable], summary: dict[str, Any]
) -> Path:
    """Write a refused night's tables and record as they are; they appear in one step.

    Returns
    -------
    The folder: NAME.parquet per table, summary.json, settings.toml, intake.json
    """
    staged = run.workspace.work / "refused"
    staged.mkdir()
    for name, frame in frames.items():
        whole(frame).to_parquet(staged / f"{name}.parquet", index=False)
    for name, text in record_of_run(run, intake, summary).items():
        (staged / name).write_text(text, encoding="utf-8")
    folder = run.workspace.out / "_refused" / run.workspace.run_id
    folder.parent.mkdir(exist_ok=True)
    staged.rename(folder)
    prune_refused(run.workspace.out, run.settings.keep_days, run.workspace.started_at.date())
    return folder


def prune_refused(out: Path, keep_days: int, today: date) -> None:
    """Remove refused nights but the last seven, and those older than `keep_days`.

    Names of runs begin with the day they began.
    """
    oldest = f"{today - timedelta(days=keep_days):%Y%m%d}"
    nights = sorted(folder for folder in (out / "_refused").glob("*") if folder.is_dir())
    for place, folder in enumerate(reversed(nights)):
        if place >= MOST_KEPT or folder.name < oldest:
            shutil.rmtree(folder, ignore_errors=True)
