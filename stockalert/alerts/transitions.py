"""What there is to tell: the open alerts of a night against what has been told before.

The comparison looks at states, not at events: whatever went wrong in between, the next one tells
exactly what is missing. A transition's name is the same however often it is computed, so that
telling it twice can be refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from stockalert.alerts.kinds import SEVERITIES

__all__ = ["Changes", "Told", "Transition", "changes", "changes_in_parts"]

PART_ALERTS = 4096


@dataclass(frozen=True)
class Told:
    """An open alert that somebody has been told of."""

    fingerprint: str
    episode: str
    severity: str
    told_at: datetime
    repeats: int
    alert: Mapping[str, Any]


@dataclass(frozen=True)
class Transition:
    """One thing to tell about one alert.

    Attributes
    ----------
    id : the alert's fingerprint, the run that raised it, and what is told
    what : `raised`, `escalated`, `repeated` or `resolved`
    alert : the row of table `alerts`; of a resolved one as it was last told
    """

    id: str
    what: str
    alert: Mapping[str, Any]


@dataclass(frozen=True)
class Changes:
    """What to tell, and what to remember as told once it is owed to somebody."""

    transitions: list[Transition] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    over: list[str] = field(default_factory=list)


def changes(
    alerts: Iterable[Mapping[str, Any]],
    told: Mapping[str, Told],
    *,
    now: datetime,
    repeat: timedelta,
) -> Changes:
    """Compare the open alerts with those told before.

    Muted alerts are neither told nor forgotten: they are told when the muting ends, and their end
    is told to those who heard of their beginning.

    Parameters
    ----------
    alerts : every open alert, muted ones included: fingerprint, episode, severity, state …
    told : by fingerprint
    repeat : time after which an open alert is told again
    """
    found = Changes()
    for part in changes_in_parts(alerts, told, now=now, repeat=repeat):
        found.transitions.extend(part.transitions)
        found.told.extend(part.told)
        found.over.extend(part.over)
    return found


def changes_in_parts(
    alerts: Iterable[Mapping[str, Any]],
    told: Mapping[str, Told],
    *,
    now: datetime,
    repeat: timedelta,
) -> Iterator[Changes]:
    """As `changes`, of some thousand alerts at a time; what is over comes last."""
    still: set[str] = set()
    rows = iter(alerts)
    while some := list(islice(rows, PART_ALERTS)):
        found = Changes()
        for alert in some:
            before = told.get(alert["fingerprint"])
            if before is not None:
                still.add(before.fingerprint)
            if alert["state"] == "open":
                _on_open(alert, before, found, now=now, repeat=repeat)
        yield found
    over = [before for name, before in told.items() if name not in still]
    ended = [_transition("resolved", before.alert, before) for before in over]
    yield Changes(ended, [], [before.fingerprint for before in over])


def _on_open(
    alert: Mapping[str, Any],
    before: Told | None,
    found: Changes,
    *,
    now: datetime,
    repeat: timedelta,
) -> None:
    """Add what is to be told of one open alert."""
    episode, severity = alert["episode"], alert["severity"]
    if before is None or before.episode != episode:
        new = Told(alert["fingerprint"], episode, severity, now, 0, alert)
        found.told.append(new)
        found.transitions.append(_transition("raised", alert, new))
    elif SEVERITIES.index(severity) > SEVERITIES.index(before.severity):
        new = replace(before, severity=severity, told_at=now, alert=alert)
        found.told.append(new)
        found.transitions.append(_transition("escalated", alert, new, severity))
    elif now - before.told_at >= repeat:
        new = replace(before, told_at=now, repeats=before.repeats + 1, alert=alert)
        found.told.append(new)
        found.transitions.append(_transition("repeated", alert, new, str(new.repeats)))
    elif before.told_at > now:  # the clock was set back: do not wait until it has caught up
        found.told.append(replace(before, told_at=now))


def _transition(what: str, alert: Mapping[str, Any], told: Told, detail: str = "") -> Transition:
    words = [told.fingerprint, told.episode, what, detail]
    return Transition(":".join(word for word in words if word), what, alert)
