"""Run everything on schedule on one machine: a Prefect server of its own, and one process.

The server listens on 127.0.0.1, asks for a word (`flows.serve_auth`) and keeps its data base in
OUT/_prefect, so runs and their logs are there again after a restart. Where PREFECT_API_URL names a
server, that one is used instead.
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
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from flows.serve_auth import address_of, kept_secret, word_for
from flows.settings import load_settings
from stockalert.errors import OutputError

if TYPE_CHECKING:
    from prefect.deployments.runner import RunnerDeployment

__all__ = ["OwnServer", "own_server", "serve"]

_START_SECONDS = 180.0
_STOP_SECONDS = 20.0
_AUTH_STRINGS = ("PREFECT_SERVER_API_AUTH_STRING", "PREFECT_API_AUTH_STRING")
HOST = "127.0.0.1"


@dataclass(frozen=True)
class OwnServer:
    """A server that runs are scheduled on.

    Attributes
    ----------
    address : of its API
    word : that it asks for; None = what Prefect's settings say
    """

    address: str
    word: str | None = field(default=None, repr=False)


def serve(data: str, out: Path, config: Path | None, *, host: str = HOST, port: int) -> None:
    """Schedule the flows of `flows.deployments` until the process is told to stop.

    Raises
    ------
    OutputError
        The server does not start.
    UsageError
        The server would be reached from other machines, and there is no token.
    """
    settings = load_settings(config)
    with own_server(out, port, host=host) as server:
        address = os.environ["PREFECT_API_URL"] = server.address
        if server.word is not None:  # for this process and the runs that it starts
            os.environ["PREFECT_API_AUTH_STRING"] = server.word
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
def own_server(out: Path, port: int, *, host: str = HOST) -> Iterator[OwnServer]:
    """Start a server and stop it in the end; the word that it asks for is in OUT/_prefect/auth."""
    if address := os.environ.get("PREFECT_API_URL"):
        yield OwnServer(address)
        return
    word, address = word_for(host), address_of(host, port)
    command = [sys.executable, "-m", "prefect", "server", "start"]
    log = out / "_prefect" / "server.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with kept_secret(log.with_name("auth"), word), log.open("ab") as told:
        server = subprocess.Popen(  # noqa: S603 - our own interpreter
            [*command, "--host", host, "--port", str(port), "--no-ui"],
            env={**os.environ, **dict.fromkeys(_AUTH_STRINGS, word)},
            stdout=told,
            stderr=told,
            start_new_session=True,  # Ctrl-C is for the runs first
        )
        try:
            _wait_for(server, address, port, log)
            yield OwnServer(address, word)
        finally:
            _stop(server)


def _wait_for(server: subprocess.Popen[bytes], address: str, port: int, log: Path) -> None:
    patience = time.monotonic() + _START_SECONDS
    while time.monotonic() < patience and server.poll() is None:
        with suppress(urllib.error.URLError, OSError):
            urllib.request.urlopen(f"{address}/health", timeout=2).close()  # noqa: S310 - our own
            if _listens(server, port):
                return
        time.sleep(0.2)
    raise OutputError(f"the Prefect server did not start at {address}; {log} says why")


def _listens(server: subprocess.Popen[bytes], port: int) -> bool:
    """Whether it is this server that holds the port: another program there could give orders."""
    with suppress(psutil.NoSuchProcess):
        mine = psutil.Process(server.pid)
        held = [c for p in (mine, *mine.children(recursive=True)) for c in p.net_connections()]
        return any(c.status == psutil.CONN_LISTEN and c.laddr.port == port for c in held)
    return False


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.send_signal(signal.SIGINT)
    try:
        server.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
