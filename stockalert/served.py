"""What is served now: the pointer of the current night, and its tables."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from stockalert.errors import OutputError

__all__ = [
    "REPLACES",
    "Pointer",
    "ServedTable",
    "night_before",
    "night_folder",
    "previous_night",
    "read_pointer",
    "read_served",
    "replaced_run",
    "served_nights",
    "served_runs",
]


REPLACES = "replaces.txt"
"""File beside a night's pointer: run_id of the night that it took the place of."""


@dataclass(frozen=True)
class ServedTable:
    """Where one table of a night is.

    Attributes
    ----------
    path : folder of its parts, relative to the output directory
    rows : number of rows
    schema_fingerprint : 16 hex digits
    """

    path: str
    rows: int
    schema_fingerprint: str


@dataclass(frozen=True)
class Pointer:
    """One night: what `_latest.json` holds."""

    as_of_date: date
    run_id: str
    model_version: str | None
    settings_fingerprint: str
    created_at: datetime
    valid_until: datetime
    tables: dict[str, ServedTable]

    def to_json(self) -> str:
        """Return the pointer as JSON text, dates in ISO form."""
        return json.dumps(asdict(self), default=lambda day: day.isoformat(), indent=2)

    @classmethod
    def from_json(cls, text: str) -> Pointer:
        """Read what `to_json` wrote; keys that later versions add are ignored."""
        raw = json.loads(text)
        return cls(
            as_of_date=date.fromisoformat(raw["as_of_date"]),
            run_id=raw["run_id"],
            model_version=raw["model_version"],
            settings_fingerprint=raw["settings_fingerprint"],
            created_at=datetime.fromisoformat(raw["created_at"]),
            valid_until=datetime.fromisoformat(raw["valid_until"]),
            tables={
                name: ServedTable(table["path"], table["rows"], table["schema_fingerprint"])
                for name, table in raw["tables"].items()
            },
        )


def night_folder(out: Path, run_id: str) -> Path:
    """Folder of one night's pointer and links."""
    return out / "_nights" / run_id


def read_pointer(out: Path, run_id: str | None = None) -> Pointer:
    """Read the pointer of the night served now, or of one night.

    Raises
    ------
    OutputError
        No night has been published, or the pointer cannot be read.
    """
    path = (night_folder(out, run_id) if run_id else out) / "_latest.json"
    try:
        return Pointer.from_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise OutputError(f"{out} holds no published night; run refresh first") from None
    except (OSError, ValueError, KeyError) as error:
        raise OutputError(f"cannot read {path}: {error}") from error


def read_served(out: Path, table: str, columns: Sequence[str] | None = None) -> pa.Table:
    """Read one table of the night served now; all reads of one pointer see the same night.

    Raises
    ------
    OutputError
        No night has been published, or the night has no such table.
    """
    night = read_pointer(out)
    if table not in night.tables:
        found = ", ".join(sorted(night.tables))
        raise OutputError(f"night {night.run_id} has no table {table}, only {found}")
    path = out / night.tables[table].path
    return pq.read_table(path, columns=columns, partitioning=None)


def replaced_run(out: Path, run_id: str) -> str | None:
    """Return run_id of the night that was served when this one was published.

    Returns
    -------
    Empty where it was the first; None where it has no record of it
    """
    try:
        return (night_folder(out, run_id) / REPLACES).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None


def served_runs(out: Path) -> set[str]:
    """Return run_id of every night in the history that is, or has been, served."""
    marked = {mark.parent.name for mark in (out / "_nights").glob("*/_served")}
    return marked | ({read_pointer(out).run_id} if (out / "_latest.json").exists() else set())


def served_nights(out: Path) -> list[Pointer]:
    """Return every night that is, or has been, served; in the order they were published."""
    nights = [read_pointer(out, run_id) for run_id in served_runs(out)]
    return sorted(nights, key=lambda night: (night.created_at, night.run_id))


def night_before(out: Path, night: Pointer) -> Pointer | None:
    """Return the night whose thresholds `night` calls the previous ones, as far as can be told.

    It is the last of an earlier as-of date, and where there is none, the last published before.
    """
    before = [n for n in served_nights(out) if n.created_at < night.created_at]
    earlier = [n for n in before if n.as_of_date < night.as_of_date]
    by_date = sorted(earlier, key=lambda n: (n.as_of_date, n.created_at))
    return by_date[-1] if by_date else before[-1] if before else None


def previous_night(out: Path, as_of: date) -> Pointer | None:
    """Return the night that one of `as_of` replaces: the one served now, if of an earlier day.

    Otherwise (a date is run again, or an older one, or somebody has removed `latest`) the last of
    an earlier day.
    """
    nights = served_nights(out)
    current = read_pointer(out) if (out / "_latest.json").exists() else None
    if current is not None and current.as_of_date < as_of:
        return current
    earlier = [night for night in nights if night.as_of_date < as_of]
    return max(earlier, key=lambda night: (night.as_of_date, night.created_at), default=None)
