"""SQL of the derived table `co_views`: how much the items seen together with one are looked at.

Companions of an item in a month are the five that most sessions of the three months before saw
beside it. A period's figure is their views, each weighted with the share of the item's sessions
that saw it too: nothing later than the period enters.
"""

from __future__ import annotations

from stockalert.tables.columns import count, day, text
from stockalert.tables.declaration import Table

__all__ = ["CO_VIEWS", "MONTHS", "co_views_query", "item_views_query", "pairs_query"]

_COMPANIONS = 5
MONTHS = 3
"""Months before a month whose sessions tell an item's companions."""

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


def co_views_query(item_views: str, pairs: str, period: str) -> str:
    """Return the SELECT that makes `co_views` of what the other two queries yield."""
    start = "date_trunc('week', day)" if period == "W-MON" else "day"
    return (
        f"WITH views AS ({item_views}), pairs AS ({pairs}), later AS ({_LATER}), "
        f"companions AS ({_COMPANION}) "
        f"SELECT c.sku, CAST({start} AS DATE) AS date, "
        "CAST(sum(CAST(share * n AS DECIMAL(38, 6))) AS DOUBLE) AS companion_views "
        "FROM companions c JOIN views v ON v.sku = c.other "
        "AND CAST(date_trunc('month', v.day) AS DATE) = c.month "
        "GROUP BY ALL"
    )


def item_views_query(view: str) -> str:
    """Return the SELECT of how often each item was viewed on each day (sku, day, n)."""
    return (
        "SELECT sku, CAST(occurred_at AS DATE) AS day, count(*) AS n "
        f"FROM {view} WHERE event = 'view' GROUP BY ALL"
    )


def pairs_query(view: str, part: str = "0") -> str:
    """Return the SELECT of the sessions that saw two items (part, sku, other, month, sessions).

    Each pair comes once a part, in either order; beside itself an item counts all of its sessions.
    A session that goes on past midnight is two.

    Parameters
    ----------
    part : SQL on `day` of what to call `__part`.
    """
    return (
        "WITH items AS MATERIALIZED (SELECT sku, row_number() OVER () AS id "
        f"FROM (SELECT DISTINCT sku FROM {view} WHERE event = 'view')), "
        "seen AS (SELECT session_id, CAST(occurred_at AS DATE) AS day, id "
        f"FROM {view} JOIN items USING (sku) WHERE event = 'view'), "
        f"baskets AS (SELECT {part} AS part, CAST(date_trunc('month', day) AS DATE) AS month, "
        "list_distinct(list(id)) AS seen FROM seen GROUP BY session_id, day), "
        "firsts AS (SELECT part, month, seen, unnest(seen) AS one FROM baskets "
        f"WHERE len(seen) <= {_MOST_IN_SESSION}), "
        "counted AS (SELECT part, month, one, two, count(*) AS sessions FROM "
        "(SELECT part, month, one, unnest(seen) AS two FROM firsts) WHERE one <= two GROUP BY ALL) "
        "SELECT part AS __part, a.sku, b.sku AS other, month, sessions FROM counted "
        "JOIN items a ON a.id = one JOIN items b ON b.id = two"
    )


_LATER = f"""
SELECT month, CAST(month - INTERVAL 1 MONTH * before AS DATE) AS earlier
FROM (SELECT DISTINCT CAST(date_trunc('month', day) AS DATE) AS month FROM views),
    (SELECT unnest(range(1, {MONTHS + 1})) AS before)
"""

_COMPANION = f"""
SELECT sku, other, month, sessions / own AS share FROM (
    SELECT *, max(sessions) FILTER (sku = other) OVER (PARTITION BY sku, month) AS own FROM (
        SELECT sku, other, later.month, CAST(sum(sessions) AS BIGINT) AS sessions
        FROM (SELECT sku, other, month, sessions FROM pairs
            UNION ALL SELECT other, sku, month, sessions FROM pairs WHERE sku <> other) AS told
        JOIN later ON told.month = later.earlier GROUP BY ALL))
WHERE sku <> other
QUALIFY row_number() OVER (PARTITION BY sku, month ORDER BY sessions DESC, other) <= {_COMPANIONS}
"""
