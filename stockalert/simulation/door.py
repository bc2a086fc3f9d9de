"""The door of a world: what is given is checked once and trusted from then on."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from stockalert.arrays import BoolArray, FloatArray, IntArray, NumberArray

__all__ = ["check", "life_of", "periods_of", "reviews_of", "units_of"]


def check(
    name: str,
    values: NumberArray,
    expected: str,
    holds: Callable[[NumberArray], BoolArray],
) -> None:
    """Raise with the first value that breaks the rule."""
    right = holds(values)
    if not right.all():
        at = np.unravel_index(int(np.argmin(right)), right.shape)
        raise ValueError(f"{name}: expected {expected}, found {values[at]} in series {at[0]}")


def reviews_of(calendar: BoolArray | None, shape: tuple[int, int]) -> BoolArray:
    """Stretch the review calendar over all series; no copy."""
    given = np.asarray(True if calendar is None else calendar, np.bool_)
    try:
        return np.broadcast_to(given, shape)
    except ValueError:
        found = f"expected the shape {shape} or (1, {shape[1]}), found {given.shape}"
        raise ValueError(f"rules.review: {found}") from None


def units_of(name: str, values: NumberArray | None, shape: tuple[int, ...]) -> FloatArray:
    """Units of each series; none is 0."""
    if values is None:
        return np.zeros(shape)
    units = np.asarray(values, np.float64)
    if units.shape != shape:
        raise ValueError(f"{name}: expected the shape {shape}, found {units.shape}")
    check(name, units, "units ≥ 0", lambda x: np.isfinite(x) & (x >= 0))
    return units


def periods_of(name: str, values: NumberArray | float, shape: tuple[int, int]) -> IntArray:
    """Whole periods by series and night; what never arrives takes longer than the replay."""
    given = np.asarray(values)
    given = given.reshape(-1, 1) if given.ndim < 2 else given
    check(name, given, "whole periods ≥ 0", lambda x: (x >= 0) & (np.rint(x) == x))
    whole = np.minimum(given, shape[1]).astype(np.int32)
    try:
        return np.broadcast_to(whole, shape)
    except ValueError:
        found = np.shape(values)
        raise ValueError(f"{name}: expected the shape {shape}, found {found}") from None


def life_of(values: NumberArray | float | None, n_series: int) -> FloatArray:
    """Shelf life of each series; unknown is none."""
    given = np.asarray(np.inf if values is None else values, np.float64)
    life = np.broadcast_to(np.where(np.isnan(given), np.inf, given), n_series)
    check("shelf_life", life, "whole periods ≥ 1", lambda x: (x >= 1) & (np.rint(x) == x))
    return life
