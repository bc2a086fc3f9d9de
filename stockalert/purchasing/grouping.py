"""One order per supplier and order day: what else goes with the lines that are due.

* *Joined*: where a line is due tonight, the supplier's items that are due on one later day are
  ordered with it when holding them until then costs less than the order that is saved. Days are
  weighed one by one, four weeks ahead (a can-order rule; Silver, Pyke & Thomas, *Inventory
  Management and Production Planning and Scheduling*, 3rd ed., chapter 11). What an order costs
  must be known, and all holding costs of the day.
* *Filled*: an order below its supplier's minimum value is filled up with the supplier's items that
  would be ordered soonest; the last is cut to what is missing. Where nothing is left to add, the
  order stays below its minimum, and its lines say so. A line that is due is never dropped.
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
    within = set(whole.index[whole.cumsum() <= left + TINY])
    keys = zip(day["wait"], day["supplier"], strict=True)
    day = day[[key in within for key in keys]]
    names = lines.suppliers.index[day["supplier"]]
    words = [
        f"joins the order to {name}, which saves an order in {wait - 1:.0f} days"
        for name, wait in zip(names, day["wait"], strict=True)
    ]
    at = day["row"].to_numpy(np.intp)
    return lines.with_units(at, lines.soon[at], kind="joined", note=words)


def filled(lines: Lines, *, left: float) -> Lines:
    """Fill orders below their supplier's minimum value with what would be ordered soonest.

    Parameters
    ----------
    left : currency that may still be spent; inf = no limit
        An order that it cannot lift to its minimum is not filled at all.
    """
    rows = np.flatnonzero(_candidates(lines) & below_minimum(lines)[lines.supplier])
    rows = rows[(lines.unit_cost[rows] > 0) & np.isfinite(lines.wait_days[rows])]
    rows = rows[np.lexsort((rows, lines.wait_days[rows], lines.supplier[rows]))]
    supplier, price = lines.supplier[rows], lines.unit_cost[rows]
    missing = (lines.suppliers["min_order_value"].to_numpy() - lines.order_value)[supplier]
    money = pd.Series(lines.soon[rows] * price)
    before = (money.groupby(supplier).cumsum() - money).to_numpy(np.float64)
    needed = np.minimum(lines.soon[rows], np.ceil((missing - before) / price - TINY))
    units = np.zeros(len(lines.units))
    units[rows] = np.where(before < missing - TINY, needed, 0.0)
    units = np.minimum(purchasable(units, lines.position, lines.rules), lines.soon)
    units *= _affordable(lines, units, left)
    at = np.flatnonzero(units > 0)
    names = lines.suppliers.index[lines.supplier[at]]
    least = lines.suppliers["min_order_value"].to_numpy()[lines.supplier[at]]
    words = [
        f"fills the order to {name} up to its minimum of {value:.6g}"
        for name, value in zip(names, least, strict=True)
    ]
    return lines.with_units(at, units[at], kind="filled", note=words)


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


def _affordable(lines: Lines, units: FloatArray, left: float) -> FloatArray:
    """1 for the lines of suppliers whose order reaches its minimum within the money left."""
    extra = lines.per_supplier(np.nan_to_num(units * lines.unit_cost))
    if not np.isfinite(left):
        return np.ones(len(units))
    least = lines.suppliers["min_order_value"].fillna(0.0).to_numpy(np.float64)
    helps = np.flatnonzero((extra > 0) & (lines.order_value + extra >= least - TINY))
    cheapest = helps[np.argsort(extra[helps], kind="stable")]
    paid = cheapest[np.cumsum(extra[cheapest]) <= left + TINY]
    return np.where(np.isin(lines.supplier, paid) & (lines.supplier >= 0), 1.0, 0.0)
