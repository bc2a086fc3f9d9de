"""Browsing up to a moment within a day, brought to where the last day known would stand.

A forecast reads days that end with the last one whose sales are known. For a run within a later day
browsing is therefore told in days that end at the moment itself: the last of them holds the last
twenty-four hours. Events are moved by their own time. A daily table knows no hours: of each day
the share that today has come to by now stays, and the rest joins the day after it. That share is
today's total against the mean of the same weekday of the last four weeks, so what is high is an
item beside the shop, not the morning.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta

import duckdb

from flows.canonical import visible
from flows.cutoff import Cutoff
from flows.reading import Reading
from flows.sql import identifier, rows

__all__ = ["BROWSING", "bring_browsing_forward"]

BROWSING = ("browsing", "events")
"""Tables that are told in other days within a day."""

_COUNTS = ("views", "add_to_carts", "searches", "unique_visitors")


def bring_browsing_forward(
    con: duckdb.DuckDBPyConnection, readings: Mapping[str, Reading], cutoff: Cutoff
) -> None:
    """Tell `visible_browsing` and `visible_events` in days that end at the cutoff's moment."""
    if cutoff.moment is None:
        return
    if "events" in readings:
        _move_events(con, readings["events"], cutoff)
    if "browsing" in readings:
        _share_out_days(con, readings["browsing"], cutoff)


def _move_events(con: duckdb.DuckDBPyConnection, events: Reading, cutoff: Cutoff) -> None:
    assert cutoff.moment is not None
    end = datetime.combine(cutoff.as_of, time.min) + timedelta(days=1)
    seconds = int((cutoff.moment - end).total_seconds())
    # A moment itself belongs to what came before it, as midnight does not.
    moved = f"occurred_at - INTERVAL ({seconds}) SECOND - INTERVAL 1 MICROSECOND"
    _replaced(con, events, f"SELECT * REPLACE ({moved} AS occurred_at) FROM {visible(events)}")


def _share_out_days(con: duckdb.DuckDBPyConnection, browsing: Reading, cutoff: Cutoff) -> None:
    assert cutoff.moment is not None
    today, view = cutoff.moment.date(), visible(browsing)
    gap, share = (today - cutoff.as_of).days, _share_of_day(con, view, cutoff)
    parts = (
        (f"date - {gap}", 1.0, f"date = DATE '{today}'"),
        (f"date - {gap}", share, f"date < DATE '{today}'"),
        (f"date - {gap - 1}", 1.0 - share, f"date < DATE '{today}'"),
    )
    counts = [name for name in browsing.table.names if name in _COUNTS]
    told = " UNION ALL ".join(
        f"SELECT sku, CAST({day} AS DATE) AS date, "
        + ", ".join(f"{identifier(name)} * {weight!r} AS {identifier(name)}" for name in counts)
        + f" FROM {view} WHERE {which}"
        for day, weight, which in parts
        if weight > 0
    )
    sums = ", ".join(
        f"CAST(sum(CAST({identifier(name)} AS DECIMAL(38, 6))) AS DOUBLE) AS {identifier(name)}"
        for name in counts
    )
    _replaced(con, browsing, f"SELECT sku, date, {sums} FROM ({told}) GROUP BY sku, date")


def _share_of_day(con: duckdb.DuckDBPyConnection, view: str, cutoff: Cutoff) -> float:
    """How much of a usual day's views today has seen by now, 0..1."""
    assert cutoff.moment is not None
    today = cutoff.moment.date()
    days = ", ".join(f"DATE '{today - timedelta(weeks=weeks)}'" for weeks in range(1, 5))
    by_day = f"SELECT date, sum(CAST(views AS DECIMAL(38, 6))) AS views FROM {view} GROUP BY date"
    ((so_far, usual),) = rows(
        con,
        f"SELECT coalesce(sum(views) FILTER (date = DATE '{today}'), 0), "
        f"avg(CAST(views AS DOUBLE)) FILTER (date IN ({days})) FROM ({by_day})",
    )
    return min(float(so_far) / float(usual), 1.0) if usual else float(so_far > 0)


def _replaced(con: duckdb.DuckDBPyConnection, reading: Reading, query: str) -> None:
    """Let `visible_NAME` show the rows of a query on itself."""
    told = identifier(f"told_{reading.table.name}")
    con.execute(f"CREATE OR REPLACE TABLE {told} AS {query}")
    con.execute(f"CREATE OR REPLACE VIEW {visible(reading)} AS SELECT * FROM {told}")
