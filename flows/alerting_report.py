"""What the commands about alerts do and say."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from flows.alert_store import AlertStore, open_store
from flows.alerting_delivery import Delivery
from flows.alerting_messages import Writer, check_templates
from flows.alerting_night import deliver_alerts, open_alerts
from flows.alerting_samples import samples, trial
from flows.channels import channels_of
from flows.clock import now as clock
from flows.settings import Settings
from stockalert.alerts.silences import MATCHED, Silence
from stockalert.alerts.words import one_line, words_of
from stockalert.errors import UsageError

__all__ = [
    "acknowledge",
    "add_silence",
    "deliver_for",
    "delivered",
    "print_alerts",
    "try_address",
]

_SHOWN = 200
_PAUSE = 30.0


def print_alerts(
    console: Console, out: Path, settings: Settings, *, now: datetime, every: bool
) -> None:
    """Print the open alerts, silences in force and what waits to be sent."""
    words = words_of(settings.language)
    with open_store(out) as store:
        found = open_alerts(out, store, now)
        shown = [alert for alert in found if every or alert["state"] == "open"]
        table = Table("alert", "severity", "state", "what, and what to do", "at risk")
        for alert in shown[:_SHOWN]:
            said = escape(f"{_line(alert['message'])}\n{_line(alert['to_do'])}")
            risk = words.money(alert.get("money_at_risk"))
            table.add_row(alert["fingerprint"], alert["severity"], alert["state"], said, risk)
        if shown:
            console.print(table)
        if len(shown) > _SHOWN:
            console.print(f"and {len(shown) - _SHOWN} more, see table alerts")
        muted = len(found) - len(shown)
        console.print(f"{len(shown)} alerts" + (f", {muted} muted (--all)" if muted else ""))
        _print_rest(console, store, now)


def acknowledge(out: Path, start: str, *, until: datetime, made_by: str, now: datetime) -> str:
    """Keep that somebody has an alert in hand.

    Raises
    ------
    UsageError
        No open alert's fingerprint begins so, or several do, or the end is past.
    """
    _refuse_past(until, now)
    with open_store(out) as store:
        names = [str(alert["fingerprint"]) for alert in open_alerts(out, store, now)]
        mine = [name for name in names if start and name.startswith(start)]
        if len(mine) != 1:
            found = "none" if not mine else f"{len(mine)} of them"
            raise UsageError(f"expected the fingerprint of one open alert, found {found}: {start}")
        store.acknowledge(mine[0], until, made_by, now)
    return f"{mine[0]} is acknowledged until {until:%Y-%m-%d %H:%M}"


def add_silence(
    out: Path,
    asked: Mapping[str, str],
    *,
    until: datetime,
    end: int,
    made_by: str,
    comment: str,
    now: datetime,
) -> str:
    """Keep a silence, or end one.

    Raises
    ------
    UsageError
        It fits nothing or everything, its end is past, or there is none of that number.
    """
    with open_store(out) as store:
        if end:
            if not store.end_silence(end, now):
                raise UsageError(f"expected the number of a silence in force, found {end}")
            return f"silence {end} is over"
        _refuse_past(until, now)
        matchers = {name: value for name, value in asked.items() if value and name in MATCHED}
        if not matchers:
            raise UsageError("expected at least one of --kind, --sku, --supplier …, found none")
        silence = Silence(matchers, until, made_by=made_by, comment=comment)
        number = store.add_silence(silence, now)
    return f"silence {number} holds until {until:%Y-%m-%d %H:%M}"


def deliver_for(out: Path, settings: Settings, *, minutes: float) -> Delivery:
    """Tell and send, again and again while something waits and there is time."""
    end = time.monotonic() + 60.0 * minutes
    done = deliver_alerts(out, settings, now=clock())
    while done.waiting and time.monotonic() + _PAUSE < end:
        time.sleep(_PAUSE)
        again = deliver_alerts(out, settings, now=clock())
        again.sent += done.sent
        done = again
    return done


def delivered(done: Delivery) -> str:
    """Say what became of the messages."""
    lines = [f"{done.sent} messages sent, {done.waiting} waiting"]
    if done.repeated:
        lines.append(f"{done.repeated} of them may be repeats: a process died while sending them")
    lines += [f"{label}: {why}" for label, why in done.down.items()]
    return "\n".join([*lines, *done.notes])


def try_address(url: str, settings: Settings, *, now: datetime) -> str:
    """Send a test message, which shows a made-up alert.

    Raises
    ------
    UsageError
        The address or a template of one's own is wrong.
    ChannelError
        It does not arrive.
    """
    channels = channels_of(url)
    writer = Writer(settings.language, settings.alerts.templates)
    check_templates(writer, samples(now, settings.language))
    context = trial(now, settings.language)
    for channel in channels:
        channel.send(writer(f"test{now:%Y%m%d%H%M%S}", context), lambda: None)
    return "\n".join(f"sent to {channel.label}" for channel in channels)


def _print_rest(console: Console, store: AlertStore, now: datetime) -> None:
    """Print silences in force, messages that wait, and channels that do not answer."""
    for silence in store.silences():
        if silence.until > now:
            asked = ", ".join(f"{name} = {value}" for name, value in silence.matchers.items())
            said = f"silence {silence.number} until {silence.until:%Y-%m-%d %H:%M}: {asked}"
            console.print(escape(_line(said)))
    waiting = store.rows("SELECT count(*) AS n FROM outbox WHERE state <> 'sent'")[0]["n"]
    if waiting:
        console.print(f"{waiting} messages wait to be sent")
    for row in store.rows("SELECT * FROM channels ORDER BY down_since"):
        said = f"{row['label']} has not answered since {row['down_since']}: {row['problem']}"
        console.print(escape(_line(said)))


def _refuse_past(until: datetime, now: datetime) -> None:
    if until <= now:
        raise UsageError(f"--until: expected a moment to come, found {until:%Y-%m-%d %H:%M}")


def _line(text: object) -> str:
    return one_line(text or "", 600)
