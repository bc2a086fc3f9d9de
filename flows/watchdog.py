"""Were the night's tables published in time? For schedulers that can run a command, and no more."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from flows.review_past import is_within_a_day
from flows.settings import Settings
from stockalert.errors import OutputError
from stockalert.served import Pointer, read_pointer, served_nights

__all__ = ["last_deadline", "problem_of", "watch"]

NIGHT = timedelta(hours=12)
KIND = "night_missing"
TOLERANCE = timedelta(minutes=5)
"""By so much the clocks of two machines may differ."""


def watch(out: Path, settings: Settings, *, by: timedelta, now: datetime) -> str:
    """Raise an alert where no night was published in time, and clear it once one is.

    Parameters
    ----------
    by : time of day, in the zone of the schedule, from which the night's tables are missed
    now : the machine's local time, which nights are stamped with

    Returns
    -------
    What is there, in words

    Raises
    ------
    OutputError
        No night was published in the twelve hours before the last deadline, or since.
    """
    from flows.alerting import clear_operational, raise_operational

    problem = problem_of(out, by=by, now=now, zone=ZoneInfo(settings.schedule.time_zone))
    if not problem:
        clear_operational(out, settings, kind=KIND, now=now)
        return f"the tables of {read_pointer(out).as_of_date} are served from {out}"
    to_do = "Look at the last run's error; run `stockalert nightly` by hand once it is mended."
    raise_operational(out, settings, kind=KIND, problem=problem, to_do=to_do, now=now)
    raise OutputError(problem)


def problem_of(out: Path, *, by: timedelta, now: datetime, zone: ZoneInfo) -> str:
    """Say what is missing; empty = a night was published in time, or later but since.

    A night that bears a time yet to come proves nothing: the clock has been set back since.
    """
    deadline = last_deadline(now.astimezone(zone), by)
    nights = [night for night in served_nights(out) if not is_within_a_day(out, night)]
    past = [night for night in nights if _moment(night) <= now.astimezone(UTC) + TOLERANCE]
    if any(_moment(night) >= deadline.astimezone(UTC) - NIGHT for night in past):
        return ""
    last = (
        f"the last, of {past[-1].as_of_date}, was published at "
        f"{_moment(past[-1]).astimezone(zone):%Y-%m-%d %H:%M}"
        if past
        else "none ever was"
    )
    ahead = len(nights) - len(past)
    strange = f"; {ahead} bear a time that is yet to come: look at the clock" if ahead else ""
    return f"no night was published in {out} by {deadline:%Y-%m-%d %H:%M} {zone}: {last}{strange}"


def _moment(night: Pointer) -> datetime:
    """When a night was published; without a zone, it is told in the machine's."""
    return night.created_at.astimezone(UTC)


def last_deadline(now: datetime, by: timedelta) -> datetime:
    """Return the last moment at which tables were due, in the zone of `now`.

    Examples
    --------
    >>> print(last_deadline(datetime(2024, 3, 6, 5), timedelta(hours=6)))
    2024-03-05 06:00:00
    >>> print(last_deadline(datetime(2024, 3, 6, 6), timedelta(hours=6)))
    2024-03-06 06:00:00
    """
    today = datetime.combine(now.date(), time.min, now.tzinfo) + by
    return today if today <= now else today - timedelta(days=1)
