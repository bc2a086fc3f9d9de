"""Alerts about the nightly job itself: kept between nights, sent at once, never an error."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flows.alert_store import AlertStore, open_store
from flows.alerting_channels import addresses_of
from flows.alerting_queue import owe, queue_messages, told_before
from flows.settings import Settings
from stockalert.alerts.kinds import OPERATIONAL_KINDS, SEVERITIES, fingerprint
from stockalert.alerts.silences import muted_state
from stockalert.alerts.transitions import changes

__all__ = ["OPERATIONAL", "cleared", "note_problem", "operational_alerts", "over_with", "raised"]

OPERATIONAL = "op-"
"""How the episodes of these alerts begin."""

_log = logging.getLogger("stockalert.alerts")


def raised(
    out: Path,
    settings: Settings,
    *,
    kind: str,
    subject: str,
    severity: str,
    words: tuple[str, str],
    now: datetime,
) -> str:
    """See `flows.alerting.raise_operational`."""
    if kind not in OPERATIONAL_KINDS or severity not in SEVERITIES:
        raise ValueError(f"no such operational alert: {kind}, {severity}")

    def open_it(store: AlertStore) -> None:
        note_problem(
            store, settings, kind=kind, subject=subject, severity=severity, words=words, now=now
        )

    _quietly(out, settings, open_it, now)
    return fingerprint(kind, subject)


def cleared(out: Path, settings: Settings, *, kind: str, subject: str, now: datetime) -> bool:
    """See `flows.alerting.clear_operational`."""
    found: list[bool] = []
    _quietly(
        out,
        settings,
        lambda store: found.append(over_with(store, settings, kind=kind, subject=subject, now=now)),
        now,
    )
    return any(found)


def note_problem(
    store: AlertStore,
    settings: Settings,
    *,
    kind: str,
    subject: str,
    severity: str,
    words: tuple[str, str],
    now: datetime,
) -> None:
    """Keep an operational alert and queue its message, in one transaction."""
    name, at = fingerprint(kind, subject), now.isoformat()
    with store.transaction() as change:
        change.execute(
            "INSERT INTO operational VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (fingerprint) DO UPDATE SET severity = excluded.severity, "
            "problem = excluded.problem, to_do = excluded.to_do, last_seen = excluded.last_seen",
            (name, OPERATIONAL + secrets.token_hex(6), kind, subject, severity, *words, at, at),
        )
        mine = [one for one in operational_alerts(store, now) if one["fingerprint"] == name]
        _tell(store, settings, mine, {name}, now=now)


def over_with(
    store: AlertStore, settings: Settings, *, kind: str, subject: str, now: datetime
) -> bool:
    """Forget an operational alert and tell its readers, in one transaction."""
    name = fingerprint(kind, subject)
    with store.transaction() as change:
        gone = change.execute("DELETE FROM operational WHERE fingerprint = ?", (name,)).rowcount
        if gone:
            _tell(store, settings, [], {name}, now=now)
    return gone > 0


def operational_alerts(store: AlertStore, now: datetime) -> list[dict[str, Any]]:
    """Open operational alerts, as rows of table `alerts` with their message."""
    silences, acknowledged = store.silences(), store.acknowledgements()
    found = []
    for row in store.operational():
        alert = {
            name: row[name] for name in ("fingerprint", "episode", "kind", "severity", "subject")
        }
        alert |= {"first_seen": row["first_seen"], "last_seen": row["last_seen"]}
        alert |= {"message": row["problem"], "to_do": row["to_do"], "sku": None, "name": None}
        alert |= {"units_at_risk": None, "money_at_risk": None, "planner": None}
        found.append(alert | {"state": muted_state(alert, silences, acknowledged, now)})
    return found


def _tell(
    store: AlertStore,
    settings: Settings,
    alerts: Sequence[dict[str, Any]],
    about: set[str],
    *,
    now: datetime,
) -> None:
    """Owe and queue what is new about some operational alerts."""
    addresses = addresses_of(settings)
    telling = addresses.telling(settings)
    before = {name: told for name, told in told_before(store).items() if name in about}
    repeat = timedelta(days=settings.alerts.repeat_days)
    owe(store, changes(alerts, before, now=now, repeat=repeat), telling)
    queue_messages(store, telling, as_of=now.date().isoformat(), now=now, only_at_once=True)


def _quietly(
    out: Path, settings: Settings, act: Callable[[AlertStore], object], now: datetime
) -> None:
    """Act and deliver; whoever reports a problem must not get another one."""
    from flows.alerting_night import send_queued

    try:
        with open_store(out) as store:
            act(store)
        send_queued(out, settings, now=now)
    except Exception as error:
        _log.error("an alert about the nightly job could not be sent: %s", error)
