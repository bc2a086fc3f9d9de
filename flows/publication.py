"""Publish the tables of a night, with the rows that were refused on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from flows.intake import Intake
from flows.retention import prune_records
from flows.run import Run
from flows.strict_json import strict_json
from stockalert.errors import OutputError
from stockalert.publishing import prune, publish_night
from stockalert.served import Pointer, previous_night
from stockalert.tables.blocks import AnyTable, checked_batches, whole
from stockalert.tables.outputs import OUTPUT_TABLES, forecasts_table

__all__ = ["previous_thresholds", "publish", "record_of_run", "thresholds_of"]

_VALID_FOR = timedelta(days=1, hours=12)


def publish(
    run: Run, intake: Intake, frames: Mapping[str, AnyTable], summary: dict[str, Any]
) -> Path:
    """Publish all tables in one step, each checked against its contract while it is written."""
    declared = {**OUTPUT_TABLES, "forecasts": forecasts_table(run.settings.model.levels)}
    tables: dict[str, pa.Table | pa.RecordBatchReader] = {
        name: checked_batches(frame, declared[name]) for name, frame in frames.items()
    }
    tables |= {
        f"quarantine/{file.stem}": pq.read_table(file) for file in run.quarantine.glob("*.parquet")
    }
    created = run.workspace.started_at
    night = publish_night(
        run.workspace.out,
        tables,
        as_of_date=intake.as_of,
        run_id=run.workspace.run_id,
        created_at=created,
        valid_until=created + _VALID_FOR,
        model_version=_only(whole(frames["thresholds"], ["model_version"])["model_version"]),
        settings_fingerprint=run.settings.fingerprint(),
        files=record_of_run(run, intake, summary),
        before_serving=None if run.remote is None else run.remote.push,
    )
    prune(run.workspace.out, run.settings.keep_days, created.date())
    prune_records(run.workspace.out, run.settings.keep_days, created.date())
    if run.remote is not None:
        with suppress(OutputError):  # the night is served; what is old waits for the next run
            run.remote.prune(run.settings.keep_days, created.date())
    return night


def record_of_run(run: Run, intake: Intake, summary: dict[str, Any]) -> dict[str, str]:
    """Settings, input and summary of the run, as files that are kept beside its tables."""
    return {
        "summary.json": strict_json(summary, indent=2),
        "settings.toml": run.settings.to_toml(),
        "intake.json": intake.to_json(),
        "data.txt": _place_of(str(run.data)),
    }


def _place_of(data: str) -> str:
    """Name the input such that a later review finds it from any working directory."""
    return data if "://" in data else str(Path(data).absolute())


def previous_thresholds(
    out: Path, as_of: date, columns: Sequence[str] | None = None
) -> pd.DataFrame | None:
    """Read the thresholds that a night of `as_of` replaces; None where there are none."""
    night = previous_night(out, as_of)
    return None if night is None else thresholds_of(out, night, columns)


def thresholds_of(out: Path, night: Pointer, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Read the thresholds of one published night, or some of their columns."""
    stored = pq.ParquetDataset(out / night.tables["thresholds"].path, partitioning=None)
    kept = [name for name in columns or stored.schema.names if name in stored.schema.names]
    table = stored.read(columns=kept)
    found: pd.DataFrame = table.to_pandas(date_as_object=False)
    return found


def _only(versions: pd.Series[str]) -> str | None:
    """The model version that the night was made with; None where no model was."""
    known = versions.dropna()
    return str(known.iloc[0]) if len(known) else None
