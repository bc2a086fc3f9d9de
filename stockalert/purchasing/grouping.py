"""One order per supplier and order day: what else goes with the lines that are due.

* *Joined*: where a line is due tonight, the supplier's items that are due on one later day are
  ordered with it when holding them until then costs less than the order that is saved. Days are
  weighed one by one, four weeks ahead (a can-order rule; Silver, Pyke & Thomas, *Inventory
  Management and Production Planning and Scheduling*, 3rd ed., chapter 11). What an order costs
  must be known, and all holding costs of the day.
* *Filled*: an order below its supplier's minimum value is filled up with the supplier's items that
  would be ordered soonest, each by its next order, and where that is not enough by four weeks of
  demand; the last is cut to what is missing. Where nothing is left to add, the order stays below
  its minimum, and its lines say so. A line that is due is never dropped.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from stockalert.arrays import BoolArray, FloatArray
from stockalert.policy import purchasable
from stockalert.purchasing.lines import Lines

__all__ = ["below_minimum", "filled", "joined"]

AHEAD_DAYS = 28.0
TINY = 1e-9


def joined(lines: Lines, *, holding_per_day: FloatArray, left: float) -> Lines:
    """Order with due lines what would be ordered soon, where that saves an order.

    Parameters
    ----------
    holding_per_day : shape (n,), currency per unit and day; NaN = unknown
    left : currency that may still be spent; inf = no limit
    """
    can = _candidates(lines) & (lines.wait_days <= AHEAD_DAYS) & (lines.wait_days > 1)
    rows = np.flatnonzero(can)
    if not len(rows):
        return lines
    day = pd.DataFrame(
        {
            "row": rows,
            "supplier": lines.supplier[rows],
            "wait": lines.wait_days[rows],
            "holding": (holding_per_day * lines.soon * (lines.wait_days - 1))[rows],
            "cost": (lines.soon * lines.unit_cost)[rows],
        }
    )
    # One unknown cost makes its day unknown.
    by_day = day.groupby(["supplier", "wait"])[["holding", "cost"]]
    total = by_day.transform(lambda figure: figure.sum(skipna=False))
    order_cost = lines.suppliers["order_cost"].to_numpy(np.float64)[day["supplier"]]
    day = day[(total["holding"] < order_cost).to_numpy()]
    day = day.sort_values(["wait", "supplier", "row"], ignore_index=True)
    whole = day.groupby(["wait", "supplier"], sort=False)["cost"].sum()
    affordable = whole.index[whole.cumsum() <= left + TINY]
    day = day[pd.MultiIndex.from_frame(day[["wait", "supplier"]]).isin(affordable)]
    names = lines.suppliers.index[day["supplier"]]
    words = [
        f"joins the order to {name}, which saves an order {_in_days(wait - 1)}"
        for name, wait in zip(names, day["wait"], strict=True)
    ]
    at = day["row"].to_numpy(np.intp)
    return lines.with_units(at, lines.soon[at], kind="joined", note=words)


def _in_days(days: float) -> str:
    return "tomorrow" if round(days) == 1 else f"in {days:.0f} days"


def filled(lines: Lines, *, demand_per_day: FloatArray, left: float) -> Lines:
    """Fill orders below their supplier's minimum value with what would be ordered soonest.

    Parameters
    ----------
    demand_per_day : shape (n,), units per day
    left : currency that may still be spent; inf = no limit
        An order that it cannot lift to its minimum is not filled at all.
    """
    nexts = np.where(lines.units <= 0, lines.soon, 0.0)
    more = _filled_with(lines, nexts, left)
    left -= float(more.cost.sum() - lines.cost.sum())
    weeks = np.where(lines.soon > 0, np.ceil(AHEAD_DAYS * demand_per_day), 0.0)
    return _filled_with(more, np.where(more.units <= 0, lines.soon, 0.0) + weeks, left)


def _filled_with(lines: Lines, most: FloatArray, left: float) -> Lines:
    """Add up to so many units of each item, shape (n,), to orders below their minimum."""
    rows = np.flatnonzero((most > 0) & below_minimum(lines)[lines.supplier])
    rows = rows[(lines.unit_cost[rows] > 0) & np.isfinite(lines.wait_days[rows])]
    rows = rows[np.lexsort((rows, lines.wait_days[rows], lines.supplier[rows]))]
    supplier, price = lines.supplier[rows], lines.unit_cost[rows]
    least = lines.suppliers["min_order_value"].to_numpy(np.float64)
    missing = (least - lines.order_value)[supplier]
    money = pd.Series(most[rows] * price)
    before = (money.groupby(supplier).cumsum() - money).to_numpy(np.float64)
    needed = np.minimum(most[rows], np.ceil((missing - before) / price - TINY))
    asked = np.zeros(len(lines.units))
    asked[rows] = np.where(before < missing - TINY, needed, 0.0)
    units = purchasable(lines.units + asked, lines.position, lines.rules)
    units = np.where(asked > 0, np.maximum(units, lines.units), lines.units)
    units = np.where(_affordable(lines, units - lines.units, left), units, lines.units)
    at = np.flatnonzero(units > lines.units)
    words = [
        f"{was}fills the order to {lines.suppliers.index[place]} "
        f"up to its minimum of {least[place]:.6g}"
        for place, was in zip(lines.supplier[at], _raised(lines.units[at]), strict=True)
    ]
    return lines.with_units(at, units[at], kind="filled", note=words)


def _raised(units: FloatArray) -> list[str]:
    return [f"raised from {was:.6g}, which " if was > 0 else "" for was in units]


def below_minimum(lines: Lines) -> BoolArray:
    """Whether each supplier is ordered from below its minimum value; one more, False, for nobody.

    Returns
    -------
    shape (n_suppliers + 1,)
    """
    ordered = lines.per_supplier((lines.units > 0) * 1.0) > 0
    least = lines.suppliers["min_order_value"].fillna(0.0).to_numpy(np.float64)
    return np.append(ordered & (lines.order_value < least - TINY), False)


def _candidates(lines: Lines) -> BoolArray:
    """Items not ordered tonight, of suppliers that are ordered from."""
    ordered = np.append(lines.per_supplier((lines.units > 0) * 1.0) > 0, False)
    return np.asarray((lines.units <= 0) & (lines.soon > 0) & ordered[lines.supplier])


def _affordable(lines: Lines, units: FloatArray, left: float) -> BoolArray:
    """Lines of the suppliers whose order reaches its minimum within the money left."""
    if not np.isfinite(left):
        return np.ones(len(units), bool)
    extra = lines.per_supplier(np.nan_to_num(units * lines.unit_cost))
    least = lines.suppliers["min_order_value"].fillna(0.0).to_numpy(np.float64)
    helps = np.flatnonzero((extra > 0) & (lines.order_value + extra >= least - TINY))
    cheapest = helps[np.argsort(extra[helps], kind="stable")]
    paid = cheapest[np.cumsum(extra[cheapest]) <= left + TINY]
    return np.asarray(np.isin(lines.supplier, paid))
