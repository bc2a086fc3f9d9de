"""A run that stands still ends itself and is told; test_faults.py has the night after it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from flows.alert_store import open_store


def ended(code: str, *, grace: float = 60.0, hours: float = 0.0002) -> tuple[int, float, str]:
    """Exit code, seconds and words of a program that works within the limit."""
    program = f"""
import ctypes, subprocess, sys, threading, time
import flows.time_limit as limit
limit._GRACE_SECONDS = {grace}
began = time.monotonic()
{code}
"""
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "STOCKALERT_SCHEDULE__MAX_HOURS": str(hours)},
    )
    return done.returncode, time.monotonic() - started, done.stdout + done.stderr


def told(out: Path) -> list[tuple[str, str, str]]:
    """Kind, subject and problem of the open alerts, once there is one."""
    late = time.monotonic() + 60
    while time.monotonic() < late:
        if (out / "alerts.db").exists():
            with open_store(out) as store:
                if found := [(r["kind"], r["subject"], r["problem"]) for r in store.operational()]:
                    return found
        time.sleep(0.2)
    return []


def test_what_holds_every_thread_of_python_is_ended_too(tmp_path: Path) -> None:
    stands = f"""
with limit.ends_in_time({str(tmp_path)!r}, None):
    ctypes.PyDLL(None).sleep(90)  # unlike CDLL, it keeps the lock of the interpreter
"""
    code, seconds, said = ended(stands, grace=1.0)
    assert code == 1
    assert seconds < 60
    assert "Traceback" not in said


def test_what_it_started_ends_with_it_and_the_step_is_named(tmp_path: Path) -> None:
    stands = f"""
from flows.run_log import measured
with limit.ends_in_time({str(tmp_path)!r}, None, within_a_day=True), measured("read tables"):
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    print(child.pid, flush=True)
    child.wait()
"""
    code, _, said = ended(stands)
    assert code == 1
    assert "in the step “read tables”" in said
    pid = int(said.split()[0])
    assert not Path(f"/proc/{pid}").exists() or "Z" in Path(f"/proc/{pid}/stat").read_text()
    ((kind, subject, _),) = told(tmp_path)
    assert (kind, subject) == ("night_failed", "within the day")


@pytest.mark.parametrize(
    ("hours", "more"), [(0.0002, 0.0), (0.0, 0.0)], ids=["over in time", "no limit"]
)
def test_a_run_that_is_over_in_time_is_left_alone(
    tmp_path: Path, hours: float, more: float
) -> None:
    quick = f"""
with limit.ends_in_time({str(tmp_path)!r}, None, more_minutes={more}):
    if not {hours}:
        time.sleep(2)
time.sleep(2)
print("alive")
"""
    code, _, said = ended(quick, grace=0.1, hours=hours)
    assert (code, said) == (0, "alive\n")


def test_minutes_of_a_search_come_on_top(tmp_path: Path) -> None:
    longer = f"""
with limit.ends_in_time({str(tmp_path)!r}, None, more_minutes=1.0):
    time.sleep(2)
print("alive")
"""
    assert ended(longer, grace=0.1)[::2] == (0, "alive\n")
