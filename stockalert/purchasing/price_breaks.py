"""Take a price break where it saves more than the extra stock costs.

With all-units discounts the price of a break holds for every unit of the order. Ordering Q at a
time, a unit of demand costs

    c(Q) + K ÷ Q + h · Q ÷ (2 · D)

(price, share of the order's cost, holding; the total relevant cost of Silver, Pyke & Thomas,
*Inventory Management and Production Planning and Scheduling*, 3rd ed., section 5.5, divided by
the demand). Of tonight's quantity and the breaks above it the cheapest is ordered. Holding is
counted at the price without break, which errs against the break. A break whose price is not below
those of all smaller breaks is out of order and says nothing. Unknown holding cost: no break is
reached for. Never more than a year's demand, nor more than max_stock and shelf life leave room for.
"""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pandas as pd

from stockalert.arrays import FloatArray, IntArray, NumberArray
from stockalert.policy import LotRules, purchasable
from stockalert.purchasing.lines import Lines

__all__ = ["breaks_of", "cost_per_unit", "priced", "with_breaks"]

MOST_DAYS = 365.0
TINY = 1e-9


def cost_per_unit(
    price: NumberArray,
    quantity: NumberArray,
    *,
    order_cost: NumberArray | float,
    holding_per_day: NumberArray | float,
    demand_per_day: NumberArray | float,
) -> FloatArray:
    """Cost of a unit of demand that is ordered so many at a time; see the module's text.

    Examples
    --------
    100 at 5.00 against 500 at 4.75; 1,000 a year, an order costs 20, holding 1.25 per unit a year:

    >>> cost_per_unit(np.array([5.0, 4.75]), np.array([100.0, 500.0]), order_cost=20.0,
    ...     holding_per_day=1.25 / 365, demand_per_day=1000 / 365).round(4).tolist()
    [5.2625, 5.1025]
    """
    q = np.asarray(quantity, np.float64)
    held = np.asarray(holding_per_day) * q / (2 * np.asarray(demand_per_day))
    return np.asarray(np.asarray(price) + np.asarray(order_cost) / q + held)


def breaks_of(
    sku: pd.Series[str],
    supplier_id: pd.Series[str],
    unit_cost: FloatArray,
    supplier_items: pd.DataFrame | None,
) -> pd.DataFrame:
    """Price breaks of each row's supplier: row, units, price; by row and units, prices falling."""
    names = ["sku", "supplier_id", "break_units", "break_unit_cost"]
    empty = pd.DataFrame({"row": pd.Series(dtype="int64"), "units": 0.0, "price": 0.0})
    if supplier_items is None or not set(names) <= set(supplier_items):
        return empty
    offered = supplier_items[names].dropna()
    offered = offered[offered["break_units"] > 0]
    rows = pd.DataFrame({"sku": sku.to_numpy(), "supplier_id": supplier_id.to_numpy()})
    rows = rows.assign(row=np.arange(len(rows)), base=unit_cost).dropna()
    found = rows.merge(offered, on=["sku", "supplier_id"])
    found = found.sort_values(["row", "break_units", "break_unit_cost"], ignore_index=True)
    lowest = found.groupby("row")["break_unit_cost"].cummin().groupby(found["row"]).shift()
    before = np.fmin(lowest, found["base"])
    found = found[found["break_unit_cost"] < before - TINY]
    return found.rename(columns={"break_units": "units", "break_unit_cost": "price"})[
        ["row", "units", "price"]
    ].reset_index(drop=True)


def priced(lines: Lines, breaks: pd.DataFrame) -> Lines:
    """Lines at the price that their quantity has."""
    reached = breaks[breaks["units"] <= lines.units[breaks["row"]] + TINY]
    best = reached.groupby("row")["price"].min()
    price = lines.unit_cost.copy()
    price[best.index.to_numpy(np.intp)] = best.to_numpy()
    return replace(lines, price=price)


def with_breaks(
    lines: Lines,
    breaks: pd.DataFrame,
    *,
    holding_per_day: FloatArray,
    demand_per_day: FloatArray,
    left: float = np.inf,
) -> Lines:
    """Raise ordered lines to the break that makes a unit of demand cheapest, and say so.

    Parameters
    ----------
    breaks : of `breaks_of`
    holding_per_day : shape (n,), currency per unit and day; NaN = unknown
    demand_per_day : shape (n,), units per day
    left : currency that may still be spent, where it saves most first; inf = no limit
    """
    now = priced(lines, breaks)
    row = breaks["row"].to_numpy(np.intp)
    usable = (now.units[row] > 0) & (breaks["units"].to_numpy() > now.units[row])
    usable &= np.isfinite(holding_per_day[row]) & (demand_per_day[row] > 0)
    row, asked = row[usable], breaks["units"].to_numpy(np.float64)[usable]
    price = breaks["price"].to_numpy(np.float64)[usable]
    units = purchasable(asked, lines.position[row], _rules(lines.rules, row))
    terms = {
        "order_cost": _order_cost(lines)[row],
        "holding_per_day": holding_per_day[row],
        "demand_per_day": demand_per_day[row],
    }
    small = cost_per_unit(now.price[row], now.units[row], **terms)
    large = cost_per_unit(price, np.maximum(units, TINY), **terms)
    fits = (units >= asked - TINY) & (units <= MOST_DAYS * demand_per_day[row])
    saving = np.where(fits, (small - large) * units, -np.inf)
    extra = units * price - now.units[row] * now.price[row]
    choice = pd.DataFrame(
        {"row": row, "units": units, "price": price, "saving": saving, "extra": extra}
    )
    choice = choice[choice["saving"] > TINY].sort_values(["row", "saving"], kind="stable")
    choice = choice.drop_duplicates("row", keep="last")
    choice = choice.sort_values(["saving", "row"], ascending=[False, True], kind="stable")
    return _taken(now, choice[choice["extra"].clip(lower=0.0).cumsum() <= left + TINY])


def _order_cost(lines: Lines) -> FloatArray:
    """What an order costs, by line; 0 where that is unknown."""
    known = np.nan_to_num(lines.suppliers["order_cost"].to_numpy(np.float64))
    return np.asarray(np.append(known, 0.0)[lines.supplier])


def _taken(lines: Lines, choice: pd.DataFrame) -> Lines:
    at = choice["row"].to_numpy(np.intp)
    figures = zip(
        choice["units"],
        choice["price"],
        lines.units[at],
        lines.price[at],
        choice["saving"],
        strict=True,
    )
    words = [
        f"{units:.6g} at {price:.6g} instead of {few:.6g} at {dear:.6g}: the price break saves "
        f"{saving:.2f}, holding counted"
        for units, price, few, dear, saving in figures
    ]
    raised = lines.with_units(at, choice["units"].to_numpy(np.float64), kind="due", note=words)
    price = raised.price.copy()
    price[at] = choice["price"].to_numpy(np.float64)
    return replace(raised, price=price)


def _rules(rules: LotRules, rows: IntArray) -> LotRules:
    return LotRules(*(getattr(rules, field.name)[rows] for field in fields(LotRules)))
