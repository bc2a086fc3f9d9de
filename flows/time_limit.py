"""A run that does not come to its end is ended here, whatever it waits for.

It would hold the output directory for ever, and every later run would give way to it. Its main
thread may wait beneath Python, where no exception reaches it, so the process is left as it stands;
what it had not published is removed by the next run. The alert is told by another process, which
begins when this one is gone: its locks and its memory are free then.
"""

from __future__ import annotations

import faulthandler
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from flows.clock import now
from flows.run_log import log, underway

__all__ = ["Overdue", "ends_in_time"]

_GRACE_SECONDS = 60.0


@dataclass(frozen=True)
class Overdue:
    """What is told of a run that was ended.

    Attributes
    ----------
    out, config : as the run was given them
    problem : in words
    at : local time in ISO form
    within_a_day : whether it was a refresh within the day
    """

    out: str
    config: str
    problem: str
    at: str
    within_a_day: bool


@contextmanager
def ends_in_time(
    out: Path | str,
    config: Path | None,
    *,
    within_a_day: bool = False,
    more_minutes: float = 0.0,
) -> Iterator[None]:
    """End this process, with exit code 1, where the block works longer than `schedule.max_hours`.

    Parameters
    ----------
    more_minutes : that the run has been given besides
    """
    from flows.settings import load_settings  # slow to import, and --help needs none

    hours = load_settings(config).schedule.max_hours
    if not hours:
        yield
        return
    over, seconds = threading.Event(), hours * 3600 + more_minutes * 60

    def watch() -> None:
        if not over.wait(seconds):
            _end(out, config, seconds, within_a_day=within_a_day)

    with Path(os.devnull).open("w") as nowhere:
        # Needs no Python: the thread below may wait for ever too, such as for a full pipe.
        faulthandler.dump_traceback_later(seconds + _GRACE_SECONDS, exit=True, file=nowhere)
        threading.Thread(target=watch, name="time limit", daemon=True).start()
        try:
            yield
        finally:
            over.set()
            faulthandler.cancel_dump_traceback_later()


def _end(out: Path | str, config: Path | None, seconds: float, *, within_a_day: bool) -> None:
    """Say why, see to the alert, and leave with all that this process has started."""
    begun: list[int] = []
    try:
        at = f" in the step “{underway()}”" if underway() else ""
        problem = (
            f"the run was not over after {seconds / 3600:.3g} hours{at} and was ended "
            "(schedule.max_hours)"
        )
        place = str(out) if "://" in str(out) else str(Path(out).absolute())
        file = "" if config is None else str(config.absolute())
        said = f"{problem[0].upper()}{problem[1:]}."
        with suppress(Exception):
            begun += _processes_below()
            _tell_afterwards(Overdue(place, file, said, now().isoformat(), within_a_day))
        # It may have published and wait for somebody who is to hear of it, so no word of that.
        words = f"stockalert: {problem}; what is served is whole, and the next run needs no hand"
        log("failed", words, level="error", exit_code=1)
    finally:
        for pid in begun:  # last: whoever waits for one of them would go on
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        os._exit(1)


def _processes_below() -> list[int]:
    import psutil

    return [process.pid for process in psutil.Process().children(recursive=True)]


def _tell_afterwards(overdue: Overdue) -> None:
    """Start the process that tells; it begins when its input is closed, which is when we end."""
    teller = subprocess.Popen(
        [sys.executable, "-P", "-m", "flows.overdue"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    assert teller.stdin is not None
    teller.stdin.write(json.dumps(asdict(overdue)).encode())
    teller.stdin.flush()
