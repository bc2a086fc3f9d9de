"""One run: its input, its settings, its clock and its scratch folder."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from flows.remote import cache_folder
from flows.settings import Settings
from flows.sources import InputPlace
from flows.workspace import Workspace, open_workspace

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
    """

    data: Path | InputPlace
    workspace: Workspace
    settings: Settings
    as_of: date | None
    moment: datetime | None = None

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

    def data_fingerprint(self) -> str:
        """Name the contents of the canonical tables, 16 hex digits."""
        total = hashlib.sha256()
        for file in sorted(self.tables.glob("*.parquet")):
            total.update(file.name.encode() + b"\0")
            with file.open("rb") as stream:
                total.update(hashlib.file_digest(stream, "sha256").digest())
        return total.hexdigest()[:16]


@contextmanager
def open_run(
    data: Path | str,
    out: Path,
    *,
    settings: Settings,
    as_of: date | None,
    now: datetime,
    moment: datetime | None = None,
) -> Iterator[Run]:
    """Open the workspace of a run; refused rows are kept even when the run stops early."""
    with open_workspace(out, now=now) as workspace:
        place = InputPlace(data, settings.sources, cache_folder(settings.paths.cache))
        run = Run(place, workspace, settings, as_of, moment)
        try:
            yield run
        except BaseException:
            _rescue_quarantine(run)
            raise


def _rescue_quarantine(run: Run) -> None:
    """Move refused rows of a run that publishes nothing to where they are looked for."""
    workspace = run.workspace
    partition = f"as_of_date={workspace.started_at:%Y-%m-%d}/run_id={workspace.run_id}"
    with suppress(OSError):  # what went wrong before is what must be told
        for file in run.quarantine.glob("*.parquet"):
            folder = workspace.out / "quarantine" / file.stem / partition
            folder.mkdir(parents=True, exist_ok=True)
            shutil.move(file, folder / "part-0.parquet")
