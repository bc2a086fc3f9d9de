"""The last moment that a run may know, and which rows lie beyond it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flows.sql import identifier
from stockalert.errors import UsageError
from stockalert.tables.declaration import Table

__all__ = [
    "DAYS",
    "TIMED",
    "Cutoff",
    "choose_as_of",
    "known_after",
    "known_on",
    "time_of",
    "visible_columns",
]

TIMED: dict[str, tuple[str, ...]] = {
    "purchase_orders": ("ordered_at", "received_at", "cancelled_at"),
}
"""Days of the contract whose time of day counts within a day, where the files tell it."""

DAYS = {
    "sales": "date",
    "order_lines": "ordered_at",
    "stock": "date",
    "browsing": "date",
    "events": "occurred_at",
}
"""Tables that grow by the day, and the column that tells which day a row is about."""

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

_KNOWN_AT = {
    "stock": "greatest(date, coalesce(observed_at, CAST(date AS TIMESTAMP) + INTERVAL 1 DAY))",
    "purchase_orders": '"__ordered_at"',
    "browsing": "CAST(date AS TIMESTAMP)",
    "events": "occurred_at",
}

_LEARNED_LATER: dict[str, dict[str, tuple[str, ...]]] = {
    "purchase_orders": {
        "received_at": ("received_at", "units_received"),
        "cancelled_at": ("cancelled_at",),
    },
    "subscriptions": {"cancelled_at": ("cancelled_at",)},
    "suppliers": {"status_since": ("status", "status_since", "disrupted_until")},
}


@dataclass(frozen=True)
class Cutoff:
    """What a run may know.

    Attributes
    ----------
    as_of : last day whose sales are known
    moment : within a later day: stock, orders, receipts, browsing and the state of suppliers count
        up to it; None = nothing counts after `as_of`
    """

    as_of: date
    moment: datetime | None = None

    @property
    def last_day(self) -> date:
        """Last day of which anything may be known."""
        return self.as_of if self.moment is None else self.moment.date()


def choose_as_of(
    first_sale: date,
    last_sale: date,
    *,
    period: str,
    asked: date | None,
    today: date,
    moment: datetime | None = None,
) -> date:
    """Return the last day whose sales are known.

    Without a wish it is the last day of the last period in the sales, but never after `today`, and
    never the day of `moment`, which is not over yet. With weekly periods it is a Sunday: any other
    day means the last complete week before it.

    Raises
    ------
    UsageError
        It would lie before the first sale, or not before the day of `moment`.

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
    if moment is not None:
        today = moment.date() - timedelta(days=1)
        if asked is not None and asked > today:
            raise UsageError(f"--as-of {asked} must be a day before that of --now {moment}")
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


def known_on(table: str) -> str:
    """Return SQL of the day on which a row of a table in `DAYS` was known."""
    return _KNOWN_ON[table]


def known_after(table: str, cutoff: Cutoff) -> str | None:
    """Return SQL that tells whether a row of `table` was known only later; None = none was.

    Examples
    --------
    >>> known_after("sales", Cutoff(date(2024, 3, 6), datetime(2024, 3, 7, 12)))
    "date > DATE '2024-03-06'"
    >>> known_after("events", Cutoff(date(2024, 3, 6), datetime(2024, 3, 7, 12)))
    "occurred_at > TIMESTAMP '2024-03-07 12:00:00'"
    """
    if cutoff.moment is not None and table in _KNOWN_AT:
        return f"{_KNOWN_AT[table]} > TIMESTAMP '{cutoff.moment}'"
    known = _KNOWN_ON.get(table)
    return known and f"{known} > DATE '{cutoff.as_of}'"


def time_of(column: str) -> str:
    """Name the hidden column that keeps the time of a day in `TIMED`, quoted."""
    return identifier(f"__{column}")


def visible_columns(table: Table, cutoff: Cutoff) -> str:
    """Return the select list of a table whose later news is blotted out.

    Examples
    --------
    >>> from stockalert.tables.inputs import INPUT_TABLES
    >>> hidden = visible_columns(INPUT_TABLES["subscriptions"], Cutoff(date(2024, 3, 6)))
    >>> 'CASE WHEN "cancelled_at" > DATE' in hidden
    True
    """
    later = {
        hidden: _later_than(cutoff, table.name, moment)
        for moment, columns in _LEARNED_LATER.get(table.name, {}).items()
        for hidden in columns
    }
    return ", ".join(
        f"CASE WHEN {later[name]} THEN NULL ELSE {identifier(name)} END AS {identifier(name)}"
        if name in later
        else identifier(name)
        for name in table.names
    )


def _later_than(cutoff: Cutoff, table: str, column: str) -> str:
    """Return SQL of whether something that was learned with `column` was learned too late."""
    if cutoff.moment is None or table == "subscriptions":
        return f"{identifier(column)} > DATE '{cutoff.as_of}'"
    if column in TIMED.get(table, ()):
        return f"{time_of(column)} > TIMESTAMP '{cutoff.moment}'"
    return f"{identifier(column)} > DATE '{cutoff.last_day}'"
