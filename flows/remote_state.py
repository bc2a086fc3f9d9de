"""What the nightly job remembers besides its tables, carried between machines with the output.

Who was told of which alert, which order lines were approved, who waits for an item: one SQLite file
each. A run fetches them when another machine has published, and hands back consistent copies when
it ends.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from flows.remote import RemoteFolder, told_plainly
from stockalert.errors import OutputError

__all__ = ["bring_state", "keep_state"]

_STATE = ("alerts.db", "orders.db", "service_desk.db")


def bring_state(remote: RemoteFolder, local: Path, *, moved: bool) -> None:
    """Fetch what the last run remembered, where that was not here.

    Parameters
    ----------
    moved : another machine has published since this one did.
    """
    for name in _STATE:
        if moved or not (local / name).exists():
            with told_plainly(remote.url, OutputError):
                contents = remote.read(name)
            if contents is not None:
                for beside in (f"{name}-wal", f"{name}-shm"):
                    (local / beside).unlink(missing_ok=True)
                (local / f"{name}.incoming").write_bytes(contents)
                (local / f"{name}.incoming").replace(local / name)


def keep_state(remote: RemoteFolder, local: Path) -> None:
    """Hand back what this run remembers.

    Raises
    ------
    OutputError
        The store cannot be written.
    """
    for name in _STATE:
        if (local / name).exists():
            with told_plainly(remote.url, OutputError):
                remote.write(name, _snapshot(local / name))


def _snapshot(file: Path) -> bytes:
    """Return a consistent copy of a database that may be in use."""
    with TemporaryDirectory(prefix="stockalert-") as folder:
        copy = Path(folder) / file.name
        with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
        return copy.read_bytes()
