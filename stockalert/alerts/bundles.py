"""Which alerts share a message: one digest per planner and night, and groups of urgent ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import groupby
from typing import Any

from stockalert.alerts.kinds import OPERATIONAL_KINDS, SEVERITIES

__all__ = ["Bundle", "Due", "bundle", "ranked", "summed"]


@dataclass(frozen=True)
class Due:
    """One transition of one alert, owed to one channel."""

    transition: str
    channel: str
    what: str
    at_once: bool
    alert: Mapping[str, Any]


@dataclass(frozen=True)
class Bundle:
    """The dues of one message.

    Attributes
    ----------
    key : 32 hex digits, the same for the same dues: names the message wherever it goes
    kind : `digest`, `immediate` or `operational`
    """

    key: str
    kind: str
    channel: str
    planner: str
    dues: tuple[Due, ...]


def bundle(
    dues: Iterable[Due], *, group_by: Sequence[str], digested: Iterable[tuple[str, str]] = ()
) -> list[Bundle]:
    """Put dues together into messages, urgent ones first.

    Parameters
    ----------
    group_by : columns that urgent alerts of one message have in common
    digested : (channel, planner) that have had tonight's digest; their dues wait for the next
    """
    had, grouped = set(digested), []
    for due in dues:
        planner = str(due.alert.get("planner") or "")
        if due.at_once:
            own = due.alert.get("kind") in OPERATIONAL_KINDS
            names = ("kind", "fingerprint") if own else tuple(group_by)
            group = tuple(str(due.alert.get(name) or "") for name in names)
            grouped.append(
                (("operational" if own else "immediate", due.channel, planner, group), due)
            )
        elif (due.channel, planner) not in had:
            grouped.append((("digest", due.channel, planner, ()), due))
    grouped.sort(key=lambda pair: (_ORDER[pair[0][0]], *pair[0][1:]))
    found = []
    for (kind, channel, planner, _), members in groupby(grouped, key=lambda pair: pair[0]):
        together = tuple(due for _, due in members)
        found.append(Bundle(_key(kind, channel, together), kind, channel, planner, together))
    return found


def ranked(alerts: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Order alerts by severity, then money at risk, then units, then name."""
    return sorted(
        alerts,
        key=lambda alert: (
            -SEVERITIES.index(alert["severity"]),
            -float(alert.get("money_at_risk") or 0.0),
            -float(alert.get("units_at_risk") or 0.0),
            str(alert.get("sku") or ""),
            str(alert.get("location") or ""),
        ),
    )


def summed(alerts: Iterable[Mapping[str, Any]], name: str) -> float:
    """Sum a column of what is worth an order; surplus stock is another kind of money."""
    return sum(float(a.get(name) or 0.0) for a in alerts if a.get("severity") != "info")


_ORDER = {"operational": 0, "immediate": 1, "digest": 2}


def _key(kind: str, channel: str, dues: Iterable[Due]) -> str:
    words = "\n".join([kind, channel, *sorted(due.transition for due in dues)])
    return sha256(words.encode("utf-8", "surrogatepass")).hexdigest()[:32]
