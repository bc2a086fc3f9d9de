"""Publish one small night to a store: `python -m tests.flows.remote_publisher URL CACHE DAY`."""

from __future__ import annotations

import sys
from datetime import date, datetime, time, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from flows.remote_output import RemoteOutput, open_output
from stockalert.publishing import prune, publish_night

__all__ = ["TABLES", "publish_small_night", "run_of"]

TABLES = ("alerts", "quarantine/sales", "thresholds")


def run_of(day: date) -> str:
    return f"{day:%Y%m%d}T030000-shop"


def publish_small_night(
    output: RemoteOutput, day: date, *, run_id: str = "", keep_days: int = 0, rows: int = 40
) -> str:
    """Pull, publish a night in which every row of every table names the run, and prune."""
    run_id, now = run_id or run_of(day), datetime.combine(day, time(3))
    output.local.mkdir(parents=True, exist_ok=True)
    output.pull(day, now)
    table = pa.table({"run_id": pa.repeat(run_id, rows), "units": np.arange(rows) * 0.1})
    publish_night(
        output.local,
        dict.fromkeys(TABLES, table),
        as_of_date=day,
        run_id=run_id,
        created_at=now,
        valid_until=now + timedelta(days=1),
        model_version="1",
        settings_fingerprint="0" * 16,
        files={"summary.json": "{}"},
        before_serving=output.push,
    )
    if keep_days:
        prune(output.local, keep_days, day)
        output.prune(keep_days, day)
    return run_id


if __name__ == "__main__":
    url, cache, day, rows = sys.argv[1:]
    place = open_output(url, Path(cache))
    publish_small_night(place, date.fromisoformat(day), rows=int(rows))
