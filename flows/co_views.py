"""SQL of the derived table `co_views`: how much the items seen together with one are looked at.

Companions of an item in a month are the five that most sessions of the three months before saw
beside it. A period's figure is their views, each weighted with the share of the item's sessions
that saw it too: nothing later than the period enters.
"""

from __future__ import annotations

from stockalert.tables.columns import count, day, text
from stockalert.tables.declaration import Table

__all__ = ["CO_VIEWS", "co_views_query"]

_COMPANIONS = 5
_MONTHS = 3
_MOST_IN_SESSION = 50
"""Whoever sees more items in one session is a machine or a catalogue reader."""

CO_VIEWS = Table(
    "co_views",
    "a sku and period whose companions were viewed",
    (
        text("sku", "Item", required=True),
        day("date", "The day, or the Monday of the week", required=True),
        count("companion_views", "Views of its companions, weighted", unit="views"),
    ),
    key=("sku", "date"),
)


def co_views_query(view: str, period: str) -> str:
    """Return the SELECT that makes `co_views` of the events in `view`."""
    start = "date_trunc('week', day)" if period == "W-MON" else "day"
    return (
        f"WITH seen AS ({_seen(view)}), pairs AS ({_PAIRS}), companions AS ({_COMPANION}), "
        "views AS (SELECT sku, day, sum(n) AS n FROM seen GROUP BY ALL) "
        f"SELECT c.sku, CAST({start} AS DATE) AS date, "
        "CAST(sum(CAST(share * n AS DECIMAL(38, 6))) AS DOUBLE) AS companion_views "
        "FROM companions c JOIN views v ON v.sku = c.other "
        "AND CAST(date_trunc('month', v.day) AS DATE) = c.month "
        "GROUP BY ALL ORDER BY c.sku, date"
    )


def _seen(view: str) -> str:
    return (
        "SELECT session_id, sku, CAST(occurred_at AS DATE) AS day, count(*) AS n "
        f"FROM {view} WHERE event = 'view' GROUP BY ALL"
    )


# Sessions of each pair per month; beside itself an item counts all of its sessions.
_PAIRS = f"""
SELECT a.sku, b.sku AS other, date_trunc('month', a.day) AS month, count(*) AS sessions
FROM (SELECT *, count(*) OVER (PARTITION BY session_id, day) AS items FROM seen) a
JOIN seen b ON a.session_id = b.session_id AND a.day = b.day
WHERE items <= {_MOST_IN_SESSION} GROUP BY ALL
"""

_COMPANION = f"""
SELECT sku, other, month, sessions / own AS share FROM (
    SELECT *, max(sessions) FILTER (sku = other) OVER (PARTITION BY sku, month) AS own FROM (
        SELECT sku, other, CAST(month + INTERVAL 1 MONTH * later AS DATE) AS month,
            sum(sessions) AS sessions
        FROM pairs, (SELECT unnest(range(1, {_MONTHS + 1})) AS later) GROUP BY ALL))
WHERE sku <> other
QUALIFY row_number() OVER (PARTITION BY sku, month ORDER BY sessions DESC, other) <= {_COMPANIONS}
"""
