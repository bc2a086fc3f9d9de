"""SQL of the derived table `order_segments`: what each group of customers ordered."""

from __future__ import annotations

from stockalert.tables.columns import day, text, units
from stockalert.tables.declaration import Table

__all__ = ["ORDER_SEGMENTS", "order_segments_query"]

ORDER_SEGMENTS = Table(
    "order_segments",
    "a sku, location, period and segment of customers with orders",
    (
        text("sku", "Item", required=True),
        text("location", "Shop, warehouse or channel"),
        day("date", "The day, or the Monday of the week", required=True),
        text("segment", "Group of customers alike", required=True),
        units("units", "Ordered by customers of the segment"),
    ),
    key=("sku", "location", "date", "segment"),
)


def order_segments_query(view: str, period: str, customers: str) -> str:
    """Return the SELECT that makes `order_segments` of order lines.

    Parameters
    ----------
    customers : SELECT of (customer_id, segment).
    """
    start = "date_trunc('week', ordered_at)" if period == "W-MON" else "ordered_at"
    return (
        f"SELECT sku, location, CAST({start} AS DATE) AS date, segment, "
        "CAST(sum(CAST(units AS DECIMAL(38, 6))) AS DOUBLE) AS units "
        f"FROM {view} JOIN ({customers}) USING (customer_id) "
        "WHERE units > 0 AND segment IS NOT NULL "
        "GROUP BY ALL"
    )
