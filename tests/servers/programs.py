"""Programs that tests start, ask and stop: on loopback, bounded in time."""

from __future__ import annotations

import base64
import json
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

__all__ = ["ask", "free_port", "running", "until"]


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ask(api: str, path: str, body: object = None, *, word: str = "") -> Any:
    """Read JSON from an address; with a body, post it; with a word, where one is asked for."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    if word:
        headers["Authorization"] = f"Basic {base64.b64encode(word.encode()).decode()}"
    request = urllib.request.Request(f"{api}{path}", data, headers)
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)


def until(true: Callable[[], Any], seconds: float, what: str) -> Any:
    """Wait for something to be so; what it returned."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if found := true():
                return found
        except OSError:
            pass
        time.sleep(0.3)
    raise AssertionError(f"not within {seconds} s: {what}")


@contextmanager
def running(
    command: list[str], environment: Mapping[str, str], log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program that is stopped, by its process id, at the end."""
    with log.open("wb") as told:
        process = subprocess.Popen(
            command, env=environment, stdout=told, stderr=told, cwd=log.parent
        )
        try:
            yield process
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
