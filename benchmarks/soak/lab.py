"""Run commands of the product as processes of their own: with a clock, with limits, killed."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flows.environment import prepare_environment
from flows.serve import own_server

__all__ = ["Ended", "Lab", "Shop", "Started", "command", "free_port", "open_lab"]

PATIENCE = 600.0
HUNG = 124
"""Exit code of a run that had to be killed, as timeout(1) gives it; no code of the product."""


@dataclass(frozen=True)
class Shop:
    """Where one shop's input, output and settings are."""

    data: Path
    out: Path
    config: Path

    def nightly(self, *more: str) -> list[str]:
        """Spell the nightly command."""
        return ["nightly", *self.options(), *more]

    def options(self) -> list[str]:
        """Spell the three places."""
        return [f"--data={self.data}", f"--out={self.out}", f"--config={self.config}"]


@dataclass(frozen=True)
class Ended:
    """What a run left: exit code (negative = signal), what it said, seconds and memory."""

    code: int
    said: str
    seconds: float
    rss_mib: float

    @property
    def plain(self) -> bool:
        """Whether a person can read it: no traceback, and an error has a message."""
        return "Traceback" not in self.said and (self.code == 0 or bool(self.said.strip()))


@dataclass
class Started:
    """A run that works: its process, and how to wait for its end."""

    lab: Lab
    pid: int
    files: tuple[Path, Path]

    def kill(self) -> None:
        """Kill it and everything that it has started, as `kill -9` does."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)

    def done(self) -> bool:
        """Whether it has ended by now."""
        return self.lab.has_ended(self.pid)

    def wait(self) -> Ended:
        """Wait for its end; what takes minutes hangs, and is killed."""
        facts = self.lab.end_of(self)
        said = "".join(file.read_text(errors="replace") for file in self.files)
        return Ended(facts["code"], said, facts["seconds"], facts["rss_mib"])


@dataclass
class Lab:
    """A Prefect server and a process that forks runs."""

    folder: Path
    process: subprocess.Popen[str]
    ended: dict[int, dict[str, Any]] = field(default_factory=dict)
    count: int = 0

    def start(
        self,
        arguments: list[str],
        *,
        clock: str | None = None,
        environment: Mapping[str, str] | None = None,
        limits: Mapping[str, int] | None = None,
    ) -> Started:
        """Begin a command of the product.

        Parameters
        ----------
        clock : local time in ISO form at which the run begins; None = the machine's
        limits : bytes by the name of a resource limit: `FSIZE` (of a file), `AS` (of memory, more
            than a run has that does nothing)
        """
        self.count += 1
        files = tuple(self.folder / f"{self.count}.{name}" for name in ("stdout", "stderr"))
        asked = {
            "arguments": arguments,
            "clock": clock,
            "environment": dict(environment or {}),
            "limits": dict(limits or {}),
            "stdout": str(files[0]),
            "stderr": str(files[1]),
        }
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        while True:
            fact = self._hear()
            if "began" in fact:
                return Started(self, fact["began"], (files[0], files[1]))

    def run(self, arguments: list[str], **how: Any) -> Ended:
        """Run a command of the product to its end."""
        return self.start(arguments, **how).wait()

    def killed(
        self, arguments: list[str], when: Callable[[float], bool], **how: Any
    ) -> tuple[Ended, bool]:
        """Run a command and kill it at a moment; say whether the moment came in time."""
        started = self.start(arguments, **how)
        began = time.monotonic()
        while not when(time.monotonic() - began):
            if started.done():
                return started.wait(), False
            time.sleep(0.0005)
        started.kill()
        ended = started.wait()
        return ended, ended.code == -signal.SIGKILL

    def has_ended(self, pid: int) -> bool:
        """Whether a run has ended by now."""
        import select

        while pid not in self.ended and select.select([self.process.stdout], [], [], 0)[0]:
            self._hear()
        return pid in self.ended

    def end_of(self, started: Started) -> dict[str, Any]:
        """Wait for the end of a run; the code of one that hangs is `HUNG`."""
        late, hung = time.monotonic() + PATIENCE, False
        while not self.has_ended(started.pid):
            if not hung and time.monotonic() > late:
                started.kill()
                hung = True
            time.sleep(0.005)
        facts = self.ended[started.pid]
        return {**facts, "code": HUNG} if hung else facts

    def _hear(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the process that starts runs has ended")
        fact: dict[str, Any] = json.loads(line)
        if "ended" in fact:
            self.ended[fact["ended"]] = fact
        return fact


@contextmanager
def open_lab(folder: Path, environment: Mapping[str, str] | None = None) -> Iterator[Lab]:
    """Start a Prefect server (unless PREFECT_API_URL names one) and the process that forks runs."""
    folder.mkdir(parents=True, exist_ok=True)
    prepare_environment(folder)
    with own_server(folder, free_port()) as server:
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "benchmarks.soak.zygote"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
            cwd=Path(__file__).parents[2],
            env={
                **os.environ,
                "PREFECT_API_URL": server.address,
                **({"PREFECT_API_AUTH_STRING": server.word} if server.word else {}),
                **(environment or {}),
            },
        )
        try:
            lab = Lab(folder, process)
            assert lab._hear() == {"ready": True}
            yield lab
        finally:
            process.kill()
            process.communicate()


def command(arguments: list[str], *, environment: Mapping[str, str], patience: float) -> Ended:
    """Run a command from the shell's point of view: a new interpreter, nothing imported."""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", "from flows.cli import main; main()", *arguments],
        capture_output=True,
        text=True,
        timeout=patience,
        check=False,
        cwd=Path(__file__).parents[2],
        env={**os.environ, **environment},
    )
    return Ended(done.returncode, done.stdout + done.stderr, time.monotonic() - began, float("nan"))


def free_port() -> int:
    """Find a port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
