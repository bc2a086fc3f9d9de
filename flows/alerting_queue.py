"""From open alerts to messages that wait to be sent: one transaction, the same however often.

What there is to tell follows from the served tables and from what was told before. So a crash
between publishing a night and this step loses nothing: the next run, or `stockalert alerts
deliver`, takes over every served night that has not been taken over yet, in their order.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flows.alert_store import AlertStore
from stockalert.alerts.bundles import Bundle, Due, bundle, ranked, summed
from stockalert.alerts.quiet import allowed_from
from stockalert.alerts.routing import Route, recipients
from stockalert.alerts.transitions import Changes, Told, Transition, changes_in_parts

__all__ = ["Telling", "owe", "queue_messages", "take_over", "told_before"]

_SPELLED = 20


@dataclass(frozen=True)
class Telling:
    """How alerts become messages; from the settings and the channels they name.

    Attributes
    ----------
    routes : in order, the last one is the default
    labels : names of the channels, by id
    """

    routes: tuple[Route, ...]
    labels: Mapping[str, str]
    group_by: tuple[str, ...]
    repeat: timedelta
    send_resolved: bool
    quiet_hours: str
    top: int = _SPELLED


def take_over(
    store: AlertStore,
    alerts: Iterable[Mapping[str, Any]],
    telling: Telling,
    *,
    night: tuple[str, str],
    now: datetime,
) -> None:
    """Owe what a night's open alerts ask for to its readers, and remember the night.

    Parameters
    ----------
    alerts : all that are open, each with its `state`
    night : run_id and as-of date
    """
    found = changes_in_parts(alerts, told_before(store), now=now, repeat=telling.repeat)
    with store.transaction() as change:
        for part in found:
            owe(store, part, telling)
        change.execute("INSERT OR REPLACE INTO nights VALUES (?, ?, ?)", (*night, now.isoformat()))
        queue_messages(store, telling, as_of=night[1], now=now)


def told_before(store: AlertStore) -> dict[str, Told]:
    """Read what has been told, by fingerprint."""
    found = store.rows("SELECT * FROM told")
    return {
        row["fingerprint"]: Told(
            row["fingerprint"],
            row["episode"],
            row["severity"],
            datetime.fromisoformat(row["told_at"]),
            row["repeats"],
            json.loads(row["alert"]),
        )
        for row in found
    }


def owe(store: AlertStore, found: Changes, telling: Telling) -> None:
    """Write down what is owed to whom; inside the caller's transaction.

    An alert that nobody is to hear of is not remembered as told: whoever is added later hears it.
    """
    heard: set[str] = set()
    rows = []
    for transition in found.transitions:
        readers = _readers(store, transition, telling)
        if readers:
            heard.add(str(transition.alert["fingerprint"]))
        rows += [_due_row(transition, channel, at_once) for channel, at_once in readers.items()]
    write = store.connection.executemany
    write(
        "INSERT OR IGNORE INTO dues (transition_id, channel, what, fingerprint, at_once, alert) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        rows,
    )
    unheard = {str(one.alert["fingerprint"]) for one in found.transitions} - heard
    kept = [told for told in found.told if told.fingerprint not in unheard]
    write("INSERT OR REPLACE INTO told VALUES (?, ?, ?, ?, ?, ?)", [_told_row(one) for one in kept])
    write("DELETE FROM told WHERE fingerprint = ?", [(name,) for name in found.over])
    write("DELETE FROM acknowledgements WHERE fingerprint = ?", [(name,) for name in found.over])


def queue_messages(
    store: AlertStore, telling: Telling, *, as_of: str, now: datetime, only_at_once: bool = False
) -> None:
    """Put what is owed into messages; inside the caller's transaction.

    A planner's digest of a night is sent once: what comes up later that day and does not go at once
    waits for the next night.
    """
    dues = [
        Due(row["transition_id"], row["channel"], row["what"], bool(row["at_once"]), _alert(row))
        for row in store.rows("SELECT * FROM dues WHERE state = 'owed' ORDER BY transition_id")
        if row["at_once"] or not only_at_once
    ]
    had = store.rows(
        "SELECT channel, planner FROM outbox WHERE kind = 'digest' AND as_of = ?", as_of
    )
    digested = [(row["channel"], row["planner"]) for row in had]
    counted = store.rows(
        "SELECT json_extract(alert, '$.planner') AS who, count(*) AS n FROM told GROUP BY 1"
    )
    open_now = Counter({str(row["who"] or ""): int(row["n"]) for row in counted})
    for one in bundle(dues, group_by=telling.group_by, digested=digested):
        context = _context(one, telling, as_of, open_now[one.planner])
        context["written_at"] = now.isoformat()
        _queue(store, one, telling, context, now=now)


def _readers(store: AlertStore, transition: Transition, telling: Telling) -> dict[str, bool]:
    """Who hears of it: of an end, those who heard of the beginning; nobody if they did not yet.

    A channel that is down is not told so.
    """
    alert = transition.alert
    down = alert.get("subject") if alert.get("kind") == "channel_down" else None
    but = [one for one, label in telling.labels.items() if label == down]
    if transition.what != "resolved":
        return recipients(alert, telling.routes, but=but)
    name = alert["fingerprint"]
    store.connection.execute(
        "UPDATE dues SET state = 'over' WHERE fingerprint = ? AND state = 'owed'", (name,)
    )
    if not telling.send_resolved:
        return {}
    told = store.rows(
        "SELECT DISTINCT channel FROM dues WHERE fingerprint = ? AND state = 'queued' "
        "AND transition_id LIKE ?",
        name,
        transition.id.rpartition(":")[0] + ":%",
    )
    known = {one for one in (row["channel"] for row in told) if one in telling.labels}
    reach = recipients(alert, telling.routes, but=but)
    return {one: reach.get(one, False) for one in sorted(known) if one not in but}


def _queue(
    store: AlertStore, one: Bundle, telling: Telling, context: dict[str, Any], *, now: datetime
) -> None:
    """Write one message, and that its dues are in it."""
    values = (
        one.key,
        one.channel,
        telling.labels[one.channel],
        one.kind,
        one.planner,
        context["as_of"],
        json.dumps(context, ensure_ascii=False, default=str),
        now.isoformat(),
        allowed_from(now, telling.quiet_hours).isoformat(),
    )
    store.connection.execute(
        "INSERT OR IGNORE INTO outbox (key, channel, label, kind, planner, as_of, context, "
        "created_at, not_before) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        values,
    )
    store.connection.executemany(
        "UPDATE dues SET state = 'queued', message = ? WHERE transition_id = ? AND channel = ?",
        [(one.key, due.transition, one.channel) for due in one.dues],
    )


def _context(one: Bundle, telling: Telling, as_of: str, open_now: int) -> dict[str, Any]:
    """What the message is about, bounded: the worst alerts spelled out, the others counted."""
    begun = [{**due.alert, "what": due.what} for due in one.dues if due.what != "resolved"]
    ended = [{**due.alert, "what": due.what} for due in one.dues if due.what == "resolved"]
    shown, over = ranked(begun)[: telling.top], ranked(ended)[: telling.top]
    return {
        "kind": one.kind,
        "planner": one.planner,
        "as_of": as_of,
        "alerts": [_slim(alert) for alert in shown],
        "more": len(begun) - len(shown),
        "resolved": [_slim(alert) for alert in over],
        "more_resolved": len(ended) - len(over),
        "counts": dict(Counter(str(alert["kind"]) for alert in begun).most_common()),
        "new": sum(alert["what"] in {"raised", "escalated"} for alert in begun),
        "repeated": sum(alert["what"] == "repeated" for alert in begun),
        "ended": len(ended),
        "open": open_now,
        "units_at_risk": summed(begun, "units_at_risk"),
        "money_at_risk": summed(begun, "money_at_risk"),
    }


_LEFT_OUT = ("inhibited_by", "acknowledged_until", "state")


def _slim(alert: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in alert.items() if name not in _LEFT_OUT}


def _due_row(transition: Transition, channel: str, at_once: bool) -> tuple[Any, ...]:
    alert = json.dumps(dict(transition.alert), ensure_ascii=False, default=str)
    name = transition.alert["fingerprint"]
    return transition.id, channel, transition.what, name, int(at_once), alert


def _told_row(told: Told) -> tuple[Any, ...]:
    alert = json.dumps(dict(told.alert), ensure_ascii=False, default=str)
    when = told.told_at.isoformat()
    return told.fingerprint, told.episode, told.severity, when, told.repeats, alert


def _alert(row: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(row["alert"])
    return found
