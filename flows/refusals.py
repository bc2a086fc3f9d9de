"""A night that is refused, or that fails, is an alert until a night is published again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from datetime import datetime
from pathlib import Path

from flows.alerting import clear_operational, raise_operational
from flows.remote import cache_folder, is_url, local_copy
from flows.run import Run
from flows.settings import Settings
from flows.workspace import BusyError
from stockalert.addresses import without_passwords
from stockalert.errors import GuardError, StockalertError, UsageError
from stockalert.guard import Finding

__all__ = ["overdue_alert", "told_run"]

REFUSED, FAILED = "publish_refused", "night_failed"
WITHIN_A_DAY = "within the day"
TO_DO = (
    "Mend the input and run `stockalert nightly` again; if the night is right after all, publish "
    "it with --force REASON. What was refused is kept under _refused."
)
OVERDUE_TO_DO = (
    "Find what it waited for: a share or a data base that does not answer, memory. The next run "
    "begins by itself. Where the work takes so long, raise schedule.max_hours."
)
_LONGEST = 400


@contextmanager
def told_run(
    opened: AbstractContextManager[Run],
    out: Path | str,
    settings: Settings,
    *,
    now: datetime,
    moment: datetime | None = None,
) -> Iterator[Run]:
    """Open a run, raise an alert where it is refused or fails, and clear it once it publishes.

    A slip of the pen is told to whoever made it, and a run that finds another one at work to
    nobody. Whatever becomes of the alert, the run's own error is the one that is raised.

    Parameters
    ----------
    out : where it publishes: a directory, or the address of a store
    now : when it begins
    moment : of a refresh within a day, which neither makes nor mends a missing night
    """
    place = _local(out, settings)
    with ExitStack() as stack:
        try:
            run = stack.enter_context(opened)
        except Exception as error:
            _tell(error, place, settings, now, moment)
            raise
        try:
            yield run
        except Exception as error:
            _tell(error, place, settings, now, moment)
            raise
        _clear(place, settings, now, moment)


def _tell(
    error: Exception, out: Path, settings: Settings, now: datetime, moment: datetime | None
) -> None:
    """Raise the alert that an error deserves; nothing that goes wrong with it hides the error."""
    if isinstance(error, UsageError | BusyError):
        return
    with suppress(Exception):
        if isinstance(error, GuardError):
            said = _in_short(error)
            raise_operational(out, settings, kind=REFUSED, problem=said, to_do=TO_DO, now=now)
            return
        code = error.exit_code if isinstance(error, StockalertError) else 1
        said = f"A run ended with exit code {code} and published nothing: {_line(error)}"
        raise_operational(
            out,
            settings,
            kind=FAILED,
            subject=_subject(moment),
            problem=said,
            to_do=f"Mend it and run `stockalert nightly` again; see code {code} in the operations "
            "guide, under “When it stops”.",
            now=now,
        )


def overdue_alert(
    out: Path | str, settings: Settings, problem: str, *, within_a_day: bool, now: datetime
) -> None:
    """Raise the alert of a run that was ended since it did not come to its end."""
    raise_operational(
        _local(out, settings),
        settings,
        kind=FAILED,
        subject=WITHIN_A_DAY if within_a_day else "",
        problem=problem,
        to_do=OVERDUE_TO_DO,
        now=now,
    )


def _clear(out: Path, settings: Settings, now: datetime, moment: datetime | None) -> None:
    """Close what a published night puts right; a night also what went wrong within the day."""
    clear_operational(out, settings, kind=REFUSED, now=now)
    for subject in {_subject(moment), *([WITHIN_A_DAY] if moment is None else [])}:
        clear_operational(out, settings, kind=FAILED, subject=subject, now=now)


def _subject(moment: datetime | None) -> str:
    return "" if moment is None else WITHIN_A_DAY


def _local(out: Path | str, settings: Settings) -> Path:
    """Directory of this machine that keeps the alerts: OUT, or the work copy of a store."""
    if is_url(out):
        return local_copy(str(out), "out", cache_folder(settings.paths.cache))
    return Path(out).absolute()


def _line(error: Exception) -> str:
    """The first line of an error, without addresses' passwords; its kind, where it is not ours."""
    text = (str(error).strip().splitlines() or ["no reason given"])[0]
    named = text if isinstance(error, StockalertError) else f"{type(error).__name__}: {text}"
    return without_passwords(named)[:_LONGEST]


def _in_short(refusal: GuardError) -> str:
    """The first line of the message, and what each guard that tripped found."""
    tripped = [f for f in refusal.findings if isinstance(f, Finding) and f.tripped]
    told = [f"{finding.guard}: {finding.text}" for finding in tripped]
    return ". ".join([str(refusal).splitlines()[0], *told])
