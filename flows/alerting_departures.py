"""Which messages may have left when something died: few writes to the disk for many messages.

The next few messages of a pass are `called`, all in one commit that is forced onto the disk. That
one of them is `leaving`, and then `sent`, is written so that it outlives the process, but not a
power cut. After a restart of the machine what was called is therefore taken as having left.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flows.alert_store import AlertStore

__all__ = ["CALLED_TOGETHER", "call", "look_after_the_dead"]

CALLED_TOGETHER = 32
"""Messages that a power cut can make uncertain."""

_BOOT = Path("/proc/sys/kernel/random/boot_id")


def call(store: AlertStore, rows: Sequence[Any]) -> set[str]:
    """Keep on the disk that these messages may be leaving; return their keys."""
    keys = [str(row["key"]) for row in rows]
    with store.transaction() as change:
        change.execute("INSERT OR REPLACE INTO called_by VALUES (1, ?)", (_boot(),))
        change.executemany(
            "UPDATE outbox SET state = 'called' WHERE key = ?", [(key,) for key in keys]
        )
    return set(keys)


def look_after_the_dead(store: AlertStore) -> None:
    """Queue what was leaving when its process died, as unsure, and what was only called.

    What was called is as unsure when the machine has been restarted since, or does not say.
    """
    with store.transaction() as change:
        change.execute("UPDATE outbox SET state = 'queued', unsure = 1 WHERE state = 'leaving'")
        change.execute(
            "UPDATE outbox SET state = 'queued', unsure = MAX(unsure, NOT EXISTS "
            "(SELECT 1 FROM called_by WHERE boot = ? AND boot <> '')) WHERE state = 'called'",
            (_boot(),),
        )


def _boot() -> str:
    """Name this run of the machine; "" where the system does not say."""
    try:
        return _BOOT.read_text(encoding="ascii").strip()
    except OSError:
        return ""
