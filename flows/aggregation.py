"""SQL of the canonical tables: order lines into sales, events into browsing, days into weeks.

Sums are taken over decimals with six places, which add up exactly: the order of the input rows
changes no bit of a result.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from flows.co_views import CO_VIEWS, co_views_query, item_views_query, pairs_query
from flows.order_segments import ORDER_SEGMENTS, order_segments_query
from flows.order_sizes import ORDER_SIZES, order_sizes_query
from flows.sql import identifiers
from stockalert.tables.declaration import Table
from stockalert.tables.inputs import INPUT_TABLES

__all__ = ["CANONICAL", "DERIVED_TABLES", "canonical_order", "canonical_query", "origin_of"]

_ORIGINS = {
    "sales": ("sales", "order_lines"),
    "browsing": ("browsing", "events"),
    ORDER_SIZES.name: ("order_lines",),
    ORDER_SEGMENTS.name: ("order_lines",),
    CO_VIEWS.name: ("events",),
}

DERIVED_TABLES = {table.name: table for table in (ORDER_SIZES, ORDER_SEGMENTS, CO_VIEWS)}
"""Tables that no shop hands over: summed from what it does, for the features to read."""

CANONICAL = INPUT_TABLES | DERIVED_TABLES
"""Every table that a run may read."""


def origin_of(name: str, tables: Collection[str]) -> str | None:
    """Return which of the tables that are there makes the canonical table `name`.

    Examples
    --------
    >>> origin_of("sales", ["order_lines", "events"]), origin_of("stock", ["sales"])
    ('order_lines', None)
    """
    if name == ORDER_SEGMENTS.name and "customers" not in tables:
        return None
    candidates = _ORIGINS.get(name, (name,))
    return next((candidate for candidate in candidates if candidate in tables), None)


def canonical_query(
    table: Table, *, origin: str, view: str, period: str, attributes: tuple[str, ...] = ()
) -> str:
    """Return the SELECT that makes a canonical table out of rows of its origin, in any order.

    Parameters
    ----------
    origin : the table that `view` holds.
    view : quoted name of the rows that count, with the contract's columns and types.
    period : "D" or "W-MON".
    """
    if (table.name, origin) in _MADE_OF:
        return _MADE_OF[table.name, origin](view, period)
    if origin == "stock":
        return _stock(view, period)
    if period == "W-MON" and origin in _WEEKLY:
        return _WEEKLY[origin].format(view=view, day=_period_start("date", period))
    return f"SELECT {identifiers((*table.names, *attributes))} FROM {view}"


def canonical_order(table: Table, attributes: tuple[str, ...] = ()) -> str:
    """Return the columns that put a canonical table in order, whatever the order of its origin."""
    if table.key:
        return identifiers(table.key)
    return identifiers((*table.names, *attributes))


def _period_start(day: str, period: str) -> str:
    return (
        f"CAST(date_trunc('week', {day}) AS DATE)" if period == "W-MON" else f"CAST({day} AS DATE)"
    )


def _sum(value: str) -> str:
    return f"CAST(sum(CAST({value} AS DECIMAL(38, 6))) AS DOUBLE)"


def _price(units: str) -> str:
    """Return the average price of what was sold; the plain average where nothing was."""
    priced = f"CASE WHEN unit_price IS NOT NULL THEN {units} END"
    weighted = f"{_sum(f'{units} * unit_price')} / nullif({_sum(priced)}, 0)"
    return f"coalesce({weighted}, {_sum('unit_price')} / nullif(count(unit_price), 0))"


def _sales_from_lines(view: str, period: str) -> str:
    """Sum the lines of each period; returns and cancellations are not negative demand."""
    return (
        f"SELECT sku, location, {_period_start('ordered_at', period)} AS date, "
        f"{_sum('units')} AS units_sold, {_price('units')} AS unit_price, "
        f"CAST(NULL AS DOUBLE) AS promo_units FROM {view} WHERE units >= 0 "
        "GROUP BY ALL"
    )


def _browsing_from_events(view: str, period: str) -> str:
    """Count the events of each period; visitors first one by one, which spills where it must."""

    def count(event: str) -> str:
        return f"count(*) FILTER (event = '{event}')"

    return (
        "SELECT sku, date, CAST(sum(views) AS DOUBLE) AS views, "
        "CAST(sum(carts) AS DOUBLE) AS add_to_carts, CAST(sum(searches) AS DOUBLE) AS searches, "
        "CAST(count(*) AS DOUBLE) AS unique_visitors FROM ("
        f"SELECT sku, {_period_start('occurred_at', period)} AS date, "
        f"coalesce(customer_id, session_id) AS visitor, {count('view')} AS views, "
        f"{count('add_to_cart')} AS carts, {count('search')} AS searches "
        f"FROM {view} GROUP BY ALL) GROUP BY ALL"
    )


def _stock(view: str, period: str) -> str:
    """Keep the last count of each period and the mean share of it in stock."""
    moment = "coalesce(observed_at, CAST(date AS TIMESTAMP) + INTERVAL 1 DAY)"
    share = (
        "coalesce(in_stock_share, CASE WHEN on_hand > 0 THEN 1.0 WHEN on_hand <= 0 THEN 0.0 END)"
    )
    last = f"row({moment}, date, on_hand, backordered)"
    return (
        f"SELECT sku, location, {_period_start('date', period)} AS date, "
        f"max(observed_at) AS observed_at, arg_max(on_hand, {last}) AS on_hand, "
        f"{_sum(share)} / nullif(count({share}), 0) AS in_stock_share, "
        f"arg_max(backordered, {last}) AS backordered "
        f"FROM {view} GROUP BY sku, location, {_period_start('date', period)}"
    )


_WEEKLY = {
    "sales": (
        "SELECT sku, location, {day} AS date, "
        f"{_sum('units_sold')} AS units_sold, {_price('units_sold')} AS unit_price, "
        f"{_sum('promo_units')} AS promo_units "
        "FROM {view} GROUP BY sku, location, {day}"
    ),
    "browsing": (
        f"SELECT sku, {{day}} AS date, {_sum('views')} AS views, "
        f"{_sum('add_to_carts')} AS add_to_carts, {_sum('searches')} AS searches, "
        f"{_sum('unique_visitors')} AS unique_visitors "
        "FROM {view} GROUP BY sku, {day}"
    ),
}

_MADE_OF: dict[tuple[str, str], Callable[[str, str], str]] = {
    ("sales", "order_lines"): _sales_from_lines,
    ("browsing", "events"): _browsing_from_events,
    (ORDER_SIZES.name, "order_lines"): order_sizes_query,
    (ORDER_SEGMENTS.name, "order_lines"): lambda view, period: order_segments_query(
        view, period, "FROM visible_customers"
    ),
    (CO_VIEWS.name, "events"): lambda view, period: co_views_query(
        item_views_query(view), pairs_query(view), period
    ),
}
