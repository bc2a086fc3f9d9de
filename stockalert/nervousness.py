"""Calm thresholds: one moves only when that is worth more than it costs.

Every night's forecast differs a little from the last, and so would every threshold, though nobody
is better served for it; planners stop reading tables that never stand still. Keeping the threshold
s that is served, instead of moving to the quantile s*, costs something: the expected cost of a
cycle is (1 − τ)·E(s − D)⁺ + τ·E(D − s)⁺, the pinball loss at the service level τ, least at s*.
Where it rises by less than the dead-band, a share of that least cost, s stays. It is held against
tonight's forecast every night, so small drifts do not add up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd

from stockalert.alignment import beside
from stockalert.arrays import FloatArray, NumberArray, TextArray
from stockalert.quantiles import expected_excess, mean, probability_at_most

__all__ = ["HELD", "Served", "calmed", "expected_cost", "say_held", "threshold_churn"]

HELD = "held: change below the dead-band"
BREACH = 0.2
"""A held threshold may raise the chance of a stock-out by at most this share of 1 − level."""
SAME_DAYS = 0.02
TINY = 1e-9


@dataclass(frozen=True)
class Served:
    """What is served for each series tonight, shape (n,) each; NaN or "" = nothing.

    Attributes
    ----------
    reorder_point : units
    service_level : share
    protection_days : days
    method : what its quantiles came from
    dead_band : share of the expected cost that a threshold is held for; 0 = none is held
    """

    reorder_point: FloatArray
    service_level: FloatArray
    protection_days: FloatArray
    method: TextArray
    dead_band: float

    @classmethod
    def of(cls, thresholds: pd.DataFrame, series: pd.DataFrame, *, dead_band: float) -> Self:
        """Align the `thresholds` of a night with the series (columns sku, location)."""
        found = beside(thresholds, series)
        return cls(
            reorder_point=found["reorder_point"].to_numpy(np.float64),
            service_level=found["service_level"].to_numpy(np.float64),
            protection_days=found["protection_days"].to_numpy(np.float64),
            method=found["method"].fillna("").to_numpy(np.str_),
            dead_band=dead_band,
        )


def expected_cost(
    values: NumberArray, levels: NumberArray, level: NumberArray | float, stock: NumberArray
) -> FloatArray:
    """(1 − τ)·E(s − D)⁺ + τ·E(D − s)⁺: what a cycle costs with s units, in units.

    Parameters
    ----------
    values : shape (n, n_levels), quantiles of demand D over the protection interval
    level : τ, a number or shape (n,)
    stock : s, shape (n,), units

    Examples
    --------
    With one unit too many, (1 − τ) of a unit:

    >>> certain = np.array([[10.0, 10.0]])
    >>> expected_cost(certain, np.array([1e-9, 0.9]), 0.95, np.array([11.0])).round(6).tolist()
    [0.05]
    """
    over = np.asarray(stock, np.float64) - mean(values, levels)
    return np.asarray((1.0 - level) * over + expected_excess(values, levels, stock))


def calmed(
    point: FloatArray,
    served: Served,
    values: NumberArray,
    levels: NumberArray,
    *,
    level: FloatArray,
    protection_days: FloatArray,
    method: TextArray,
) -> FloatArray:
    """Reorder points that stay where they are unless moving is worth it; shape (n,), units.

    Held are only those of the same method and service level, of a lead time and review that differ
    by at most 2 %, and at which the chance of a stock-out is at most a fifth above 1 − level.

    Parameters
    ----------
    point : shape (n,), units, what tonight's forecast asks for
    values, levels : quantiles of demand over the protection interval
    level, protection_days, method : of tonight, shape (n,)
    """
    if served.dead_band <= 0:
        return point
    longest = np.maximum(protection_days, served.protection_days)
    same = (
        np.isfinite(served.reorder_point)
        & (np.abs(served.service_level - level) <= TINY)
        & (np.abs(served.protection_days - protection_days) <= SAME_DAYS * longest)
        & (served.method == method)
    )
    stays = np.where(same, served.reorder_point, point)
    least, kept = (expected_cost(values, levels, level, s) for s in (point, stays))
    calm = kept - least <= served.dead_band * least + TINY
    risk = 1.0 - probability_at_most(values, levels, stays)
    safe = (stays >= point) | (risk <= (1.0 + BREACH) * (1.0 - level))
    return np.where(same & calm & safe, stays, point)


def say_held(thresholds: pd.DataFrame, asked: FloatArray) -> pd.DataFrame:
    """Name in `change_reason` the rows that stay though tonight's forecast asks for another figure.

    Parameters
    ----------
    thresholds : with `previous_reorder_point`
    asked : shape (n,), what tonight's forecast asks for
    """
    stays = thresholds["reorder_point"] == thresholds["previous_reorder_point"]
    held = stays & (np.abs(thresholds["reorder_point"] - asked) > TINY)
    return thresholds.assign(change_reason=thresholds["change_reason"].mask(held, HELD))


def threshold_churn(thresholds: pd.DataFrame) -> float:
    """Share of the thresholds in use, then or now, that moved; NaN without a night before.

    Parameters
    ----------
    thresholds : columns reorder_point and previous_reorder_point

    Examples
    --------
    >>> threshold_churn(pd.DataFrame({"reorder_point": [5.0, 3.0, 0.0, 2.0],
    ...                               "previous_reorder_point": [5.0, 4.0, 0.0, np.nan]}))
    0.5
    """
    now, then = thresholds["reorder_point"], thresholds["previous_reorder_point"]
    used = then.notna() & ((now > 0) | (then > 0))
    moved = (now - then).abs() > TINY
    return float(moved[used].mean()) if used.any() else float("nan")
