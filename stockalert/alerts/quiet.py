"""Quiet hours: when a message may leave, and how long to wait after a failure."""

from __future__ import annotations

from datetime import datetime, time, timedelta

__all__ = ["allowed_from", "wait_after"]

LONGEST_WAIT = timedelta(hours=6)


def allowed_from(now: datetime, quiet_hours: str) -> datetime:
    """First moment from `now` on that lies outside the quiet hours.

    Parameters
    ----------
    quiet_hours : such as "22:00-07:00", over midnight where the end is not after the start;
        "" = none

    Examples
    --------
    >>> allowed_from(datetime(2026, 5, 1, 23, 30), "22:00-07:00").isoformat()
    '2026-05-02T07:00:00'
    >>> allowed_from(datetime(2026, 5, 1, 7, 0), "22:00-07:00").isoformat()
    '2026-05-01T07:00:00'
    """
    if not quiet_hours:
        return now
    start, end = (time.fromisoformat(text) for text in quiet_hours.split("-"))
    if start == end:
        return now
    at = now.time()
    inside = start <= at < end if start < end else at >= start or at < end
    if not inside:
        return now
    until = datetime.combine(now.date(), end)
    return until if until > now else until + timedelta(days=1)


def wait_after(attempts: int, first_minutes: float) -> timedelta:
    """Wait after so many failed attempts: doubled each time, six hours at most.

    Examples
    --------
    >>> [wait_after(n, 1).total_seconds() / 60 for n in (1, 2, 3, 20)]
    [1.0, 2.0, 4.0, 360.0]
    """
    doubled = first_minutes * 2.0 ** min(max(attempts, 1) - 1, 20)
    return min(timedelta(minutes=doubled), LONGEST_WAIT)
