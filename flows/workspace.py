"""Where one run works: its name, its scratch folder, and the lock on the output directory."""

from __future__ import annotations

import fcntl
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from stockalert.errors import OutputError

__all__ = ["BusyError", "Workspace", "check_writable", "open_workspace"]


class BusyError(OutputError):
    """Another run holds the output directory; what it publishes is served soon."""


@dataclass(frozen=True)
class Workspace:
    """The folders of one run.

    Attributes
    ----------
    out : the output directory, absolute.
    run_id : names the run in paths, in MLflow and in the pointer; sorts by time.
    started_at : when the run began.
    """

    out: Path
    run_id: str
    started_at: datetime

    @property
    def work(self) -> Path:
        """Scratch folder of this run; removed when the run ends well."""
        return self.out / "_work" / self.run_id


def check_writable(out: Path) -> None:
    """Make the output directory and try to write there.

    Raises
    ------
    OutputError
        It cannot be made or written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / "_lock").open("a").close()
    except OSError as error:
        raise OutputError(f"cannot write to the output directory {out}: {error.strerror}") from None


@contextmanager
def open_workspace(out: Path, *, now: datetime) -> Iterator[Workspace]:
    """Create the output and scratch folders, hold the lock, and clean up afterwards.

    Scratch folders of runs that died are removed first: nothing is served from them.

    Raises
    ------
    OutputError
        The directory cannot be written.
    BusyError
        Another run holds it.
    """
    out = out.absolute()
    with _locked(out):
        shutil.rmtree(out / "_work", ignore_errors=True)
        run_id = f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
        workspace = Workspace(out, run_id, now)
        workspace.work.mkdir(parents=True)
        try:
            yield workspace
        finally:
            shutil.rmtree(out / "_work", ignore_errors=True)


@contextmanager
def _locked(out: Path) -> Iterator[None]:
    check_writable(out)
    with (out / "_lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BusyError(f"another run is working in {out}; wait for it to end") from None
        yield
