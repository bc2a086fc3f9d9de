"""What a run says while it works: readable lines on a terminal, or one JSON object per line.

The form is chosen in one place, by `--log-format` or the environment variable `STOCKALERT_LOG`
(`text` or `json`). Log lines go to standard error, results to standard output.
"""

from __future__ import annotations

import os
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from typing import Any, Literal

from flows.clock import now
from flows.strict_json import strict_json
from stockalert.errors import UsageError

__all__ = [
    "LOG_VARIABLE",
    "Stage",
    "as_json",
    "chosen",
    "log",
    "log_format",
    "measured",
    "recorded",
    "stages",
    "underway",
]

LOG_VARIABLE = "STOCKALERT_LOG"
_BYTES_PER_UNIT = 1 if sys.platform == "darwin" else 1024
_MIB = 1024**2

Level = Literal["info", "warning", "error"]


@dataclass(frozen=True)
class Stage:
    """What one stage of a run took.

    Attributes
    ----------
    name : of the stage
    seconds, cpu_seconds : by the clock, and of this process's processors
    peak_mib : memory of this process; exact where the stage set the run's peak, else the larger
        of what it began and ended with
    ended : `done` or `failed`
    """

    name: str
    seconds: float
    cpu_seconds: float
    peak_mib: float
    ended: str


_underway: list[str] = []
_recorded: ContextVar[list[Stage] | None] = ContextVar("stages", default=None)


@contextmanager
def recorded() -> Iterator[None]:
    """Record the stages of the block, for `stages`."""
    token = _recorded.set([])
    try:
        yield
    finally:
        _recorded.reset(token)


def stages() -> list[dict[str, Any]]:
    """Return the stages that have ended so far, in order, as plain values."""
    return [asdict(stage) for stage in _recorded.get() or ()]


@contextmanager
def chosen(form: str | None) -> Iterator[None]:
    """Let log lines have a form in the block; None = as the environment says."""
    before = os.environ.get(LOG_VARIABLE)
    if form is not None:
        os.environ[LOG_VARIABLE] = form
    try:
        yield
    finally:
        if form is not None:
            os.environ.pop(LOG_VARIABLE)
            if before is not None:
                os.environ[LOG_VARIABLE] = before


@contextmanager
def measured(name: str) -> Iterator[None]:
    """Measure a stage: time by the clock, processor time and memory."""
    began, cpu, memory, peak = time.monotonic(), time.process_time(), _resident(), _peak()
    ended = "failed"
    _underway.append(name)
    try:
        yield
        ended = "done"
    finally:
        _underway.remove(name)
        later = _peak()
        held = later if later > peak else max(memory, _resident())
        seconds, used = time.monotonic() - began, time.process_time() - cpu
        stage = Stage(name, round(seconds, 3), round(used, 3), round(held / _MIB, 1), ended)
        record = _recorded.get()
        if record is not None:
            record.append(stage)


def underway() -> str:
    """Name the stage that this process is in, whichever thread asks; empty = in none."""
    return (_underway or [""])[-1]


def log_format() -> Literal["text", "json"]:
    """Return the form of log lines.

    Raises
    ------
    UsageError
        The environment asks for neither.
    """
    asked = os.environ.get(LOG_VARIABLE, "text").lower() or "text"
    if asked == "json":
        return "json"
    if asked == "text":
        return "text"
    raise UsageError(f"{LOG_VARIABLE}: expected text or json, found {asked!r}")


def as_json(event: str, *, level: Level = "info", **fields: Any) -> str:
    """Put an event into one line of JSON, with the local time."""
    record = {"time": now().isoformat(), "level": level, "event": event, **fields}
    return strict_json(record)


def log(event: str, text: str, *, level: Level = "info", **fields: Any) -> None:
    """Say what happened: `text` to people, the event with its fields to programs."""
    # Also tells that the form itself is wrongly asked for, so it must not refuse it.
    json_wanted = os.environ.get(LOG_VARIABLE, "").lower() == "json"
    line = as_json(event, level=level, message=text, **fields) if json_wanted else text
    print(line, file=sys.stderr, flush=True)


def _peak() -> int:
    """Most memory that this process has held so far, bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _BYTES_PER_UNIT


def _resident() -> int:
    """Memory that this process holds now, bytes."""
    import psutil

    held: int = psutil.Process().memory_info().rss
    return held
