"""Run everything on schedule on one machine: a Prefect server of its own, and one process.

The server listens on 127.0.0.1 and keeps its data base in OUT/_prefect, so runs and their logs are
there again after a restart. Where PREFECT_API_URL names a server, that one is used instead.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from flows.settings import load_settings
from stockalert.errors import OutputError

if TYPE_CHECKING:
    from prefect.deployments.runner import RunnerDeployment

__all__ = ["own_server", "serve"]

_START_SECONDS = 180.0
_STOP_SECONDS = 20.0
_HOST = "127.0.0.1"


def serve(data: str, out: Path, config: Path | None, *, port: int) -> None:
    """Schedule the flows of `flows.deployments` until the process is told to stop.

    Raises
    ------
    OutputError
        The server does not start.
    """
    settings = load_settings(config)
    with own_server(out, port) as address:
        os.environ["PREFECT_API_URL"] = address
        from flows.deployments import deployments_of

        place = data if "://" in data else str(Path(data).absolute())
        file = None if config is None else config.absolute()
        told = deployments_of(settings, place, out.absolute(), file)
        print(f"scheduled: {', '.join(d.name for d in told)}; {address}", flush=True)
        _run(told)


def _run(deployments: Sequence[RunnerDeployment]) -> None:
    """Start runs as they come due; SIGINT and SIGTERM end it, and pause what is scheduled."""
    from prefect.runner import Runner

    class Stoppable(Runner):
        """Prefect's own answer to SIGTERM forgets to wait for its end."""

        def handle_sigterm(self, *_: object, **__: object) -> None:
            os.kill(os.getpid(), signal.SIGINT)

    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored below nohup and `&`
    runner = Stoppable(pause_on_shutdown=True)
    for deployment in deployments:
        runner.add_deployment(deployment)
    with suppress(KeyboardInterrupt):
        asyncio.run(runner.start())


@contextmanager
def own_server(out: Path, port: int) -> Iterator[str]:
    """Start a server on 127.0.0.1 and stop it in the end; give the address of its API."""
    if address := os.environ.get("PREFECT_API_URL"):
        yield address
        return
    command = [sys.executable, "-m", "prefect", "server", "start"]
    log = out / "_prefect" / "server.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as told:
        server = subprocess.Popen(  # noqa: S603 - our own interpreter
            [*command, "--host", _HOST, "--port", str(port), "--no-ui"],
            stdout=told,
            stderr=told,
            start_new_session=True,  # Ctrl-C is for the runs first
        )
        try:
            address = f"http://{_HOST}:{port}/api"
            _wait_for(server, address, log)
            yield address
        finally:
            _stop(server)


def _wait_for(server: subprocess.Popen[bytes], address: str, log: Path) -> None:
    patience = time.monotonic() + _START_SECONDS
    while time.monotonic() < patience and server.poll() is None:
        with suppress(urllib.error.URLError, OSError):
            urllib.request.urlopen(f"{address}/health", timeout=2).close()  # noqa: S310 - loopback
            if server.poll() is None:
                return
        time.sleep(0.2)
    raise OutputError(f"the Prefect server did not start at {address}; {log} says why")


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.send_signal(signal.SIGINT)
    try:
        server.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
