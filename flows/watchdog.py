"""Were the night's tables published in time? For schedulers that can run a command, and no more."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from pathlib import Path

from flows.review_past import is_within_a_day
from flows.settings import Settings
from stockalert.errors import OutputError
from stockalert.served import served_nights

__all__ = ["last_deadline", "problem_of", "watch"]

NIGHT = timedelta(hours=12)
KIND = "night_missing"


def watch(out: Path, settings: Settings, *, by: timedelta, now: datetime) -> str:
    """Raise an alert where no night was published in time, and clear it once one is.

    Parameters
    ----------
    by : time of day from which the night's tables are missed

    Returns
    -------
    What is there, in words

    Raises
    ------
    OutputError
        No night was published in the twelve hours before the last deadline, or since.
    """
    from flows.alerting import clear_operational, raise_operational

    problem = problem_of(out, by=by, now=now)
    if not problem:
        clear_operational(out, settings, kind=KIND, now=now)
        return f"the tables of {served_nights(out)[-1].as_of_date} are served from {out}"
    to_do = "Look at the last run's error; run `stockalert nightly` by hand once it is mended."
    raise_operational(out, settings, kind=KIND, problem=problem, to_do=to_do, now=now)
    raise OutputError(problem)


def problem_of(out: Path, *, by: timedelta, now: datetime) -> str:
    """Say what is missing; empty = a night was published in time, or later but since."""
    deadline = last_deadline(now, by)
    nights = [night for night in served_nights(out) if not is_within_a_day(out, night)]
    if any(night.created_at >= deadline - NIGHT for night in nights):
        return ""
    last = (
        f"the last, of {nights[-1].as_of_date}, was published at {nights[-1].created_at}"
        if nights
        else "none ever was"
    )
    return f"no night was published in {out} by {deadline:%Y-%m-%d %H:%M}: {last}"


def last_deadline(now: datetime, by: timedelta) -> datetime:
    """Return the last moment at which tables were due.

    Examples
    --------
    >>> print(last_deadline(datetime(2024, 3, 6, 5), timedelta(hours=6)))
    2024-03-05 06:00:00
    >>> print(last_deadline(datetime(2024, 3, 6, 6), timedelta(hours=6)))
    2024-03-06 06:00:00
    """
    today = datetime.combine(now.date(), time.min) + by
    return today if today <= now else today - timedelta(days=1)
