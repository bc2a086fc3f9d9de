"""What a night knows that alerts need: one row per sku and location."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from stockalert.alerts.conditions import Rules
from stockalert.alerts.late import order_state
from stockalert.alerts.risk import demand_of, left_over, shortage_within
from stockalert.alerts.spikes import recent_and_usual
from stockalert.arrays import FloatArray
from stockalert.items import Items
from stockalert.service_level import shortage_cost

__all__ = ["Evening", "facts_of"]

_TAKEN = (
    *("sku", "location", "on_hand", "on_order", "inventory_position", "reorder_point"),
    *("order_up_to_level", "order_quantity", "lead_time_days", "order_by_date", "days_of_cover"),
    *("stockout_probability", "service_level", "coverage_recent", "calibration_group"),
)
_NEVER = 3650.0


@dataclass(frozen=True)
class Evening:
    """The tables that a night was decided from.

    Attributes
    ----------
    thresholds, forecasts : of the night; all series of a shop, or some
    items : facts of the products, aligned with the rows of `thresholds`
    products, suppliers, purchase_orders, sales, browsing : the contract's tables; None = missing
    days : horizons that every series of the shop was forecast at; None = those of all series here
    """

    thresholds: pd.DataFrame
    forecasts: pd.DataFrame
    items: Items
    products: pd.DataFrame | None = None
    suppliers: pd.DataFrame | None = None
    purchase_orders: pd.DataFrame | None = None
    sales: pd.DataFrame | None = None
    browsing: pd.DataFrame | None = None
    days: FloatArray | None = None


def facts_of(
    evening: Evening,
    rules: Rules,
    *,
    as_of: date,
    today: date,
    goodwill_share: float = 0.0,
    period_days: int = 1,
) -> pd.DataFrame:
    """Put the facts of every series together; see `stockalert.alerts.conditions` for their use.

    Parameters
    ----------
    as_of : last day whose sales and views are known
    today : last day of which stock and orders are known

    Returns
    -------
    the columns of `thresholds` that alerts name, the product's and supplier's names, and
    rate (units a day), margin (currency per unit short), chance and shortage_before (until the next
    goods come), shortage (until an order placed now could serve), surplus, leftover, late_units,
    late_days, sold_recent, sold_usual, seen_recent, seen_usual
    """
    thresholds = evening.thresholds.reset_index(drop=True)
    facts = thresholds[list(_TAKEN)].copy()
    facts["rate"] = thresholds["expected_demand"] / thresholds["protection_days"].clip(lower=1e-9)
    facts = _named(facts, evening)
    orders = order_state(
        thresholds,
        evening.purchase_orders,
        thresholds["lead_time_days"].to_numpy(np.float64),
        thresholds["lead_time_sd_days"].to_numpy(np.float64),
        as_of=today,
        late_days=rules.late_days,
    )
    facts = _worth(facts.join(orders), evening, goodwill_share)
    facts = _at_risk(facts, evening, today)
    for name, table, measure in (
        ("sold", evening.sales, "units_sold"),
        ("seen", evening.browsing, "views"),
    ):
        found = recent_and_usual(
            facts, table, measure, as_of=as_of, period_days=period_days if name == "sold" else 1
        )
        facts[[f"{name}_recent", f"{name}_usual"]] = found[["recent", "usual"]].to_numpy()
    return facts


def _named(facts: pd.DataFrame, evening: Evening) -> pd.DataFrame:
    """Names that people know: product, planner, tags, supplier and its e-mail."""
    names = ["sku", "name", "planner", "tags"]
    products = pd.DataFrame(columns=names) if evening.products is None else evening.products
    by_sku = products.reindex(columns=names).drop_duplicates("sku").set_index("sku")
    for column in names[1:]:
        facts[column] = _text(facts["sku"].map(by_sku[column]))
    facts["supplier_id"] = _text(evening.items.supplier_id.reset_index(drop=True))
    names = ["supplier_id", "name", "email"]
    suppliers = pd.DataFrame(columns=names) if evening.suppliers is None else evening.suppliers
    by_id = suppliers.reindex(columns=names).drop_duplicates("supplier_id").set_index("supplier_id")
    facts["supplier_name"] = _text(facts["supplier_id"].map(by_id["name"]))
    facts["supplier_email"] = _text(facts["supplier_id"].map(by_id["email"]))
    return facts


def _worth(facts: pd.DataFrame, evening: Evening, goodwill_share: float) -> pd.DataFrame:
    """Cost of a unit short and of a unit left; a price not declared is the last one asked."""
    price, cost = evening.items["unit_price"], evening.items["unit_cost"]
    if evening.sales is not None and "unit_price" in evening.sales:
        known = evening.sales.dropna(subset=["unit_price"]).sort_values("date", kind="stable")
        asked = known.drop_duplicates("sku", keep="last").set_index("sku")["unit_price"]
        seen = facts["sku"].map(asked).to_numpy(np.float64)
        price = np.where(np.isnan(price), seen, price)
    declared = evening.items["stockout_cost_per_unit"]
    margin = shortage_cost(price, cost, declared, goodwill_share=goodwill_share)
    return facts.assign(margin=np.maximum(margin, 0.0), unit_cost=cost)


def _at_risk(facts: pd.DataFrame, evening: Evening, as_of: date) -> pd.DataFrame:
    """Expected shortages, surplus and leftovers, in units."""
    demand = demand_of(evening.thresholds, evening.forecasts, evening.days)
    on_hand = facts["on_hand"].to_numpy(np.float64)
    position = facts["inventory_position"].to_numpy(np.float64)
    before = shortage_within(
        demand.within(facts["next_days"].to_numpy(np.float64)),
        demand.levels,
        np.maximum(on_hand, 0.0),
    )
    until = shortage_within(demand.protection, demand.levels, position)
    last = evening.items["end_date"] - float(np.datetime64(as_of, "D").astype(np.int64))
    shelf = evening.items["shelf_life_days"]
    days = np.fmin(last, np.where(shelf > 0, shelf, np.nan))
    dead = facts["rate"].to_numpy(np.float64) <= 0
    sellable = np.where(dead & np.isnan(days), _NEVER, days)
    left = left_over(
        demand.within(np.clip(np.nan_to_num(sellable), 0.0, _NEVER)), demand.levels, on_hand
    )
    enough = np.maximum(facts["order_up_to_level"].to_numpy(np.float64), 0.0)
    return facts.assign(
        chance=before.chance,
        shortage_before=before.units,
        shortage=until.units,
        surplus=np.maximum(on_hand - enough, 0.0),
        leftover=np.where(np.isnan(sellable), 0.0, left),
    )


def _text(values: pd.Series[str]) -> pd.Series[str]:
    """Text with null for what is missing, whatever an empty column was typed as."""
    return values.astype("str").where(values.notna())
