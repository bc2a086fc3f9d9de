"""A night that a guard refuses is an alert, until a night is published again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flows.alerting import clear_operational, raise_operational
from flows.run import Run
from stockalert.errors import GuardError
from stockalert.guard import Finding

__all__ = ["refusals_told"]

KIND = "publish_refused"
TO_DO = (
    "Mend the input and run `stockalert nightly` again; if the night is right after all, publish "
    "it with --force REASON. What was refused is kept under _refused."
)


@contextmanager
def refusals_told(run: Run) -> Iterator[None]:
    """Raise an alert where the block's night is refused; clear it where it is published."""
    out, settings, now = run.workspace.out, run.settings, run.workspace.started_at
    try:
        yield
    except GuardError as refusal:
        raise_operational(
            out, settings, kind=KIND, problem=_in_short(refusal), to_do=TO_DO, now=now
        )
        raise
    clear_operational(out, settings, kind=KIND, now=now)


def _in_short(refusal: GuardError) -> str:
    """The first line of the message, and what each guard that tripped found."""
    tripped = [f for f in refusal.findings if isinstance(f, Finding) and f.tripped]
    told = [f"{finding.guard}: {finding.text}" for finding in tripped]
    return ". ".join([str(refusal).splitlines()[0], *told])
