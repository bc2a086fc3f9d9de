"""When an alert about a sku begins, and when it may end: two lines, so that it does not flicker.

Each kind has a condition on which it fires and a wider one on which an alert that is open stays
open (hysteresis). All are arrays over the series of one night.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from stockalert.alerts.spikes import spikes
from stockalert.arrays import BoolArray, FloatArray

__all__ = ["Condition", "Rules", "conditions"]

_LIKELY = 0.5
_LEFT_OVER = 0.1


@dataclass(frozen=True)
class Rules:
    """Where the lines are; see section [alerts] of the settings."""

    clear_band: float = 0.1
    stockout_risk: float = 0.25
    late_days: int = 1
    overstock_days: int = 180
    spike_factor: float = 3.0
    min_money_at_risk: float = 0.0
    off: tuple[str, ...] = ()


@dataclass(frozen=True)
class Condition:
    """One kind over all series.

    Attributes
    ----------
    fires, holds : shape (n,); an alert opens on the first and stays open on the second
    critical : shape (n,); the severity is `critical` there, else `usual`
    units, money : shape (n,), at risk; NaN = unknown
    """

    fires: BoolArray
    holds: BoolArray
    critical: BoolArray
    usual: str
    units: FloatArray
    money: FloatArray


def conditions(facts: pd.DataFrame, rules: Rules) -> Mapping[str, Condition]:
    """Every kind about a sku, over the facts of `stockalert.alerts.facts`.

    - `reorder_now`: position ≤ reorder point; over when it exceeds it by the band and one unit.
    - `stockout_risk_before_arrival`: some is left, but the chance to sell out before the next goods
      come is above the risk; over below half of it.
    - `stocked_out`: nothing on hand of what is still wanted.
    - `order_late`: goods are overdue.
    - `demand_spike`: sales or views of the last days stand out; over below half the factor.
    - `overstock`: cover beyond the days and beyond the order-up-to level; over within the band.
    - `obsolescence_risk`: a tenth of the stock, one unit at least, will not sell before its end of
      sale or shelf life, or nothing sells any more; over below half.
    """
    found = {**_running_out(facts, rules), **_too_much(facts, rules)}
    return {name: condition for name, condition in found.items() if name not in rules.off}


def _running_out(facts: pd.DataFrame, rules: Rules) -> dict[str, Condition]:
    """Kinds about too little."""
    on_hand, position, point = (
        _array(facts, name) for name in ("on_hand", "inventory_position", "reorder_point")
    )
    wanted = (_array(facts, "rate") > 0) & (point > 0)
    margin, chance = _array(facts, "margin"), _array(facts, "chance")
    short, ahead = _array(facts, "shortage"), _array(facts, "shortage_before")
    low = position <= point
    nearly = position <= np.maximum(point * (1 + rules.clear_band), point + 1.0)
    out = (on_hand <= 0) & wanted
    some = (on_hand > 0) & wanted
    likely = _array(facts, "stockout_probability") >= _LIKELY
    late = _array(facts, "late_units") > 0
    half = max(rules.spike_factor / 2, 1.0)
    jump, lasts = (_jumps(facts, factor) for factor in (rules.spike_factor, half))
    risk, always = rules.stockout_risk, np.ones(len(facts), bool)
    return {
        "stocked_out": _of(out, out, always, "critical", ahead, margin),
        "stockout_risk_before_arrival": _of(
            some & (chance > risk),
            some & (chance > risk / 2),
            chance >= _LIKELY,
            "warning",
            ahead,
            margin,
        ),
        "reorder_now": _of(low & wanted, nearly & wanted, likely, "warning", short, margin),
        "order_late": _of(late, late, chance >= _LIKELY, "warning", ahead, margin),
        "demand_spike": _of(jump, lasts, ~always, "warning", short, margin),
    }


def _too_much(facts: pd.DataFrame, rules: Rules) -> dict[str, Condition]:
    """Kinds about stock that will not sell."""
    on_hand, cover = _array(facts, "on_hand"), _array(facts, "days_of_cover")
    enough = np.maximum(_array(facts, "order_up_to_level"), 0.0)
    surplus, left, cost = (_array(facts, name) for name in ("surplus", "leftover", "unit_cost"))
    days, never = float(rules.overstock_days), np.zeros(len(facts), bool)
    selling = np.isfinite(cover)
    many = selling & (cover > days) & (on_hand > enough)
    still = selling & (cover > days * (1 - rules.clear_band)) & (on_hand > enough)
    stuck = left > np.maximum(_LEFT_OVER * on_hand, 1.0)
    partly = left > np.maximum(_LEFT_OVER * on_hand, 1.0) / 2
    return {
        "overstock": _of(many, still, never, "info", surplus, cost),
        "obsolescence_risk": _of(stuck, partly, never, "info", left, cost),
    }


def _of(  # noqa: PLR0917
    fires: BoolArray,
    holds: BoolArray,
    critical: BoolArray,
    usual: str,
    units: FloatArray,
    worth: FloatArray,
) -> Condition:
    return Condition(fires, holds | fires, critical, usual, units, units * worth)


def _jumps(facts: pd.DataFrame, factor: float) -> BoolArray:
    """Where sales or views stand out."""
    return np.logical_or(
        *(
            spikes(_array(facts, f"{name}_recent"), _array(facts, f"{name}_usual"), factor)
            for name in ("sold", "seen")
        )
    )


def _array(facts: pd.DataFrame, name: str) -> FloatArray:
    return facts[name].to_numpy(np.float64)
