"""Months, the parts in which large tables are kept: which rows are whose, and how many at once.

A part holds the periods that begin in one month: with weeks, those whose Monday lies in it. Every
day belongs to one part. Rows without a usable day make part 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from flows.cutoff import DAYS
from flows.reading import Reading
from flows.sql import identifier
from stockalert.tables.declaration import EARLIEST

__all__ = [
    "Window",
    "day_of",
    "early_rows",
    "month_of",
    "part_name",
    "part_of",
    "parts_between",
    "windows_of",
]


_COMPARABLE = ("DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS")


@dataclass(frozen=True)
class Window:
    """Parts that are read together.

    Attributes
    ----------
    keys : the parts, in order.
    period : "D" or "W-MON".
    """

    keys: tuple[int, ...]
    period: str

    @property
    def days(self) -> tuple[date, date]:
        """First and last day, of the first and the last part."""
        return _first_day(self.keys[0], self.period), _first_day(
            _next(self.keys[-1]), self.period
        ) - timedelta(days=1)

    @property
    def which(self) -> str:
        """SQL on `__part`."""
        return f"__part IN ({', '.join(map(str, self.keys))})"


def day_of(reading: Reading) -> str:
    """Return SQL, on the typed columns, of the day that a row is about."""
    return f"CAST({identifier(DAYS[reading.table.name])} AS DATE)"


def part_of(day: str, period: str, latest: date) -> str:
    """Return SQL of the part that a day belongs to.

    Examples
    --------
    >>> print(part_of("date", "D", date(2025, 1, 1)))  # doctest: +ELLIPSIS
    CASE WHEN date BETWEEN DATE '1990-01-01' AND DATE '2025-01-01' THEN ... ELSE 0 END
    """
    bounds = f"DATE '{EARLIEST}' AND DATE '{latest}'"
    return f"CASE WHEN {day} BETWEEN {bounds} THEN {month_of(day, period)} ELSE 0 END"


def month_of(day: str, period: str) -> str:
    """Return SQL of the part of a day that is known to be usable."""
    start = f"date_trunc('week', {day})" if period == "W-MON" else day
    return f"CAST(year({start}) * 100 + month({start}) AS INTEGER)"


def part_name(key: int) -> str:
    """Name a part.

    Examples
    --------
    >>> part_name(202405)
    '2024-05'
    """
    return f"{key // 100:04d}-{key % 100:02d}"


def windows_of(rows: Mapping[int, int], *, most: int, period: str) -> Iterator[Window]:
    """Group parts, in order, such that no group has more than `most` rows, unless one part has.

    Examples
    --------
    >>> rows = {202401: 5, 202402: 4, 202403: 20, 202404: 1}
    >>> [window.keys for window in windows_of(rows, most=10, period="D")]
    [(202401, 202402), (202403,), (202404,)]
    """
    keys: list[int] = []
    held = 0
    for key in sorted(rows):
        if keys and (held + rows[key] > most or not keys[0]):
            yield Window(tuple(keys), period)
            keys, held = [], 0
        keys.append(key)
        held += rows[key]
    if keys:
        yield Window(tuple(keys), period)


def early_rows(reading: Reading, window: Window) -> str:
    """Return SQL on the files' own columns that lets whole row groups be skipped; may be empty."""
    name = DAYS[reading.table.name]
    spelled = {found.strip().casefold(): found for found in reversed(reading.raw.columns)}[name]
    if not window.keys[0] or reading.raw.columns[spelled] not in _COMPARABLE:
        return ""
    first, last = window.days
    column = identifier(spelled)
    return f"{column} >= DATE '{first}' AND {column} < DATE '{last + timedelta(days=1)}'"


def _first_day(key: int, period: str) -> date:
    first = date(key // 100, key % 100, 1)
    return first + timedelta(days=-first.weekday() % 7) if period == "W-MON" else first


def _next(key: int) -> int:
    return key + 1 if key % 100 < 12 else key + 89


def parts_between(keys: Sequence[int], first: int, months: int) -> list[int]:
    """Return the parts that begin in `first` or up to `months` months after it.

    Examples
    --------
    >>> parts_between([202311, 202312, 202401, 202405], 202312, 1)
    [202312, 202401]
    """
    number = first // 100 * 12 + first % 100
    return [key for key in keys if 0 <= key // 100 * 12 + key % 100 - number <= months]
