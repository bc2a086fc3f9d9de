"""Guard a night before it is published: refuse it, or publish it and say why."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from flows.intake import Intake
from flows.metrics_file import write_metrics
from flows.publication import thresholds_of
from flows.refused import keep_refused_night
from flows.run import Run
from flows.run_log import stages
from flows.settled import decided_alike
from flows.steps import step
from flows.summary import publish_summary
from flows.usual_units import units_per_day
from stockalert.errors import GuardError
from stockalert.guard import Finding, Limits, describe
from stockalert.guard_forecasts import on_failures
from stockalert.guard_inputs import on_age, on_rows, on_units
from stockalert.guard_thresholds import on_coverage, on_thresholds
from stockalert.served import Pointer, night_folder, previous_night, served_nights
from stockalert.tables.blocks import AnyTable, whole

__all__ = ["findings_of", "guarded"]

USUAL_NIGHTS = 7
COMPARABLE_DAYS = 28
"""Older than that, a night says little about how far thresholds may move until tonight."""
_COMPARED = ("sku", "location", "reorder_point", "method", "service_level", "coverage_recent")


@step("guard")
def guarded(
    run: Run,
    intake: Intake,
    frames: Mapping[str, AnyTable],
    summary: dict[str, Any],
    force: str | None = None,
) -> dict[str, Any]:
    """Return the summary with what the guards found, or refuse the night.

    Parameters
    ----------
    force : publish whatever the guards say, for this reason

    Raises
    ------
    GuardError
        A guard tripped; the night is kept at OUT/_refused/RUN_ID, what was served still is.
    """
    if not run.settings.guard.enabled:
        return _noted(summary, "guards are switched off (guard.enabled = false)")
    previous = previous_night(run.workspace.out, intake.as_of)
    days = last_days(run)
    failed = pd.DataFrame(summary.get("not forecast", []))
    tonight = whole(frames["thresholds"], (*_COMPARED, "calibration_group"))
    found = findings_of(run, intake, tonight, previous, days, failed=failed)
    findings = list(found)
    told = {name: str(day) for name, day in days.items()}
    summary = {**summary, "last_days": told, "guards": [f.record() for f in findings]}
    for finding in findings:
        if not finding.tripped and finding.figure > finding.limit:
            summary = _noted(summary, f"{finding.guard}: {finding.text}")
    tripped = [finding for finding in findings if finding.tripped]
    if not tripped:
        return summary
    names = ", ".join(finding.guard for finding in tripped)
    if force:
        noted = _noted(summary, f"published by force against the guards {names}: {force}")
        return {**noted, "forced": {"reason": force, "guards": names}}
    summary = {**summary, "refused by": names, "stages": stages()}
    folder = keep_refused_night(run, intake, frames, summary)
    publish_summary("refused-night", summary)
    write_metrics(run, summary, published=False)
    raise GuardError(_message(tripped, previous, folder), findings)


def findings_of(
    run: Run,
    intake: Intake,
    tonight: pd.DataFrame,
    previous: Pointer | None,
    days: Mapping[str, date],
    *,
    failed: pd.DataFrame,
) -> Iterator[Finding]:
    """Ask every guard that has something to go by; on a first night they only tell.

    What could not be forecast is a fault on a first night too.

    Parameters
    ----------
    failed : sku, location, reason of what could not be forecast
    """
    limits = Limits(**run.settings.guard.model_dump(exclude={"enabled"}))
    rows = {name: report.rows_read for name, report in intake.tables.items()}
    period = run.period_days
    today = run.workspace.started_at.date() if run.as_of is None else intake.as_of
    served = None if previous is None else _served_ages(run, previous, period)
    found = [
        *_on_tables(run, intake, tonight, previous, limits),
        on_rows(rows, _usual_rows(run.workspace.out), limits),
        on_units(
            units_per_day(run.tables / "sales.parquet"), intake.as_of, limits, period_days=period
        ),
        *on_age(days, today, limits, served=served, period_days=period),
    ]
    for finding in found:
        if finding is not None:
            nothing = previous is None and finding.tripped
            yield finding.weakened("nothing is served yet") if nothing else finding
    if (broken := on_failures(tonight, failed, limits)) is not None:
        yield broken


def _on_tables(
    run: Run, intake: Intake, tonight: pd.DataFrame, previous: Pointer | None, limits: Limits
) -> Iterator[Finding | None]:
    """Coverage; and, against the night that is replaced, what changed, jumped and is missing."""
    if previous is None:
        yield on_coverage(tonight, None, limits)
        return
    before = thresholds_of(run.workspace.out, previous, _COMPARED)
    age = (intake.as_of - previous.as_of_date).days
    on_purpose = "" if decided_alike(run, previous) else "the settings have changed since"
    too_old = f"the night before is {age} days older" if age > COMPARABLE_DAYS else ""
    yield _judged(on_coverage(tonight, before, limits), on_purpose)
    *moved, missing = on_thresholds(tonight, _same_method(before, tonight), limits)
    for finding in moved:
        yield _judged(finding, on_purpose or too_old)
    yield missing


def last_days(run: Run) -> dict[str, date]:
    """Return the last day with a sale, and the last with a stock figure, as far as known."""
    asked = {
        "sales": "SELECT max(date)::DATE FROM read_parquet(?) WHERE units_sold > 0",
        "stock": "SELECT max(date)::DATE FROM read_parquet(?)",
    }
    found = {}
    for table, query in asked.items():
        path = run.tables / f"{table}.parquet"
        day = _ask(query, path)[0][0] if path.exists() else None
        if day is not None:
            found[table] = day + timedelta(days=run.period_days - 1)
    return found


def _judged(finding: Finding | None, why_not: str) -> Finding | None:
    """Let a finding only tell, where there is a reason not to judge by it."""
    return finding.weakened(f"not judged: {why_not}") if finding and why_not else finding


def _same_method(before: pd.DataFrame, tonight: pd.DataFrame) -> pd.DataFrame:
    """Leave out the formula's thresholds where a model has come: they are meant to move."""
    key = ["sku", "location"]
    after = before[key].merge(tonight[[*key, "method"]], on=key, how="left")["method"].to_numpy()
    better = (before["method"] == "formula") & pd.Series(after, before.index).isin(
        ["quantile", "analog"]
    )
    return before[~better]


def _usual_rows(out: Path) -> list[dict[str, int]]:
    """Rows per table of the last nights; what cannot be read is left out."""
    found = []
    for night in served_nights(out)[-USUAL_NIGHTS:]:
        path = night_folder(out, night.run_id) / "intake.json"
        try:
            tables = json.loads(path.read_text(encoding="utf-8"))["tables"]
            found.append({name: int(table["rows_read"]) for name, table in tables.items()})
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return found


def _served_ages(run: Run, previous: Pointer, period_days: int) -> dict[str, float]:
    """How old the tables were when the night before was made, by the same reckoning."""
    path = night_folder(run.workspace.out, previous.run_id) / "summary.json"
    try:
        told = json.loads(path.read_text(encoding="utf-8")).get("last_days", {})
        last = {name: date.fromisoformat(day) for name, day in told.items()}
    except (OSError, ValueError, AttributeError):
        return {}
    then = previous.created_at.date() if run.as_of is None else previous.as_of_date
    ages = on_age(last, then, Limits(), served=None, period_days=period_days)
    return dict(zip(sorted(last), [finding.figure for finding in ages], strict=True))


def _ask(query: str, path: Path) -> list[tuple[Any, ...]]:
    with duckdb.connect(config={"autoinstall_known_extensions": "false"}) as con:
        return con.execute(query, [str(path)]).fetchall()


def _noted(summary: dict[str, Any], note: str) -> dict[str, Any]:
    return {**summary, "notes": [*summary["notes"], note]}


def _message(tripped: Sequence[Finding], previous: Pointer | None, folder: Path) -> str:
    served = "nothing" if previous is None else f"the night of {previous.as_of_date}"
    return (
        f"the guard refused this night; {served} (run {previous.run_id if previous else '–'}) is "
        f"still served\n{describe(tripped)}\nwhat was refused is kept in {folder}\n"
        "if it is right, publish it with --force REASON; [guard] in the settings sets the limits"
    )
