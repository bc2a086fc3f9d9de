"""What the commands share: their options, and how one of them runs as a job."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from flows.environment import prepare_environment
from stockalert.errors import StockalertError

__all__ = [
    "AsOf",
    "Config",
    "Data",
    "Debug",
    "Force",
    "Now",
    "Out",
    "Tune",
    "check_early",
    "day",
    "job",
]


def _minutes(value: float) -> float:
    """Refuse what is no length of time; a search without an end would never train."""
    if not 0.0 <= value < math.inf:
        raise typer.BadParameter(f"expected minutes, 0 or more, found {value:g}")
    return value


def _reason(text: str | None) -> str | None:
    """Refuse a reason that says nothing; it is all that later tells why."""
    if text is not None and not text.strip():
        raise typer.BadParameter("expected the reason in words, found none")
    return text


Data = Annotated[Path, typer.Option("--data", help="Directory with the input tables.")]
Out = Annotated[Path, typer.Option("--out", help="Directory that holds everything published.")]
AsOf = Annotated[
    datetime | None,
    typer.Option(
        "--as-of",
        formats=["%Y-%m-%d"],
        help="Last day whose sales are known; default: the last day in the sales.",
    ),
]
Now = Annotated[
    datetime | None,
    typer.Option(
        "--now",
        formats=["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"],
        help="Within a day: stock, orders, receipts and browsing up to this local time count; "
        "sales end at --as-of, by default the last complete day before.",
    ),
]
Force = Annotated[
    str | None,
    typer.Option(
        "--force",
        metavar="REASON",
        callback=_reason,
        help="Publish even where a guard refuses; the reason is recorded with the night.",
    ),
]
Config = Annotated[Path | None, typer.Option("--config", help="Settings file (TOML).")]

Tune = Annotated[
    float,
    typer.Option(
        "--tune",
        metavar="MINUTES",
        callback=_minutes,
        help="Search so long for better parameters first, for this training alone; 0: no search.",
    ),
]
Debug = Annotated[bool, typer.Option("--debug", help="Add the traceback to an error.")]


def check_early(data: Path, out: Path, config: Path | None) -> None:
    """Find slips of the pen before the frameworks start, which takes seconds."""
    from flows.settings import load_settings
    from flows.sources import find_sources
    from flows.workspace import check_writable

    load_settings(config)
    find_sources(data)
    check_writable(out)


@contextmanager
def job(out: Path | None, debug: bool) -> Iterator[None]:
    """Set defaults, show progress, and turn errors into one message and an exit code."""
    from flows.progress import show_progress

    prepare_environment(out, debug=debug)
    try:
        with show_progress():
            yield
    except typer.Exit:
        raise
    except Exception as error:
        if debug:
            raise
        known = isinstance(error, StockalertError)
        text = str(error) if known else f"{type(error).__name__}: {error} (--debug tells more)"
        print(f"stockalert: {text}", file=sys.stderr)
        raise typer.Exit(error.exit_code if isinstance(error, StockalertError) else 1) from None


def day(moment: datetime | None) -> date | None:
    """Return the day of an option's moment; None stays None."""
    return None if moment is None else moment.date()
