"""Raise the alert of a run that was ended because it was overdue; started by `flows.time_limit`."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path

from flows.refusals import overdue_alert
from flows.settings import load_settings
from flows.time_limit import Overdue

__all__ = ["main"]


def main() -> None:
    """Wait until the run is gone, which closes standard input; then tell what it said."""
    told = Overdue(**json.loads(sys.stdin.read()))
    settings = load_settings(Path(told.config) if told.config else None)
    at = datetime.fromisoformat(told.at)
    overdue_alert(told.out, settings, told.problem, within_a_day=told.within_a_day, now=at)


if __name__ == "__main__":
    main()
