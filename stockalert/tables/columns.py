"""Kinds of columns that recur in the tables: each quantity with its unit and range, once."""

from __future__ import annotations

from stockalert.tables.declaration import EARLIEST, Column

__all__ = [
    "count",
    "day",
    "days",
    "level",
    "moment",
    "money",
    "quantile_column",
    "quantiles",
    "share",
    "text",
    "units",
]


def text(
    name: str, meaning: str, *, required: bool = False, values: tuple[str, ...] = ()
) -> Column:
    """Declare a name, a code or a sentence."""
    return Column(name, "string", meaning, required=required, values=values)


def day(name: str, meaning: str, *, required: bool = False, earliest: str = EARLIEST) -> Column:
    """Declare a naive local business day."""
    return Column(name, "date", meaning, required=required, earliest=earliest)


def moment(name: str, meaning: str, *, required: bool = False) -> Column:
    """Declare a naive local date and time."""
    return Column(name, "timestamp", meaning, required=required)


def units(name: str, meaning: str, *, required: bool = False, signed: bool = False) -> Column:
    """Declare a quantity of goods, not negative unless `signed`."""
    minimum = None if signed else 0.0
    return Column(name, "number", meaning, "units", required, minimum)


def days(
    name: str,
    meaning: str,
    *,
    required: bool = False,
    positive: bool = False,
    infinite: bool = False,
) -> Column:
    """Declare a duration, at least zero, or more than zero where `positive`."""
    return Column(
        name, "number", meaning, "days", required, 0.0, exclusive=positive, infinite=infinite
    )


def money(
    name: str, meaning: str, *, unit: str = "currency per unit", required: bool = False
) -> Column:
    """Declare an amount of money, not negative; per unit of goods unless said."""
    return Column(name, "number", meaning, unit, required, 0.0)


def share(name: str, meaning: str, *, required: bool = False) -> Column:
    """Declare a share of a whole, 0..1."""
    return Column(name, "number", meaning, "share", required, 0.0, 1.0)


def level(name: str, meaning: str, *, required: bool = False) -> Column:
    """Declare the level of a quantile: strictly between 0 and 1, since both ends are no number."""
    return Column(name, "number", meaning, "share", required, 0.0, 1.0, exclusive=True)


def count(name: str, meaning: str, *, unit: str = "count", required: bool = False) -> Column:
    """Declare how often something happened."""
    return Column(name, "number", meaning, unit, required, 0.0)


def quantile_column(level: float) -> str:
    """Name the column of a quantile: its level per mille, three digits.

    Examples
    --------
    >>> quantile_column(0.975), quantile_column(0.05)
    ('q975', 'q050')
    """
    return f"q{round(level * 1000):03d}"


def quantiles(levels: tuple[float, ...], *, over: str) -> tuple[Column, ...]:
    """Declare one never-null column of demand in units per level, rising with the level."""
    return tuple(
        units(
            quantile_column(at),
            f"Demand over {over} that is not exceeded with probability {at:g}",
            required=True,
        )
        for at in levels
    )
