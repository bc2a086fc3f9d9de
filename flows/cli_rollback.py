"""Command `rollback`: serve an earlier night again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli_options import Config, Debug, Published, job

if TYPE_CHECKING:
    from stockalert.served import Pointer

__all__ = ["rollback"]


def rollback(
    out: Published,
    *,
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="RUN_ID", help="Night to serve; default: the one before."),
    ] = None,
    show: Annotated[
        bool, typer.Option("--list", help="Show the nights there are; change nothing.")
    ] = False,
    config: Config = None,
    debug: Debug = False,
) -> None:
    """Serve an earlier night again, in one step; the next night goes on from there."""
    with job(None, debug):
        from flows import clock
        from flows.remote_pull import at_hand, serve_there
        from flows.rolling_back import roll_back
        from flows.settings import load_settings
        from stockalert.served import read_pointer, served_nights

        settings = load_settings(config)
        folder = at_hand(out, settings, clock.now())
        before = read_pointer(folder)
        if show:
            _print_nights(folder, served_nights(folder), before.run_id)
            return
        now = roll_back(folder, to)
        serve_there(out, now.run_id, settings)
        print(f"was served: {_words(before)}")
        print(f"served now: {_words(now)}")
        print(f"back again: stockalert rollback --out {out} --to {before.run_id}")


def _print_nights(out: Path, nights: list[Pointer], current: str) -> None:
    for night in reversed(nights):
        print(f"{'*' if night.run_id == current else ' '} {_words(night)}")
    print(f"* is served from {out / 'latest'}")


def _words(night: Pointer) -> str:
    rows = night.tables["thresholds"].rows if "thresholds" in night.tables else 0
    model = "no model" if night.model_version is None else f"model {night.model_version}"
    return (
        f"{night.run_id}  as of {night.as_of_date}, published {night.created_at:%Y-%m-%d %H:%M}, "
        f"{rows:,} thresholds, {model}"
    )
