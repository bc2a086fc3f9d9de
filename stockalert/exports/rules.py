"""What a served threshold asks another system to do, on that system's grid of amounts.

A row means: when the inventory position is at or below the reorder point s, order up to S. Systems
count in steps (whole units, or hundredths of a kilo), so s is rounded down and S up to the step:
no order comes earlier or later by that, and none falls short. Where nothing is left to order at s
itself (S ≤ s: base stock), the position that orders first is one step below S. Where tonight's
order is due although the position is above s (`stockalert.scenarios` looks ahead), tonight's
position is the trigger.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import pandas as pd

from stockalert.arrays import BoolArray, FloatArray, NumberArray
from stockalert.policy import LotRules, purchasable

__all__ = ["OrderRules", "order_rules", "quantity_meant"]

TINY = 1e-6
_STOCK = ("reorder_point", "order_up_to_level", "on_hand", "on_order", "order_quantity")


@dataclass(frozen=True)
class OrderRules:
    """One order rule per row; arrays have shape (n,), NaN = unknown or no such rule.

    Attributes
    ----------
    sku, location : whose rule it is
    trigger : units; order at or below, a multiple of `step`, below `up_to`
    up_to : units; the position an order restores
    step : units; smallest amount that differs, 1 where the sku is counted in whole units
    position, order_now : units; as the night saw them
    moq, case_pack : units
    safety_stock, lead_time_days, lead_time_sd_days, service_level : as in `thresholds`
    """

    sku: pd.Series[str]
    location: pd.Series[str]
    trigger: FloatArray
    up_to: FloatArray
    step: FloatArray
    position: FloatArray
    order_now: FloatArray
    moq: FloatArray
    case_pack: FloatArray
    safety_stock: FloatArray
    lead_time_days: FloatArray
    lead_time_sd_days: FloatArray
    service_level: FloatArray

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.sku)

    @property
    def minimum(self) -> FloatArray:
        """Order **below** this; for systems that compare strictly. Shape (n,), units."""
        return on_grid(self.trigger + self.step, self.step)

    @property
    def whole(self) -> BoolArray:
        """Counted in whole units."""
        return np.asarray(self.step >= 1)

    def take(self, which: BoolArray) -> OrderRules:
        """Return the rows that `which` selects."""
        chosen = {field.name: getattr(self, field.name)[which] for field in fields(self)}
        texts = {name: chosen[name].reset_index(drop=True) for name in ("sku", "location")}
        return OrderRules(**chosen | texts)


def order_rules(
    thresholds: pd.DataFrame, lots: pd.DataFrame | None = None, *, step: float = 0.01
) -> OrderRules:
    """Turn the table `thresholds` into order rules, row by row.

    A sku counts in whole units where reorder point, order-up-to level, stock and order all are.

    Parameters
    ----------
    thresholds : the contract's table
    lots : moq, case_pack and step, units, aligned with the rows; any may be missing or NaN
    step : units; smallest amount of what is not counted in whole units

    Examples
    --------
    >>> night = pd.DataFrame({"sku": ["tea", "rice"], "location": "shop"})
    >>> night = night.assign(reorder_point=[20.0, 7.318], order_up_to_level=[32.0, 7.318])
    >>> rules = order_rules(night)
    >>> rules.trigger.tolist(), rules.up_to.tolist(), rules.minimum.tolist()
    ([20.0, 7.31], [32.0, 7.32], [21.0, 7.32])
    """

    def column(frame: pd.DataFrame | None, name: str) -> FloatArray:
        if frame is None or name not in frame:
            return np.full(len(thresholds), np.nan)
        return frame[name].to_numpy(np.float64, na_value=np.nan)

    figures = np.stack([column(thresholds, name) for name in _STOCK])
    counted = np.all(np.isnan(figures) | (np.mod(figures, 1) == 0), axis=0)
    steps = np.where(counted, 1.0, step)
    steps = np.where(column(lots, "step") > 0, column(lots, "step"), steps)
    position, order_now = column(thresholds, "inventory_position"), figures[4]
    ahead = (order_now > 0) & (position > figures[0])
    trigger, up_to = np.where(ahead, position, figures[0]), figures[1]
    up_to = on_grid(np.ceil(up_to / steps - TINY) * steps, steps)
    trigger = np.minimum(np.floor(trigger / steps + TINY) * steps, up_to - steps)
    names = ("safety_stock", "lead_time_days", "lead_time_sd_days", "service_level")
    return OrderRules(
        thresholds["sku"].reset_index(drop=True),
        thresholds["location"].reset_index(drop=True),
        on_grid(trigger, steps),
        up_to,
        steps,
        position,
        order_now,
        column(lots, "moq"),
        column(lots, "case_pack"),
        *(column(thresholds, name) for name in names),
    )


def quantity_meant(rules: OrderRules, position: NumberArray) -> FloatArray:
    """Order that the rules mean at a position: up to S, then at least the MOQ, in case packs.

    Parameters
    ----------
    position : shape (n,), units

    Returns
    -------
    shape (n,), units
    """
    at = np.asarray(position, np.float64)
    wanted = np.where(at <= rules.trigger + TINY, rules.up_to - at, 0.0)
    none = np.full(len(rules), np.nan)
    return purchasable(wanted, at, LotRules(rules.moq, rules.case_pack, none, none, rules.whole))


def on_grid(units: FloatArray, step: FloatArray) -> FloatArray:
    """Remove what binary fractions add to a multiple of the step: 7.319999999999999 → 7.32."""
    return np.asarray(np.round(np.round(units / step) * step, 9) + 0.0)
