"""A real PostgreSQL on a free loopback port, in a temporary folder, stopped by its process id."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg2

from tests.servers.programs import free_port

__all__ = ["PASSWORD", "USER", "PostgreSQL", "postgresql"]

USER, PASSWORD = "keeper", "open-sesame-7"
_SERVANTS = ("postgres", "nobody")
_SECONDS = 60
_OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "60",
    "shared_buffers": "32MB",
    "timezone": "UTC",
    "log_destination": "stderr",
}
_names = count(1)


@dataclass
class PostgreSQL:
    """A server that belongs to the tests; its superuser is `USER` with `PASSWORD`."""

    folder: Path
    port: int
    account: dict[str, Any]
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def url(self, database: str = "postgres", *, scheme: str = "postgresql", **who: str) -> str:
        """Return `scheme://user:password@127.0.0.1:port/database`; `user=` and `password=` too."""
        user, password = quote(who.get("user", USER), ""), quote(who.get("password", PASSWORD), "")
        return f"{scheme}://{user}:{password}@127.0.0.1:{self.port}/{database}"

    def new_database(self) -> str:
        """Make an empty database and return its name."""
        name = f"shop_{next(_names)}"
        self.run(f"CREATE DATABASE {name}")
        return name

    def run(self, sql: str, database: str = "postgres", rows: Any = None) -> list[tuple[Any, ...]]:
        """Run one statement and commit it; return what it selects."""
        with closing(self.connect(database)) as connection, connection.cursor() as cursor:
            cursor.execute(sql, rows)
            return list(cursor.fetchall()) if cursor.description else []

    def connect(self, database: str = "postgres") -> Any:
        """Return a psycopg2 connection that commits every statement."""
        connection = psycopg2.connect(self.url(database), connect_timeout=10)
        connection.autocommit = True
        return connection

    def start(self) -> None:
        """Start on the same port and data, and wait until it answers."""
        settings = [f"-c{name}={value}" for name, value in _OPTIONS.items()]
        sockets = f"-cunix_socket_directories={self.folder}"
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *(_binary("postgres"), "-D", self.folder / "data", "-p", str(self.port)),
                    *(sockets, *settings),
                ],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                cwd=self.folder,
                start_new_session=True,
                **self.account,
            )
        self._wait_until_it_answers()

    def stop(self) -> None:
        """Break all connections off and stop."""
        process, self.process = self.process, None
        if process is None or process.poll() is not None:
            return
        process.send_signal(signal.SIGINT)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(20)

    def _wait_until_it_answers(self) -> None:
        assert self.process is not None
        end = time.monotonic() + _SECONDS
        while time.monotonic() < end:
            if self.process.poll() is not None:
                break
            with suppress(psycopg2.OperationalError):
                self.connect().close()
                return
            time.sleep(0.05)
        self.stop()
        raise RuntimeError(f"PostgreSQL did not start:\n{(self.folder / 'server.log').read_text()}")


@contextmanager
def postgresql() -> Iterator[PostgreSQL]:
    """Start a fresh server; stop it and remove its files at the end.

    Raises
    ------
    RuntimeError
        PostgreSQL is not installed, or does not start. The tests need it: nothing is skipped.
    """
    folder = Path(tempfile.mkdtemp(prefix="postgresql-"))
    account = _account()
    try:
        if account:
            shutil.chown(folder, account["user"])
        _make_cluster(folder, account)
        server = _started(folder, account)
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _started(folder: Path, account: dict[str, Any]) -> PostgreSQL:
    """Another program may take a free port before the server does: try a few."""
    for attempt in range(3):
        server = PostgreSQL(folder, free_port(), account)
        try:
            server.start()
        except RuntimeError:
            if attempt == 2:
                raise
        else:
            break
    return server


def _make_cluster(folder: Path, account: dict[str, Any]) -> None:
    secret = folder / "password"
    secret.write_text(PASSWORD)
    if account:
        shutil.chown(secret, account["user"])
    made = subprocess.run(
        [
            *(_binary("initdb"), "-D", folder / "data", "-U", USER, f"--pwfile={secret}"),
            *("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync"),
        ],
        capture_output=True,
        cwd=folder,
        timeout=_SECONDS,
        check=False,
        **account,
    )
    if made.returncode:
        raise RuntimeError(f"PostgreSQL's initdb failed:\n{made.stderr.decode()}")


def _account() -> dict[str, Any]:
    """PostgreSQL refuses to run as root: return the account to run it under, if we are root."""
    if os.geteuid() != 0:
        return {}
    import pwd

    for name in _SERVANTS:
        with suppress(KeyError):
            who = pwd.getpwnam(name)
            return {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": []}
    raise RuntimeError(f"PostgreSQL refuses to run as root, and there is none of {_SERVANTS}")


def _binary(name: str) -> str:
    found = shutil.which(name)
    if found:
        return found
    homes = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda home: home.parent.name)
    for home in reversed(homes):
        if (home / name).exists():
            return str(home / name)
    raise RuntimeError(
        f"the tests need PostgreSQL's `{name}`, which is neither on PATH nor below "
        "/usr/lib/postgresql: install it (Debian: apt install postgresql)"
    )
