"""What a run has read: counts per table, the last day it may know, and what is switched off."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

__all__ = ["Intake", "TableReport"]


@dataclass(frozen=True)
class TableReport:
    """What became of one table.

    Attributes
    ----------
    rows_read : rows of the files, lines that do not fit their header included.
    rows_kept : rows that count.
    rows_quarantined : rows that break the contract.
    rows_set_aside : rows dated, announced or known after as_of.
    rows_written : rows of the canonical table.
    extra_columns : columns of the files that were left out.
    missing_columns : columns of the contract that the files lack.
    derived_from : the table that this one was made of, where the files do not hold it.
    path : the canonical table; None where no row is left.
    """

    rows_read: int
    rows_kept: int
    rows_quarantined: int
    rows_set_aside: int
    rows_written: int
    extra_columns: tuple[str, ...] = ()
    missing_columns: tuple[str, ...] = ()
    derived_from: str | None = None
    path: Path | None = None


@dataclass(frozen=True)
class Intake:
    """The canonical tables of one run.

    Attributes
    ----------
    as_of : last day whose sales are known.
    period : "D" or "W-MON".
    tables : by name; those made of another table included.
    notes : what a reader should know, in plain words: what is off, left out or suspicious.
    moment : within a later day, up to which stock, orders, receipts and browsing count; None = a
        night, nothing counts after `as_of`.
    """

    as_of: date
    period: str
    tables: Mapping[str, TableReport]
    notes: tuple[str, ...]
    moment: datetime | None = None

    @property
    def last_day(self) -> date:
        """Last day of which stock and orders are known."""
        return self.as_of if self.moment is None else self.moment.date()

    @property
    def eve(self) -> date:
        """The day on whose evening is decided; within a day, the one before it."""
        return self.as_of if self.moment is None else self.moment.date() - timedelta(days=1)

    @property
    def rows_quarantined(self) -> int:
        """Refused rows of all tables together."""
        return sum(report.rows_quarantined for report in self.tables.values())

    def to_json(self) -> str:
        """Return the intake as JSON, for a run's record.

        Examples
        --------
        >>> Intake(date(2024, 3, 6), "D", {}, ()).to_json()
        '{"as_of": "2024-03-06", "moment": null, "period": "D", "tables": {}, "notes": []}'
        """
        tables = {name: asdict(report) for name, report in self.tables.items()}
        record = {
            "as_of": self.as_of,
            "moment": self.moment,
            "period": self.period,
            "tables": tables,
            "notes": self.notes,
        }
        return json.dumps(record, default=str, ensure_ascii=False)
