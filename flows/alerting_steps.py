"""Alerts as steps of a night: decided before it is published, told after it is served."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flows.alert_store import open_store
from flows.alerting_inputs import evenings_of, last_stock, rules_of
from flows.alerting_night import deliver_alerts, served_alerts
from flows.alerting_operational import operational_alerts
from flows.decided import DecidedNight
from flows.intake import Intake
from flows.run import Run
from flows.steps import step
from stockalert.alerts.night import Before, Circumstances, alerts_table
from stockalert.errors import StockalertError
from stockalert.tables.blocks import LongTable

__all__ = ["decide_alerts", "tell_alerts", "with_alerts"]


@step("decide alerts")
def with_alerts(run: Run, intake: Intake, decided: DecidedNight) -> DecidedNight:
    """Night with table `alerts`: what is open, to be published with the other tables."""
    alerts = decide_alerts(run, intake, decided)
    return replace(decided, frames=decided.frames | {"alerts": alerts})


@step("tell alerts")
def tell_alerts(run: Run, summary: dict[str, Any]) -> None:
    """Tell what is new, and say in the summary what became of it; the night is served anyway."""
    try:
        done = deliver_alerts(run.workspace.out, run.settings, now=run.workspace.started_at)
    except Exception as error:
        why = error if isinstance(error, StockalertError) else f"{type(error).__name__}: {error}"
        summary["notes"].append(f"alerts: not told, `stockalert alerts deliver` will: {why}")
        return
    summary["alert messages sent"], summary["alert messages waiting"] = done.sent, done.waiting
    summary["notes"] += [f"alerts: {label}: {why}" for label, why in done.down.items()]
    summary["notes"] += [f"alerts: {note}" for note in done.notes]


def decide_alerts(run: Run, intake: Intake, decided: DecidedNight) -> LongTable:
    """Decide which alerts are open."""
    settings, out, now = run.settings, run.workspace.out, run.workspace.started_at
    with open_store(out) as store:
        before = Before(
            alerts=served_alerts(out, Before.KEPT),
            operational=operational_alerts(store, now),
            silences=store.silences(),
            acknowledged=store.acknowledgements(),
        )
    when = Circumstances(
        as_of=intake.as_of,
        today=intake.last_day,
        now=now,
        episode=run.workspace.run_id,
        language=settings.language,
        live=run.as_of is None and intake.moment is None,
        last_stock=last_stock(run.tables),
        max_stale_days=settings.guard.max_stale_days,
        goodwill_share=settings.service.goodwill_share,
        period_days=run.period_days,
    )
    return alerts_table(evenings_of(run, intake, decided), rules_of(settings), when, before)
