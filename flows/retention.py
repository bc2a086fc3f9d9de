"""Records beside the nights go as the nights do: when `keep_days` have passed."""

from __future__ import annotations

import re
import shutil
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

from stockalert.served import served_runs

__all__ = ["prune_records"]

_RUN = re.compile(r"\d{8}T\d{6}-[0-9a-f]+")
"""Names of runs; they begin with the day."""


def prune_records(out: Path, keep_days: int, today: date) -> None:
    """Remove reviews, and refused rows of runs that published nothing, older than `keep_days`.

    The last review stays. Refused rows of a published night go with it.
    """
    oldest = f"{today - timedelta(days=keep_days):%Y%m%d}"
    reviews = sorted(out.glob("reviews/*"))[:-1]
    old = [folder for folder in reviews if _is_before(folder.name, oldest)]
    served = served_runs(out)
    for part in out.glob("quarantine/*/as_of_date=*/run_id=*"):
        run_id = part.name.removeprefix("run_id=")
        if run_id not in served and _is_before(run_id, oldest):
            old.append(part)
    for folder in old:
        shutil.rmtree(folder, ignore_errors=True)
        if folder.name.startswith("run_id="):
            with suppress(OSError):
                folder.parent.rmdir()


def _is_before(run_id: str, oldest: str) -> bool:
    return _RUN.fullmatch(run_id) is not None and run_id < oldest
