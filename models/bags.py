"""How many boosters and trees so many rows are worth, and how boosters are named."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = [
    "NEXT_BAG",
    "ROWS_PER_TREE",
    "bags_worth",
    "booster_names",
    "level_name",
    "trees_worth",
]

ROWS_PER_TREE = 300_000
"""A tree of twenty leaves grows no better on more: decision record 25."""

NEXT_BAG = 1_000_003
"""Between the seeds of two bags, so that neighbouring seeds share none."""


def level_name(level: float) -> str:
    """Return the column name of a quantile level, in per mille.

    Examples
    --------
    >>> level_name(0.95), level_name(0.05), level_name(0.9995)
    ('q950', 'q050', 'q9995')
    """
    return "q" + f"{level:.10f}".removeprefix("0.").rstrip("0").ljust(3, "0")


def booster_names(levels: Sequence[float], n_bags: int) -> list[str]:
    """Name every booster by its level, and by its bag after the first.

    Examples
    --------
    >>> booster_names([0.5, 0.9], 2)
    ['q500', 'q900', 'q500_2', 'q900_2']
    """
    bags = ["", *(f"_{bag}" for bag in range(2, n_bags + 1))]
    return [level_name(level) + bag for bag in bags for level in levels]


def bags_worth(n_rows: int) -> int:
    """Boosters per level that the rows are worth: chance moves few rows' forecasts more.

    Examples
    --------
    >>> [bags_worth(n) for n in (300_000, 300_001)]
    [2, 1]
    """
    return 2 if n_rows <= ROWS_PER_TREE else 1


def trees_worth(n_rows: int) -> int:
    """Trees that the rows are worth: many rows vary little, and cost much.

    Examples
    --------
    >>> [trees_worth(n) for n in (10_000, 200_000, 2_000_000)]
    [200, 200, 112]
    """
    return int(200 * min(1.0, 200_000 / n_rows) ** 0.25)
