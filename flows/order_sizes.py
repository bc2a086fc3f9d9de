"""SQL of the derived table `order_sizes`: how a period's demand came about, order by order.

An order is what one customer order asks of one sku and location on one day. What is bulk, or a
customer's repeat, is judged against earlier days alone, so a day's row never changes afterwards.
"""

from __future__ import annotations

from datetime import date

from stockalert.tables.columns import count, day, text, units
from stockalert.tables.declaration import Column, Table

__all__ = ["LEAD_DAYS", "ORDER_SIZES", "buyers_query", "order_sizes_query"]

BULK = 10
"""An order is bulk above this many times the median of the year before; its excess is cut off."""

_LEAST_SEEN = 5
_NOBODY = "SELECT '' AS sku, '' AS customer_id WHERE false"

ORDER_SIZES = Table(
    "order_sizes",
    "a sku, location and period with orders or returns",
    (
        text("sku", "Item", required=True),
        text("location", "Shop, warehouse or channel"),
        day("date", "The day, or the Monday of the week", required=True),
        count("orders", "Customer orders that ask for the item"),
        count("known_orders", "Of these, orders whose customer is known"),
        count("repeat_orders", "Of these, orders of customers who bought the item before"),
        count("bulk_orders", f"Orders above {BULK} times the median of the year before"),
        units("usual_units", f"Units, of each order at most {BULK} times that median"),
        units("largest_order", "Units of the largest order"),
        Column("squared_units", "number", "Sum of the squares of the orders' units", "units²"),
        Column("log_units", "number", "Sum of the logarithms of the orders' units", "log units"),
        Column("log_squares", "number", "Sum of the squares of these logarithms", "log² units"),
        units("returned_units", "Units returned or cancelled"),
    ),
    key=("sku", "location", "date"),
)


LEAD_DAYS = 364
"""Days of orders before a row's own that judge what is bulk."""


def order_sizes_query(view: str, period: str, *, first: date | None = None, past: str = "") -> str:
    """Return the SELECT that makes `order_sizes` of the order lines in `view`.

    Parameters
    ----------
    first : first day wanted; the lines in `view` reach `LEAD_DAYS` further back. None = all days.
    past : SELECT of (sku, customer_id) of orders before all lines in `view`, see `buyers_query`.
    """
    start = "date_trunc('week', day)" if period == "W-MON" else "day"
    since = f"WHERE day >= DATE '{first}'" if first else ""
    sums = ", ".join(
        f"{_sum(value)} AS {name}"
        for name, value in {
            "orders": "CASE WHEN size > 0 THEN 1 ELSE 0 END",
            "known_orders": "known",
            "repeat_orders": "repeat",
            "bulk_orders": "CASE WHEN size > cap THEN 1 ELSE 0 END",
            "usual_units": "least(size, coalesce(cap, size))",
            "squared_units": "size * size",
            "log_units": "coalesce(ln(nullif(size, 0)), 0)",
            "log_squares": "coalesce(ln(nullif(size, 0)) ** 2, 0)",
            "returned_units": "returned",
        }.items()
    )
    return (
        f"WITH placed AS ({_placed(view)}), past_buyers AS ({past or _NOBODY}), "
        f"judged AS (SELECT * FROM ({_JUDGED}) {since}) "
        f"SELECT sku, location, CAST({start} AS DATE) AS date, max(size) AS largest_order, {sums} "
        f"FROM (SELECT sku, location, day, size, cap, known, repeat, 0 AS returned FROM judged "
        "UNION ALL SELECT sku, location, day, 0, NULL, 0, 0, returned "
        f"FROM ({_returned(view)}) {since}) "
        "GROUP BY ALL"
    )


def buyers_query(view: str) -> str:
    """Return the SELECT of who ordered what on which day (sku, customer_id, day)."""
    return (
        f"SELECT DISTINCT sku, customer_id, day FROM ({_placed(view)}) "
        "WHERE customer_id IS NOT NULL"
    )


_JUDGED = f"""
SELECT sku, location, day, size,
    CASE WHEN count(*) OVER past >= {_LEAST_SEEN} THEN {BULK} * median(size) OVER past END AS cap,
    CASE WHEN customer_id IS NOT NULL THEN 1 ELSE 0 END AS known,
    CASE WHEN customer_id IS NOT NULL AND (bought IS TRUE
        OR min(day) OVER (PARTITION BY sku, customer_id) < day) THEN 1 ELSE 0 END AS repeat
FROM placed LEFT JOIN (SELECT DISTINCT sku, customer_id, true AS bought FROM past_buyers)
    USING (sku, customer_id)
WINDOW past AS (PARTITION BY sku, location ORDER BY day
    RANGE BETWEEN INTERVAL {LEAD_DAYS} DAYS PRECEDING AND INTERVAL 1 DAYS PRECEDING)
"""


def _placed(view: str) -> str:
    return (
        "SELECT sku, location, CAST(ordered_at AS DATE) AS day, order_id, "
        f"min(customer_id) AS customer_id, {_sum('units')} AS size "
        f"FROM {view} WHERE units > 0 GROUP BY sku, location, day, order_id"
    )


def _returned(view: str) -> str:
    return (
        f"SELECT sku, location, CAST(ordered_at AS DATE) AS day, {_sum('-units')} AS returned "
        f"FROM {view} WHERE units < 0 GROUP BY sku, location, day"
    )


def _sum(value: str) -> str:
    """Sum over decimals with six places: the order of the rows changes no bit."""
    return f"CAST(sum(CAST({value} AS DECIMAL(38, 6))) AS DOUBLE)"
