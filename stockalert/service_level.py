"""Which quantile a reorder point is: a target that someone set, or what the costs say.

Every level comes with its source in words: `settings` (the general target), `product` (the
product's own target), `class` (its ABC class's), `cost` (the critical ratio), `fill_rate` (the
level that reaches the fill rate), `floor` or `cap` (either of these two, held at a bound).

Limits: a target of 1 is kept as it is and looked up at `quantiles.MAX_LEVEL`; a target outside
(0, 1] or unknown gives way to the settings'. In cost mode a series whose costs are unknown,
negative or both zero keeps its target; a margin below zero earns nothing and ends at the floor.
In mode fill_rate a rate of 1 can never be reached and ends at the cap.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stockalert.arrays import FloatArray, NumberArray
from stockalert.quantiles import expected_excess, quantile_at

__all__ = [
    "ServiceLevels",
    "cost_levels",
    "critical_ratio",
    "cycle_days",
    "fill_rate_levels",
    "holding_cost_per_day",
    "overage_cost",
    "shortage_cost",
    "target_levels",
]

DAYS_PER_YEAR = 365.0
HALVINGS = 40


@dataclass(frozen=True)
class ServiceLevels:
    """The level of each series' reorder point and where it comes from.

    Attributes
    ----------
    level : shape (n,), share
    source : shape (n,), text
    """

    level: FloatArray
    source: npt.NDArray[np.str_]


def target_levels(
    own: NumberArray,
    *,
    default: NumberArray | float,
    source: npt.NDArray[np.str_] | str = "settings",
) -> ServiceLevels:
    """Mode `target`: the product's own level where it has one, else the settings'.

    Parameters
    ----------
    own : shape (n,), share; products.target_service_level, NaN = none
    default : share, a number or shape (n,)
    source : where the default comes from, a word or shape (n,)

    Examples
    --------
    >>> levels = target_levels(np.array([0.99, np.nan]), default=0.95)
    >>> levels.level.tolist(), levels.source.tolist()
    ([0.99, 0.95], ['product', 'settings'])
    """
    own = np.asarray(own, dtype=np.float64)
    usable = (own > 0) & (own <= 1)
    return ServiceLevels(np.where(usable, own, default), np.where(usable, "product", source))


def cost_levels(
    shortage: NumberArray,
    overage: NumberArray,
    *,
    floor: NumberArray | float,
    cap: NumberArray | float,
    target: ServiceLevels,
) -> ServiceLevels:
    """Mode `cost`: the critical ratio of each series, held between floor and cap.

    Parameters
    ----------
    shortage : shape (n,), currency per unit short
    overage : shape (n,), currency per unit left at the end of a cycle
    floor, cap : share, numbers or shape (n,)
    target : levels of the series whose costs are not known

    Examples
    --------
    >>> target = target_levels(np.array([np.nan, np.nan]), default=0.95)
    >>> levels = cost_levels([1.0, np.nan], [0.2, 0.2], floor=0.5, cap=0.99, target=target)
    >>> levels.level.round(3).tolist(), levels.source.tolist()
    ([0.833, 0.95], ['cost', 'settings'])
    """
    ratio = critical_ratio(shortage, overage)
    known = np.isfinite(ratio)
    source = np.select([ratio < floor, ratio > cap], ["floor", "cap"], default="cost")
    return ServiceLevels(
        np.where(known, np.clip(ratio, floor, cap), target.level),
        np.where(known, source, target.source),
    )


def fill_rate_levels(
    values: NumberArray,
    levels: NumberArray,
    order_quantity: NumberArray,
    *,
    target: ServiceLevels,
    floor: NumberArray | float,
    cap: NumberArray | float,
) -> ServiceLevels:
    """Mode `fill_rate`: the lowest level whose expected shortage is small beside an order.

    With s the quantile at the level, E[(demand − s)⁺] ÷ order quantity ≤ 1 − fill rate (Silver,
    Pyke & Thomas, the P2 measure of service). The shortage falls as the level rises, so the
    level is found by halving.

    Parameters
    ----------
    values : shape (n, n_levels), units; demand over the protection interval
    order_quantity : shape (n,), units; the usual order, one per cycle
    target : fill rate wanted of each series
    floor, cap : share, numbers or shape (n,)

    Examples
    --------
    Ten sold a cycle and 95 % to be served: half a unit may be missing.

    >>> want = ServiceLevels(np.array([0.95]), np.array(["settings"]))
    >>> got = fill_rate_levels(np.array([[10.0, 20.0]]), np.array([0.5, 0.9]), np.array([10.0]),
    ...                        target=want, floor=0.5, cap=0.995)
    >>> got.level.round(3).tolist(), got.source.tolist()
    ([0.92], ['fill_rate'])
    """
    allowed = (1 - target.level) * np.clip(np.asarray(order_quantity, np.float64), 0.0, None)

    def enough(level: FloatArray) -> npt.NDArray[np.bool_]:
        point = quantile_at(values, levels, level)
        return np.asarray(expected_excess(values, levels, point) <= allowed)

    low = np.broadcast_to(np.asarray(floor, np.float64), allowed.shape)
    high = np.broadcast_to(np.asarray(cap, np.float64), allowed.shape)
    at_floor, beyond = enough(low), ~enough(high)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        reached = enough(middle)
        low, high = np.where(reached, low, middle), np.where(reached, middle, high)
    source = np.select([at_floor, beyond], ["floor", "cap"], default="fill_rate")
    return ServiceLevels(np.where(at_floor, floor, np.where(beyond, cap, high)), source)


def critical_ratio(shortage: NumberArray, overage: NumberArray) -> FloatArray:
    """Share of cycles to cover: c_u ÷ (c_u + c_o) (Snyder & Shen, newsvendor).

    Returns
    -------
    shape (n,), share; NaN where a cost is unknown, negative (overage), or both are 0

    Examples
    --------
    >>> critical_ratio(np.array([0.70]), np.array([0.18])).round(5).tolist()
    [0.79545]
    """
    short = np.clip(np.asarray(shortage, dtype=np.float64), 0.0, None)
    over = np.asarray(overage, dtype=np.float64)
    total = np.where(over >= 0, short + over, np.nan)
    return np.asarray(np.divide(short, total, out=np.full(total.shape, np.nan), where=total > 0))


def shortage_cost(
    unit_price: NumberArray,
    unit_cost: NumberArray,
    declared: NumberArray,
    *,
    goodwill_share: float = 0.0,
) -> FloatArray:
    """Cost c_u of one unit short: declared as a whole, else margin plus goodwill.

    Parameters
    ----------
    unit_price, unit_cost : shape (n,), currency per unit
    declared : shape (n,), currency per unit; products.stockout_cost_per_unit, NaN = none
    goodwill_share : share of the price

    Examples
    --------
    >>> shortage_cost([10.0, 10.0], [6.0, 6.0], [np.nan, 9.0], goodwill_share=0.1).tolist()
    [5.0, 9.0]
    """
    price, given = np.asarray(unit_price, np.float64), np.asarray(declared, np.float64)
    margin = price - np.asarray(unit_cost, np.float64)
    return np.where(given >= 0, given, margin + goodwill_share * price)


def holding_cost_per_day(
    unit_cost: NumberArray, holding_rate: NumberArray, declared: NumberArray
) -> FloatArray:
    """Cost of holding one unit for one day: declared, else rate × unit cost ÷ 365.

    Parameters
    ----------
    unit_cost : shape (n,), currency per unit
    holding_rate : shape (n,), share of unit cost per year
    declared : shape (n,), currency per unit and day; products.holding_cost_per_unit_day

    Examples
    --------
    >>> holding_cost_per_day([73.0, 73.0], [0.25, 0.25], [np.nan, 0.01]).tolist()
    [0.05, 0.01]
    """
    rate = np.asarray(holding_rate, np.float64) * np.asarray(unit_cost, np.float64) / DAYS_PER_YEAR
    given = np.asarray(declared, np.float64)
    return np.where(given >= 0, given, np.where(rate >= 0, rate, np.nan))


def overage_cost(
    holding_per_day: NumberArray,
    unit_cost: NumberArray,
    obsolescence_rate: NumberArray,
    cycle: NumberArray,
) -> FloatArray:
    """Cost c_o of one unit too many over one cycle: (holding + obsolescence per day) × cycle.

    Parameters
    ----------
    holding_per_day : shape (n,), currency per unit and day
    unit_cost : shape (n,), currency per unit
    obsolescence_rate : shape (n,), share per year; unknown or negative = 0
    cycle : shape (n,), days

    Examples
    --------
    >>> overage_cost([0.2 / 7], [1.0], [0.0], [7.0]).round(9).tolist()
    [0.2]
    """
    rate = np.clip(np.nan_to_num(np.asarray(obsolescence_rate, np.float64)), 0.0, None)
    lost = np.where(rate > 0, rate * np.asarray(unit_cost, np.float64) / DAYS_PER_YEAR, 0.0)
    per_day = np.asarray(holding_per_day, np.float64) + lost
    return np.asarray(per_day * np.asarray(cycle, np.float64))


def cycle_days(
    review_days: NumberArray, order_quantity: NumberArray, demand_per_day: NumberArray
) -> FloatArray:
    """Time one order lasts: max(review days, order quantity ÷ mean daily demand).

    A series without demand has no end of its cycle; it is held at ten years.

    Examples
    --------
    >>> cycle_days([7.0, 7.0, 7.0], [10.0, 60.0, 5.0], [2.0, 2.0, 0.0]).tolist()
    [7.0, 30.0, 3650.0]
    """
    quantity, rate = np.asarray(order_quantity, np.float64), np.asarray(demand_per_day, np.float64)
    lasts = np.divide(quantity, rate, out=np.full(quantity.shape, np.inf), where=rate > 0)
    lasts = np.where(quantity > 0, lasts, 0.0)
    return np.clip(np.maximum(review_days, lasts), None, 10 * DAYS_PER_YEAR)
