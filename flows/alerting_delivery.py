"""Send what waits: each message once, failures later again, nothing forgotten.

A message is `queued`; right before it leaves it is `leaving` (kept on disk); once the receiver has
said yes it is `sent`. A process that dies before `leaving` has sent nothing. One that dies after it
may have: then a project tool is asked; anybody else gets the message again under the same key
(Message-ID, Idempotency-Key), marked as a possible repeat, because a lost alert is worse.
"""

from __future__ import annotations

import fcntl
import json
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from flows.alert_store import AlertStore
from flows.alerting_departures import CALLED_TOGETHER, call, look_after_the_dead
from flows.channels import Channel, ChannelError, Message
from stockalert.alerts.quiet import allowed_from, wait_after
from stockalert.errors import OutputError

__all__ = ["Delivery", "deliver_queue", "delivering"]

_FAILURES_IN_A_ROW = 2
_PATIENCE = 60.0

Render = Callable[[str, dict[str, Any], tuple[str, ...]], Message]


@dataclass
class Delivery:
    """What became of the messages of one pass.

    Attributes
    ----------
    sent, waiting : messages
    down : why a channel does not answer, by its label
    back : labels of channels that answer again
    """

    sent: int = 0
    waiting: int = 0
    repeated: int = 0
    down: dict[str, str] = field(default_factory=dict)
    back: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@contextmanager
def delivering(out: Path) -> Iterator[None]:
    """Hold the right to send from an output directory; one process at a time.

    Raises
    ------
    OutputError
        Another process has been sending for a minute.
    """
    out.mkdir(parents=True, exist_ok=True)
    with (out / "_alerts.lock").open("a") as lock:
        end = time.monotonic() + _PATIENCE
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > end:
                    raise OutputError(f"another process is sending alerts from {out}") from None
                time.sleep(0.05)
        yield


def deliver_queue(
    store: AlertStore,
    channels: Mapping[str, Channel],
    render: Render,
    *,
    now: datetime,
    first_wait_minutes: float,
    quiet_hours: str = "",
    done: Delivery,
) -> None:
    """Send every message that is due; the caller holds `delivering`.

    A channel that fails twice in a row is left alone for the rest of the pass. In quiet hours
    nothing leaves, whatever was queued before they began or failed before.

    Parameters
    ----------
    channels : by id
    render : makes a message from its key, its context, and the forms wanted
    quiet_hours : such as "22:00-07:00"; "" = none
    done : what became of it is added here
    """
    look_after_the_dead(store)
    _readdress(store, channels, done)
    failures: dict[str, int] = {}
    silent = {str(row["id"]) for row in store.rows("SELECT id FROM channels")}
    quiet = allowed_from(now, quiet_hours) > now
    due = [] if quiet else _due(store, now)
    called: set[str] = set()
    for at, row in enumerate(due):
        channel = channels.get(row["channel"])
        if channel is None or failures.get(channel.id, 0) >= _FAILURES_IN_A_ROW:
            continue
        if row["key"] not in called:
            called = call(store, due[at : at + CALLED_TOGETHER])
        problem = _hand_over(
            store, channel, row, render, now=now, wait=first_wait_minutes, done=done
        )
        failures[channel.id] = failures.get(channel.id, 0) + 1 if problem else 0
        _note_channel(store, channel, problem, silent, now=now, done=done)
    if called:
        look_after_the_dead(store)
    left = store.rows("SELECT count(*) AS n FROM outbox WHERE state <> 'sent'")
    done.waiting = int(left[0]["n"])


def _readdress(store: AlertStore, channels: Mapping[str, Channel], done: Delivery) -> None:
    """Give messages to addresses that the settings no longer name to the first that they do."""
    waiting = store.rows("SELECT DISTINCT channel, label FROM outbox WHERE state = 'queued'")
    for row in waiting:
        if row["channel"] in channels:
            continue
        if not channels:
            done.notes.append(f"{row['label']} is in no setting any more; its messages wait")
            continue
        heir = next(iter(channels.values()))
        done.notes.append(
            f"{row['label']} is in no setting any more; {heir.label} gets its messages"
        )
        with store.transaction() as change:
            change.execute(
                "UPDATE outbox SET channel = ?, label = ? WHERE channel = ? AND state = 'queued'",
                (heir.id, heir.label, row["channel"]),
            )


def _due(store: AlertStore, now: datetime) -> list[Any]:
    """Messages whose time has come; a clock that was set back holds nothing up."""
    at = now.isoformat()
    return store.rows(
        "SELECT * FROM outbox WHERE state = 'queued' AND (not_before <= ? OR created_at > ?) "
        "AND (next_attempt <= ? OR tried_at > ?) ORDER BY seq",
        *(at, at, at, at),
    )


def _hand_over(
    store: AlertStore,
    channel: Channel,
    row: Any,
    render: Render,
    *,
    now: datetime,
    wait: float,
    done: Delivery,
) -> str:
    """Send one message and keep what became of it; the problem, or ""."""
    key, left = row["key"], False

    def about_to() -> None:
        nonlocal left
        with store.quick_transaction() as change:
            change.execute("UPDATE outbox SET state = 'leaving' WHERE key = ?", (key,))
        left = True

    try:
        found = channel.arrived(key) if row["unsure"] else False
        if not found:
            context = {**json.loads(row["context"]), "unsure": found is None}
            channel.send(render(key, context, channel.reads), about_to)
    except ChannelError as error:
        return _put_back(store, row, error, now=now, wait=wait)
    except sqlite3.Error:
        raise
    except Exception as error:
        # Whatever is wrong with one message or one channel, the others are still owed.
        failed = ChannelError(
            f"message {key} cannot be sent: {type(error).__name__}", certain=not left
        )
        done.notes.append(f"{channel.label}: {failed}")
        return _put_back(store, row, failed, now=now, wait=wait)
    _settle(store, key, now)
    done.sent += not found
    done.repeated += found is None
    return ""


def _settle(store: AlertStore, key: str, now: datetime) -> None:
    """Keep that a message has arrived; the next call puts it onto the disk."""
    with store.quick_transaction() as change:
        change.execute(
            "UPDATE outbox SET state = 'sent', sent_at = ?, problem = '' WHERE key = ?",
            (now.isoformat(), key),
        )


def _put_back(
    store: AlertStore, row: Any, error: ChannelError, *, now: datetime, wait: float
) -> str:
    """Keep a failed message for later, and whether it may have arrived all the same."""
    attempts = row["attempts"] + 1
    again = now + wait_after(attempts, wait)
    with store.transaction() as change:
        change.execute(
            "UPDATE outbox SET state = 'queued', unsure = MAX(unsure, ?), attempts = ?, "
            "tried_at = ?, next_attempt = ?, problem = ? WHERE key = ?",
            (
                int(not error.certain),
                attempts,
                now.isoformat(),
                again.isoformat(),
                str(error),
                row["key"],
            ),
        )
    return str(error)


def _note_channel(
    store: AlertStore,
    channel: Channel,
    problem: str,
    silent: set[str],
    *,
    now: datetime,
    done: Delivery,
) -> None:
    """Remember which channels do not answer, `silent` by their ids, and since when."""
    if problem:
        silent.add(channel.id)
        done.down[channel.label] = problem
        with store.transaction() as change:
            change.execute(
                "INSERT INTO channels VALUES (?, ?, ?, ?) "
                "ON CONFLICT (id) DO UPDATE SET problem = excluded.problem",
                (channel.id, channel.label, now.isoformat(), problem),
            )
    elif channel.id in silent:
        silent.discard(channel.id)
        done.back.append(channel.label)
        done.down.pop(channel.label, None)
        with store.transaction() as change:
            change.execute("DELETE FROM channels WHERE id = ?", (channel.id,))
