"""Progress of long work: bars on a terminal, one line per finished stage otherwise, see run_log."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

from flows.run_log import log, log_format

__all__ = ["Progress", "report", "show_progress"]


class Progress(Protocol):
    """Something that hears how far a stage has come."""

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Say that `done` of `total` steps of `stage` are done."""


def _silent(stage: str, done: int, total: int) -> None:
    del stage, done, total


_current: ContextVar[Progress] = ContextVar("progress", default=_silent)


def report(stage: str, done: int, total: int) -> None:
    """Tell whoever watches that `done` of `total` steps of `stage` are done."""
    _current.get()(stage, done, total)


@contextmanager
def show_progress() -> Iterator[None]:
    """Show what `report` says on standard error while the block runs."""
    watcher = _bars() if log_format() == "text" and sys.stderr.isatty() else _lines()
    with watcher as progress:
        token = _current.set(progress)
        try:
            yield
        finally:
            _current.reset(token)


@contextmanager
def _bars() -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = (SpinnerColumn(), TextColumn("{task.description:<34}"), BarColumn(bar_width=30))
    with Bars(*columns, TimeElapsedColumn(), console=Console(stderr=True)) as bars:
        known = {}

        def show(stage: str, done: int, total: int) -> None:
            if stage not in known:
                known[stage] = bars.add_task(stage)
            bars.update(known[stage], completed=done, total=max(total, 1))

        yield show


@contextmanager
def _lines() -> Iterator[Progress]:
    began: dict[str, float] = {}

    def show(stage: str, done: int, total: int) -> None:
        start = began.setdefault(stage, time.monotonic())
        if done >= total:
            del began[stage]
            took = time.monotonic() - start
            log("stage", f"{stage}: done in {took:.1f} s", stage=stage, seconds=round(took, 3))

    yield show
