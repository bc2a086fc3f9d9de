"""The last day that a run may know, and which rows lie beyond it."""

from __future__ import annotations

from datetime import date, timedelta

from flows.sql import identifier
from stockalert.errors import UsageError
from stockalert.tables.declaration import Table

__all__ = ["choose_as_of", "known_on", "visible_columns"]

_KNOWN_ON = {
    "sales": "date",
    "order_lines": "CAST(ordered_at AS DATE)",
    "stock": "greatest(date, CAST(observed_at AS DATE))",
    "purchase_orders": "ordered_at",
    "promotions": "coalesce(announced_at, start_date)",
    "prices": "coalesce(announced_at, start_date)",
    "browsing": "date",
    "events": "CAST(occurred_at AS DATE)",
    "subscriptions": "started_at",
    "covariates": "coalesce(available_at, date)",
    "ratings": "rated_at",
}

_LEARNED_LATER: dict[str, dict[str, tuple[str, ...]]] = {
    "purchase_orders": {
        "received_at": ("received_at", "units_received"),
        "cancelled_at": ("cancelled_at",),
    },
    "subscriptions": {"cancelled_at": ("cancelled_at",)},
    "suppliers": {"status_since": ("status", "status_since", "disrupted_until")},
}


def choose_as_of(
    first_sale: date, last_sale: date, *, period: str, asked: date | None, today: date
) -> date:
    """Return the last day whose sales are known.

    Without a wish it is the last day of the last period in the sales, but never after `today`.
    With weekly periods it is a Sunday: any other day means the last complete week before it.

    Raises
    ------
    UsageError
        It would lie before the first sale.

    Examples
    --------
    >>> days = dict(first_sale=date(2024, 1, 2), last_sale=date(2024, 3, 6))
    >>> print(choose_as_of(**days, period="D", asked=None, today=date(2024, 6, 1)))
    2024-03-06
    >>> print(choose_as_of(**days, period="W-MON", asked=None, today=date(2024, 6, 1)))
    2024-03-10
    >>> print(choose_as_of(**days, period="W-MON", asked=date(2024, 3, 6), today=date(2024, 6, 1)))
    2024-03-03
    """
    weekly = period == "W-MON"
    last = last_sale + timedelta(days=6 - last_sale.weekday()) if weekly else last_sale
    wished = min(last, today) if asked is None else asked
    as_of = wished - timedelta(days=(wished.weekday() + 1) % 7) if weekly else wished
    if as_of < first_sale:
        raise UsageError(
            f"as-of {as_of} lies before the first sale, {first_sale}; "
            f"sales are there up to {last_sale}"
        )
    return as_of


def known_on(table: str) -> str | None:
    """Return SQL of the day from which on a row of `table` was known; None = always."""
    return _KNOWN_ON.get(table)


def visible_columns(table: Table, as_of: date) -> str:
    """Return the select list of a table whose later news is blotted out.

    Examples
    --------
    >>> from stockalert.tables.inputs import INPUT_TABLES
    >>> hidden = visible_columns(INPUT_TABLES["subscriptions"], date(2024, 3, 6))
    >>> 'CASE WHEN "cancelled_at" > DATE' in hidden
    True
    """
    later = {
        hidden: moment
        for moment, columns in _LEARNED_LATER.get(table.name, {}).items()
        for hidden in columns
    }
    return ", ".join(
        f"CASE WHEN {identifier(later[name])} > DATE '{as_of}' THEN NULL "
        f"ELSE {identifier(name)} END AS {identifier(name)}"
        if name in later
        else identifier(name)
        for name in table.names
    )
