"""Check every table of a data directory against the contract; publish nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from flows.ingest import open_input
from flows.intake import Intake, TableReport
from flows.sources import InputPlace
from stockalert.errors import ContractError

__all__ = ["Findings", "describe", "validate"]


@dataclass(frozen=True)
class Findings:
    """What a check of a data directory found.

    Attributes
    ----------
    intake : counts and notes; None where the sales are unusable.
    problems : one message per table that breaks its contract; a run would stop at the first.
    """

    intake: Intake | None
    problems: tuple[str, ...]

    @property
    def usable(self) -> bool:
        """Whether a run would accept the data."""
        return not self.problems


def validate(
    data: Path | InputPlace, *, period: str, as_of: date | None, today: date, max_share: float
) -> Findings:
    """Read and check all tables as a run would; arguments as in `flows.ingest.ingest`.

    Raises
    ------
    UsageError
        No such data directory, a table twice, or as_of before the first sale.
    """
    broken: list[ContractError] = []
    with TemporaryDirectory(prefix="stockalert-") as work:
        try:
            with open_input(
                data,
                Path(work),
                period=period,
                today=today,
                max_share=max_share,
                problems=broken,
            ) as tables:
                intake = tables.write(Path(work), as_of=as_of)
        except ContractError as problem:
            found = broken or [problem]
            return Findings(None, tuple(map(str, found)))
    return Findings(intake, tuple(map(str, broken)))


def describe(findings: Findings) -> str:
    """Return the findings as plain text, one line per table, note and problem."""
    lines = [f"PROBLEM  {problem}" for problem in findings.problems]
    if findings.intake is not None:
        lines += [f"as-of {findings.intake.as_of}, period {findings.intake.period}"]
        lines += [_line(name, report) for name, report in findings.intake.tables.items()]
        lines += [f"note: {note}" for note in findings.intake.notes]
    lines.append("the data keep the contract" if findings.usable else "a run would stop")
    return "\n".join(lines)


def _line(name: str, report: TableReport) -> str:
    if report.derived_from:
        return f"{name:<16} {report.rows_written:>10,} rows made of {report.derived_from}"
    return (
        f"{name:<16} {report.rows_read:>10,} rows read, {report.rows_kept:,} kept, "
        f"{report.rows_quarantined:,} quarantined, {report.rows_set_aside:,} set aside"
    )
