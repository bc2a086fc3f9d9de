"""When to order and how much.

Policies, per series: `reorder_point` (s, S): at or below s, order up to S · `fixed_quantity`
(s, nQ): at or below s, order as many lots Q as lift the position above s · `base_stock`: order up
to S = s at every review, and the night counts as one · `auto`: `base_stock` where the review takes
a week or more, else `reorder_point`.

What is wanted then meets what can be bought: at least the MOQ, a multiple of the case pack (whole
units where the sku sells in whole units), no more than max_stock and shelf life allow. These two
limits beat the MOQ: where the smallest possible order would exceed them, nothing is ordered. An
order is therefore 0, or ≥ MOQ and a multiple of the case pack. A MOQ or case pack that is unknown,
0 or negative is none. A position below zero (units owed) is ordered like any other gap. The limits
bound orders; they leave reorder point and order-up-to level as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from stockalert.arrays import BoolArray, FloatArray, NumberArray

__all__ = [
    "LotRules",
    "OrderPlan",
    "Policy",
    "economic_quantity",
    "lot_size",
    "order_plan",
    "purchasable",
]

Policy = Literal["auto", "reorder_point", "fixed_quantity", "base_stock"]

BASE_STOCK_REVIEW_DAYS = 7.0
TINY = 1e-9


@dataclass(frozen=True)
class LotRules:
    """What an order must obey; NaN = no such rule.

    Attributes
    ----------
    moq, case_pack, max_stock : shape (n,), units
    sellable : shape (n,), units
        What can be sold before the goods expire: demand over lead time and shelf life.
    whole : shape (n,)
        The sku is sold and bought in whole units.
    """

    moq: FloatArray
    case_pack: FloatArray
    max_stock: FloatArray
    sellable: FloatArray
    whole: BoolArray


@dataclass(frozen=True)
class OrderPlan:
    """What a policy decides.

    Attributes
    ----------
    order_up_to_level : shape (n,), units
    order_quantity : shape (n,), units; NaN where the position is unknown
    """

    order_up_to_level: FloatArray
    order_quantity: FloatArray


def economic_quantity(
    demand_per_day: NumberArray, order_cost: NumberArray, holding_per_day: NumberArray
) -> FloatArray:
    """Harris's lot size √(2 · demand · order cost ÷ holding cost).

    Parameters
    ----------
    demand_per_day : shape (n,), units per day
    order_cost : shape (n,), currency per order
    holding_per_day : shape (n,), currency per unit and day

    Returns
    -------
    shape (n,), units; 0 where a cost is unknown or holding is free

    Examples
    --------
    >>> economic_quantity(np.array([1300 / 365]), np.array([8.0]), np.array([0.225 / 365])).round(2)
    array([304.05])
    """
    demand = np.clip(np.asarray(demand_per_day, np.float64), 0.0, None)
    numerator = 2 * demand * np.clip(np.asarray(order_cost, np.float64), 0.0, None)
    holding = np.asarray(holding_per_day, np.float64)
    usable = np.isfinite(numerator) & (holding > 0)
    squared = np.divide(numerator, holding, out=np.zeros(numerator.shape), where=usable)
    return np.asarray(np.sqrt(squared))


def lot_size(economic: NumberArray, moq: NumberArray, demand_of_review: NumberArray) -> FloatArray:
    """Usual quantity of an order: the largest of economic quantity, MOQ and review demand, units.

    Examples
    --------
    >>> lot_size([0.0, 30.0], [np.nan, 12.0], [7.0, 7.0]).tolist()
    [7.0, 30.0]
    """
    floor = np.fmax(np.asarray(economic, np.float64), np.asarray(moq, np.float64))
    return np.asarray(np.fmax(np.fmax(floor, demand_of_review), 0.0))


def order_plan(
    position: NumberArray,
    reorder_point: NumberArray,
    lot: NumberArray,
    review_days: NumberArray,
    rules: LotRules,
    *,
    policy: Policy = "auto",
) -> OrderPlan:
    """Order-up-to level and quantity to order now; see the module's text.

    Parameters
    ----------
    position : shape (n,), units; inventory position, NaN = unknown
    reorder_point : shape (n,), units
    lot : shape (n,), units; see `lot_size`
    review_days : shape (n,), days
    rules : what an order must obey
    policy : one for all series; `auto` chooses per series by its review days

    Examples
    --------
    >>> rules = LotRules(*(np.full(2, np.nan) for _ in range(4)), np.full(2, True))
    >>> order_plan([20.0, 21.0], [20.0, 20.0], [7.0, 7.0], [1.0, 1.0], rules)
    OrderPlan(order_up_to_level=array([27., 27.]), order_quantity=array([7., 0.]))
    """
    at, point, lot = (np.asarray(x, np.float64) for x in (position, reorder_point, lot))
    periodic = (policy == "base_stock") | (
        (policy == "auto") & (np.asarray(review_days) >= BASE_STOCK_REVIEW_DAYS)
    )
    up_to = _in_packs(np.where(periodic, point, point + lot), rules.whole * 1.0, np.ceil)
    if policy == "fixed_quantity":
        lots = np.floor(np.divide(point - at, lot, out=np.zeros(at.shape), where=lot > 0)) + 1
        wanted = lots * lot
    else:
        wanted = up_to - at
    wanted = np.where(periodic | (at <= point), np.fmax(wanted, 0.0), 0.0)
    bought = purchasable(wanted, at, rules)
    return OrderPlan(up_to, np.where(np.isnan(at), np.nan, bought))


def purchasable(wanted: NumberArray, position: NumberArray, rules: LotRules) -> FloatArray:
    """Raise a wanted quantity to MOQ and case packs, and cut it to the room there is.

    Parameters
    ----------
    wanted, position : shape (n,), units

    Returns
    -------
    shape (n,), units: 0, or at least the MOQ and a multiple of the case pack

    Examples
    --------
    >>> rules = LotRules(*(np.array([x]) for x in (10.0, 6.0, 40.0, np.nan)), np.array([True]))
    >>> purchasable(np.array([3.0]), np.array([5.0]), rules).tolist()
    [12.0]
    >>> purchasable(np.array([3.0]), np.array([35.0]), rules).tolist()
    [0.0]
    """
    wanted = np.asarray(wanted, np.float64)
    pack = np.where(rules.case_pack > 0, rules.case_pack, np.where(rules.whole, 1.0, 0.0))
    smallest = np.where(rules.moq > 0, rules.moq, 0.0)
    quantity = _in_packs(np.maximum(wanted, smallest), pack, np.ceil)
    room = np.fmin(rules.max_stock, rules.sellable) - np.asarray(position, np.float64)
    room = np.where(np.isnan(room), np.inf, np.clip(room, 0.0, None))
    quantity = np.where(quantity > room, _in_packs(room, pack, np.floor), quantity)
    return np.where((wanted > TINY) & (quantity >= smallest - TINY), quantity, 0.0)


def _in_packs(units: FloatArray, pack: FloatArray, rounding: np.ufunc) -> FloatArray:
    """Round to a multiple of the pack; a pack of 0 leaves the units as they are."""
    nudge = -TINY if rounding is np.ceil else TINY
    safe = np.where(pack > 0, pack, 1.0)
    return np.where(pack > 0, rounding(units / safe + nudge) * safe, units)
