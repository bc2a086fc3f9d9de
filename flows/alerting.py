"""Alerts about the nightly job itself, for whoever finds something wrong between two nights."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from flows.settings import Settings

__all__ = ["clear_operational", "raise_operational"]


def raise_operational(
    out: Path,
    settings: Settings,
    *,
    kind: str,
    problem: str,
    now: datetime,
    to_do: str = "",
    subject: str = "",
    severity: str = "critical",
) -> str:
    """Open an alert about the nightly job and send it at once; an open one is not sent again.

    It never fails: what cannot be sent now waits in OUT/alerts.db for `stockalert alerts deliver`,
    and what cannot even be kept is logged.

    Parameters
    ----------
    kind : `data_stale`, `model_degraded`, `publish_refused`, `night_missing`, `night_failed`
    problem : what is wrong, one or two sentences
    to_do : what somebody should do about it
    subject : what it is about where there may be several of a kind (a table, a model); "" = one
    severity : `info`, `warning` or `critical`

    Returns
    -------
    the alert's fingerprint
    """
    from flows.alerting_operational import raised

    return raised(
        out,
        settings,
        kind=kind,
        subject=subject,
        severity=severity,
        words=(problem, to_do),
        now=now,
    )


def clear_operational(
    out: Path, settings: Settings, *, kind: str, now: datetime, subject: str = ""
) -> bool:
    """Close an alert about the nightly job, and tell those who heard of it.

    Returns
    -------
    whether there was one; it never fails
    """
    from flows.alerting_operational import cleared

    return cleared(out, settings, kind=kind, subject=subject, now=now)
