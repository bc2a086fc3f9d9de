"""What the commands share: their options, and how one of them runs as a job."""

from __future__ import annotations

import errno
import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.environment import prepare_environment
from stockalert.addresses import without_passwords
from stockalert.errors import StockalertError

if TYPE_CHECKING:
    from rich.console import Console

__all__ = [
    "AsOf",
    "Config",
    "Data",
    "Debug",
    "Force",
    "Now",
    "Out",
    "Published",
    "Tune",
    "check_early",
    "day",
    "job",
    "wide_console",
]

WIDE = 110
_OUT_OF_MEMORY = (
    "outofmemory",
    "failed to map segment",
    "cannot allocate memory",
    "can't start new thread",
    "bad_alloc",
)


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


def _local(folder: Path) -> Path:
    """Refuse the address of a store, of which a path would make a strange directory."""
    if re.match(r"[a-z][a-z0-9+.-]+:/[^/]", str(folder)):
        raise typer.BadParameter(
            "expected a directory; nightly, refresh and train write to a store, and "
            "`stockalert pull` brings what they published here"
        )
    return folder


Data = Annotated[
    str,
    typer.Option(
        "--data", metavar="DIR", help="Directory with the input tables, or a store: s3://…"
    ),
]
Out = Annotated[
    Path,
    typer.Option("--out", help="Directory that holds everything published.", callback=_local),
]
Published = Annotated[
    str,
    typer.Option(
        "--out", metavar="DIR", help="Directory that holds everything published, or a store: s3://…"
    ),
]
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


def check_early(data: str, out: Path | str, config: Path | None) -> None:
    """Find slips of the pen before the frameworks start, which takes seconds."""
    from flows.remote import is_url
    from flows.settings import load_settings
    from flows.sources import glance
    from flows.workspace import check_writable

    glance(data, load_settings(config).sources)
    if not is_url(out):
        check_writable(Path(out))


@contextmanager
def job(out: Path | str | None, debug: bool, config: Path | None = None) -> Iterator[None]:
    """Set defaults, show progress, and turn errors into one message and an exit code.

    Parameters
    ----------
    config : names the cache, below which a store's work copy lies.
    """
    from flows.progress import show_progress
    from flows.run_log import log

    try:
        prepare_environment(_home(out, config), debug=debug)
        with show_progress():
            yield
    except typer.Exit:
        raise
    except Exception as error:
        if debug:
            raise
        known = isinstance(error, StockalertError)
        text = str(error) if known else _unforeseen(error)
        code = error.exit_code if isinstance(error, StockalertError) else 1
        log("failed", f"stockalert: {text}", level="error", exit_code=code)
        raise typer.Exit(code) from None


def _unforeseen(error: Exception) -> str:
    """Say what happened where nothing of ours was meant to."""
    name = type(error).__name__
    if _lacks_memory(error):
        return (
            "the machine's memory ran out; what was served before still is. Free memory, or lower "
            "scale.memory_gib, and run again (--debug tells more)"
        )
    if "Failed to reach API at" in str(error):  # Prefect has no error of its own for this
        return (
            f"the Prefect server cannot be reached ({error}); start it, or unset PREFECT_API_URL "
            "to run without one"
        )
    return without_passwords(f"{name}: {error} (--debug tells more)")


def _lacks_memory(error: Exception) -> bool:
    """Whether it is memory that is short; not every library says so by the kind of its error."""
    if isinstance(error, MemoryError) or getattr(error, "errno", 0) == errno.ENOMEM:
        return True
    told = f"{type(error).__name__} {error}".lower()
    return any(words in told for words in _OUT_OF_MEMORY)


def _home(out: Path | str | None, config: Path | None) -> Path | None:
    """Return the local directory of an output: itself, or the work copy of a store."""
    from flows.remote import cache_folder, is_url, local_copy

    if out is None or not is_url(out):
        return None if out is None else Path(out)
    from flows.settings import load_settings

    return local_copy(str(out), "out", cache_folder(load_settings(config).paths.cache))


def day(moment: datetime | None) -> date | None:
    """Return the day of an option's moment; None stays None."""
    return None if moment is None else moment.date()


def wide_console() -> Console:
    """A console whose tables keep their figures whole, also where the terminal is narrow."""
    from rich.console import Console

    here = Console()
    return here if here.width >= WIDE else Console(width=WIDE)
