"""The work copy of an output in a store, brought up to date for the commands that look at it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from flows.remote import cache_folder, is_url
from flows.remote_output import open_output
from flows.remote_state import bring_state
from flows.settings import Settings
from flows.workspace import open_workspace
from stockalert.errors import OutputError, UsageError

__all__ = ["at_hand", "pull", "serve_there"]


def pull(url: str, settings: Settings, now: datetime) -> Path:
    """Make the work copy serve what the store serves.

    Returns
    -------
    The directory of the work copy

    Raises
    ------
    UsageError
        It is no address of a store.
    OutputError
        The store cannot be reached or refuses us, serves nothing, or a run is working there.
    """
    if not is_url(url):
        raise UsageError(f"expected the address of a store, such as s3://bucket/out, found {url}")
    output = open_output(url, cache_folder(settings.paths.cache))
    with open_workspace(output.local, now=now):
        moved = output.pull(None, now)
        bring_state(output.remote, output.local, moved=moved)
    if not (output.local / "_latest.json").exists():
        raise OutputError(f"{url} holds no published night; run refresh first")
    return output.local


def at_hand(out: str, settings: Settings, now: datetime) -> Path:
    """Return an output directory of this machine, or the work copy of a store, just pulled."""
    return pull(out, settings, now) if is_url(out) else Path(out)


def serve_there(out: str, run_id: str, settings: Settings) -> None:
    """Let a store serve one of its nights again; nothing is done for a directory."""
    if is_url(out):
        open_output(out, cache_folder(settings.paths.cache)).serve(run_id)
