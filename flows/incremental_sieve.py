"""A coarse sieve in SQL: whatever breaks the contract stays in it, and little else.

Sound rows, nearly all, never leave the database; pandera judges the few that the sieve keeps.
"""

from __future__ import annotations

from flows.sql import identifier, identifiers, literal
from stockalert.tables.declaration import Column, Table

__all__ = ["suspicious"]


def suspicious(table: Table) -> str:
    """Return SQL that is true of every typed row that may break the contract.

    Examples
    --------
    >>> from stockalert.tables.inputs import INPUT_TABLES
    >>> print(suspicious(INPUT_TABLES["ratings"])[:45])
    ("rated_at" IS NULL) IS TRUE OR ("rated_at" <
    """
    doubts = [doubt for column in table.columns for doubt in _of_column(column)]
    doubts += [f"{identifier(lower)} > {identifier(upper)}" for lower, upper in table.rising]
    doubts += [f"coalesce({identifiers(names)}) IS NULL" for names in table.any_of]
    return " OR ".join(f"({doubt}) IS TRUE" for doubt in doubts) or "false"


def _of_column(column: Column) -> list[str]:
    name = identifier(column.name)
    doubts = [f"{name} IS NULL"] if column.required else []
    if column.kind in {"number", "integer"}:
        edge = "=" if column.exclusive else ""
        bounds = {"<": column.minimum, ">": column.maximum}
        doubts += [f"{name} {sign}{edge} {at!r}" for sign, at in bounds.items() if at is not None]
    elif column.kind in {"date", "timestamp"}:
        doubts.append(f"{name} < DATE '{column.earliest}'")
    elif column.values:
        doubts.append(f"{name} NOT IN ({', '.join(map(literal, column.values))})")
    elif column.kind == "string" and column.required:
        doubts.append(f"{name} = ''")
    return doubts
