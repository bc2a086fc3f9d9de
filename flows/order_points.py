"""Order points in another system: what is there, what is wanted, what is to be done."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

__all__ = ["Changes", "Written", "changes"]

_TINY = 1e-6


@dataclass(frozen=True)
class Written:
    """What writing to a running system came to.

    Attributes
    ----------
    created, updated, unchanged : records
    skipped : sku, location, reason
    """

    created: int
    updated: int
    unchanged: int
    skipped: pd.DataFrame

    def lines(self) -> list[str]:
        """Say it, line by line."""
        said = [
            f"{self.created} created, {self.updated} updated, {self.unchanged} left as they were"
        ]
        for reason, rows in self.skipped.groupby("reason", sort=True):
            first = ", ".join(repr(sku) for sku in rows["sku"].head(3))
            said.append(
                f"{len(rows)} not written, {reason}: {first}{' …' if len(rows) > 3 else ''}"
            )
        return said


@dataclass(frozen=True)
class Changes:
    """Rows to create and to update (the latter with their `id`), and how many stay as they are."""

    create: pd.DataFrame
    update: pd.DataFrame
    unchanged: int


def changes(wanted: pd.DataFrame, existing: pd.DataFrame) -> Changes:
    """Compare by product and place; a record that says the same already is left alone.

    Parameters
    ----------
    wanted : product, place (the other system's ids), minimum, maximum (units)
    existing : id and the same

    Examples
    --------
    >>> wanted = pd.DataFrame({"product": [1, 2], "place": 5, "minimum": 3.0, "maximum": 9.0})
    >>> done = changes(wanted, wanted.head(1).assign(id=7))
    >>> len(done.create), len(done.update), done.unchanged
    (1, 0, 1)
    """
    key = ["product", "place"]
    there = existing[["id", *key, "minimum", "maximum"]].astype(
        {"product": "int64", "place": "int64"}
    )
    both = wanted.merge(there, on=key, how="left", suffixes=("", "_now"))
    new = both["id"].isna()
    same = ~new
    for name in ("minimum", "maximum"):
        same &= (both[name] - both[f"{name}_now"]).abs() <= _TINY
    return Changes(both[new], both[~new & ~same].astype({"id": "int64"}), int(same.sum()))
