"""One run: its input, its settings, its clock and its scratch folder."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from flows.remote import cache_folder, is_url
from flows.remote_output import RemoteOutput, open_output
from flows.remote_state import bring_state, keep_state
from flows.settings import Settings
from flows.sources import InputPlace
from flows.sql import Resources
from flows.workspace import Workspace, open_workspace
from stockalert.errors import StockalertError, UsageError

__all__ = ["Run", "open_run"]


@dataclass(frozen=True)
class Run:
    """What every step of a run is given.

    Attributes
    ----------
    data : where the input tables come from
    workspace : output and scratch folders, the run's name and start
    settings : in force
    as_of : last day whose sales are known; None = the last in the sales
    moment : within a later day, up to which stock, orders, receipts and browsing count; None = a
        night
    remote : the store that OUT is a work copy of; None = OUT is what readers read
    """

    data: Path | InputPlace
    workspace: Workspace
    settings: Settings
    as_of: date | None
    moment: datetime | None = None
    remote: RemoteOutput | None = None

    @property
    def tables(self) -> Path:
        """Folder of the canonical tables."""
        return self.workspace.work / "tables"

    @property
    def quarantine(self) -> Path:
        """Folder of the refused rows."""
        return self.workspace.work / "quarantine"

    @property
    def period_days(self) -> int:
        """Days in a period: 1 or 7."""
        return 7 if self.settings.period == "W-MON" else 1

    @property
    def model_fingerprint(self) -> str:
        """Names the settings that a model depends on."""
        return self.settings.fingerprint("period", "model", "calendar", "lead_time")

    @property
    def resources(self) -> Resources:
        """What reading may use; what it read is kept for the next night."""
        scale = self.settings.scale
        return Resources(
            memory_gib=scale.memory_gib,
            threads=scale.threads,
            store=self.workspace.out / "_ingested",
            co_views=scale.co_views,
        )

    def data_fingerprint(self) -> str:
        """Name the contents of the canonical tables, 16 hex digits."""
        total = hashlib.sha256()
        files = (file for file in self.tables.rglob("*.parquet") if file.is_file())
        for file in sorted(files):
            total.update(file.relative_to(self.tables).as_posix().encode() + b"\0")
            with file.open("rb") as stream:
                total.update(hashlib.file_digest(stream, "sha256").digest())
        return total.hexdigest()[:16]


@contextmanager
def open_run(
    data: Path | str,
    out: Path | str,
    *,
    settings: Settings,
    as_of: date | None,
    now: datetime,
    moment: datetime | None = None,
) -> Iterator[Run]:
    """Open the workspace of a run; refused rows are kept even when the run stops early."""
    cache = cache_folder(settings.paths.cache)
    remote = _remote_output(str(out), settings, cache) if is_url(out) else None
    with open_workspace(remote.local if remote else Path(out), now=now) as workspace:
        place = InputPlace(data, settings.sources, cache)
        run = Run(place, workspace, settings, as_of, moment, remote)
        with _mirrored(run):
            try:
                yield run
            except BaseException:
                _rescue_quarantine(run)
                raise


def _remote_output(url: str, settings: Settings, cache: Path) -> RemoteOutput:
    if not settings.paths.tracking_uri.startswith(("http", "sqlite:///")):
        raise UsageError(
            f"--out {url} needs a model store that outlives this machine's copy: set "
            "paths.tracking_uri to an MLflow server (http://…), or to an SQLite file on a disk "
            "that stays (sqlite:////srv/stockalert/mlflow.db)"
        )
    return open_output(url, cache)


@contextmanager
def _mirrored(run: Run) -> Iterator[None]:
    """Let a work copy begin with what the store serves, and hand back what is not published."""
    remote, out = run.remote, run.workspace.out
    if remote is None:
        yield
        return
    moved = remote.pull(run.as_of, run.workspace.started_at)
    bring_state(remote.remote, out, moved=moved)
    try:
        yield
    except BaseException:
        with suppress(StockalertError):  # what went wrong before is what must be told
            remote.keep_refused(run.workspace.run_id)
            keep_state(remote.remote, out)
        raise
    keep_state(remote.remote, out)


def _rescue_quarantine(run: Run) -> None:
    """Move refused rows of a run that publishes nothing to where they are looked for."""
    workspace = run.workspace
    partition = f"as_of_date={workspace.started_at:%Y-%m-%d}/run_id={workspace.run_id}"
    with suppress(OSError):  # what went wrong before is what must be told
        for file in run.quarantine.glob("*.parquet"):
            folder = workspace.out / "quarantine" / file.stem / partition
            folder.mkdir(parents=True, exist_ok=True)
            shutil.move(file, folder / "part-0.parquet")
