"""The published tables of the contract, every column with type, unit, meaning and range."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from stockalert.tables.columns import (
    count,
    day,
    days,
    level,
    moment,
    money,
    quantile_column,
    quantiles,
    share,
    text,
    units,
)
from stockalert.tables.declaration import Column, Table

__all__ = ["OUTPUT_TABLES", "forecasts_table", "quarantine_table"]

_PUBLISHED = (0.5, 0.8, 0.9, 0.95, 0.975, 0.99)
_LEVELS = (0.05, 0.1, 0.25, *_PUBLISHED)
_PATTERNS = ("smooth", "erratic", "intermittent", "lumpy", "new", "dead")

_SKU = text("sku", "Item, as the shop names it", required=True)
_LOCATION = text("location", "Shop, warehouse or channel", required=True)
_ABC = text("abc_class", "A = the few that earn most, C = the many", values=("A", "B", "C"))
_XYZ = text("xyz_class", "X = steady demand, Z = wild", values=("X", "Y", "Z"))
_PATTERN = text("demand_pattern", "How demand comes", values=_PATTERNS)
_ON_HAND = units("on_hand", "Units in stock; null = no stock table", signed=True)
_ON_ORDER = units("on_order", "Units ordered and not received; null = no stock table")
_ORDER_BY = day("order_by_date", "Day the position is expected to reach the reorder point")


def _rising(levels: tuple[float, ...]) -> tuple[tuple[str, str], ...]:
    """Pair the quantile columns of neighbouring levels."""
    return tuple(pairwise(quantile_column(at) for at in levels))


_THRESHOLDS = Table(
    "thresholds",
    "a sku and location",
    (
        _SKU,
        _LOCATION,
        units("reorder_point", "Order when the position is at or below it", required=True),
        units("safety_stock", "reorder_point − expected_demand", required=True, signed=True),
        units("expected_demand", "Mean demand over the protection interval", required=True),
        units("order_up_to_level", "Position that an order restores", required=True, signed=True),
        units("order_quantity", "Units to order now; 0 = none is due; null = no stock table"),
        level("service_level", "Level of the quantile that is the reorder point", required=True),
        text("service_level_source", "Where the level comes from", required=True),
        days("lead_time_days", "Mean time from order placed to goods sellable", required=True),
        days("lead_time_sd_days", "Its standard deviation; 0 = fixed"),
        days("review_days", "Time between two chances to order", required=True),
        days("protection_days", "lead_time_days + review_days", required=True),
        *quantiles(_PUBLISHED, over="the protection interval"),
        _ON_HAND,
        _ON_ORDER,
        units("inventory_position", "On hand + on order − backordered", signed=True),
        share("stockout_probability", "Chance to run out before the next order could arrive"),
        days("days_of_cover", "on_hand ÷ expected daily demand", infinite=True),
        _ORDER_BY,
        _ABC,
        _XYZ,
        _PATTERN,
        text(
            "method",
            "What the quantiles come from",
            required=True,
            values=("quantile", "analog", "formula"),
        ),
        text("model_version", "Registered model version; null = no model was used"),
        units("static_reorder_point", "Mean × protection interval", required=True),
        units("formula_reorder_point", "Mean·P + z·deviation·√P", required=True),
        units("previous_reorder_point", "The one served before; null = none"),
        text("change_reason", "Why it differs from the previous one"),
        text("calibration_group", "Group whose past misses shifted the quantiles"),
        share("coverage_recent", "Outcomes of that group at or below the quantile, 91 days"),
        text("order_note", "What held the order back; null = nothing did"),
    ),
    key=("sku", "location"),
    rising=_rising(_PUBLISHED),
)

_THRESHOLD_PARTS = Table(
    "threshold_parts",
    "a sku, location and part; the parts of a row add up to its reorder_point exactly",
    (
        _SKU,
        _LOCATION,
        text(
            "part",
            "What contributes",
            required=True,
            values=(
                *("base", "season", "promotion", "browsing", "uncensoring", "subscription"),
                *("lead_time_variability", "uncertainty", "calibration", "cost_tilt"),
                *("rounding", "override"),
            ),
        ),
        units("units", "Its contribution", required=True, signed=True),
    ),
    key=("sku", "location", "part"),
)


def forecasts_table(levels: tuple[float, ...]) -> Table:
    """Declare `forecasts` with one quantile column per level, in rising order.

    Examples
    --------
    >>> forecasts_table((0.5, 0.995)).names[3:]
    ('q500', 'q995', 'expected_demand')
    """
    levels = tuple(sorted(levels))
    columns = (
        _SKU,
        _LOCATION,
        days(
            "horizon_days",
            "Length of the interval, from the day after as_of; the row at protection_days "
            "mixes the possible lead times, the others are exact",
            required=True,
        ),
        *quantiles(levels, over="the horizon"),
        units("expected_demand", "Mean demand over the horizon", required=True),
    )
    key = ("sku", "location", "horizon_days")
    return Table("forecasts", "a sku, location and horizon", columns, key, rising=_rising(levels))


_ORDER_PROPOSALS = Table(
    "order_proposals",
    "a purchase order line to place",
    (
        _SKU,
        _LOCATION,
        text("supplier_id", "Supplier to order from; null = none is known"),
        Column("units", "number", "Units to order", "units", True, 0.0, exclusive=True),
        money("unit_cost", "Price paid per unit; null = unknown"),
        money("cost", "units × unit_cost", unit="currency"),
        day("order_day", "Day the supplier's whole order goes out"),
        _ORDER_BY,
        day("expected_at", "Day the goods are expected"),
        text(
            "kind",
            "due = ordered for its own sake; joined = saves a later order; "
            "filled = lifts the order to its supplier's minimum value",
            values=("due", "joined", "filled"),
        ),
        text("reason", "Why now, in words"),
        Column("auto_approved", "boolean", "Needs nobody's yes", required=True),
    ),
    key=("sku", "location", "supplier_id"),
)

_ALERTS = Table(
    "alerts",
    "an open alert",
    (
        text("fingerprint", "Names the alert from night to night", required=True),
        text("kind", "What is wrong", required=True),
        text("severity", "How bad it is", required=True, values=("info", "warning", "critical")),
        text("sku", "Item; null = the alert is not about one"),
        text("name", "Name shown to people"),
        text("location", "Shop, warehouse or channel"),
        text("supplier_id", "Supplier"),
        text("planner", "Who decides"),
        _ON_HAND,
        _ON_ORDER,
        units("reorder_point", "Order when the position is at or below it"),
        days("lead_time_days", "Mean time from order placed to goods sellable"),
        text("supplier_problem", "What is wrong with the supplier; null = nothing"),
        _ORDER_BY,
        units("units_at_risk", "Demand expected to be lost"),
        money("money_at_risk", "What losing it costs", unit="currency"),
        text(
            "state",
            "Where its handling stands",
            required=True,
            values=("open", "acknowledged", "silenced", "inhibited"),
        ),
        moment("first_seen", "When it was raised first", required=True),
        moment("last_seen", "When it was raised last", required=True),
        moment("acknowledged_until", "Silent until then; null = nobody has it"),
        text("order_problem", "What is wrong with what is on order; null = nothing"),
        text("supplier_name", "Name of the supplier"),
        text("tags", "Tags of the product; alerts are routed by them"),
        units("order_quantity", "Units to order now"),
        text("message", "What is wrong, in words"),
        text("to_do", "What to do about it, in words"),
        text("inhibited_by", "Fingerprint of the alert that mutes it; null = none"),
        text("episode", "Run that raised it; a new one when it comes back", required=True),
    ),
    key=("fingerprint",),
    rising=(("first_seen", "last_seen"),),
)

_AVAILABILITY = Table(
    "availability",
    "a sku and location, for customer service and the shop",
    (
        _SKU,
        _LOCATION,
        text(
            "status",
            "Whether it can be had",
            required=True,
            values=("in_stock", "low", "out"),
        ),
        units("on_hand", "Units in stock", signed=True),
        day("expected_restock_date", "Day it is expected back"),
        day("expected_restock_date_late", "Day it is back with probability 0.9"),
        Column("substitutes", "strings", "Items that can stand in, best first"),
        text("message", "Sentence for a customer"),
        text("offer", "What to offer meanwhile: substitute, voucher; null = nothing"),
        money("voucher", "Most that a voucher may be worth; null = none", unit="currency"),
    ),
    key=("sku", "location"),
    rising=(("expected_restock_date", "expected_restock_date_late"),),
)

_CASH_PLAN = Table(
    "cash_plan",
    "a week of the next 13, from the day after as_of",
    (
        day("week_start", "First day of the week", required=True),
        money("cash_expected", "Mean value of the orders placed in the week", unit="currency"),
        money("cash_median", "Value that they stay within with probability 0.5", unit="currency"),
        money("cash_p90", "Value that they stay within with probability 0.9", unit="currency"),
        money(
            "cash_to_date", "Same, of all weeks up to this one, probability 0.5", unit="currency"
        ),
        money(
            "cash_to_date_p90",
            "Same, of all weeks up to this one, probability 0.9",
            unit="currency",
        ),
        money("proposed", "Value of tonight's proposals, which are in it", unit="currency"),
        count("items_without_cost", "Items to be ordered whose cost is unknown: not counted"),
    ),
    key=("week_start",),
    rising=(("cash_median", "cash_p90"), ("cash_to_date", "cash_to_date_p90")),
)

_KPIS = Table(
    "kpis",
    "a date, location and class",
    (
        day("date", "Day the figures are about", required=True),
        _LOCATION,
        replace(_ABC, required=True),
        share("stockout_rate", "Order lines (else demand) not fully served at once"),
        share("fill_rate", "Units served ÷ units demanded"),
        share("cycle_service_level", "Replenishment cycles without a stock-out"),
        share("ready_rate", "Time in stock"),
        Column(
            *("turnover", "number", "Units sold ÷ average stock", "per year"),
            minimum=0.0,
            infinite=True,
        ),
        days("days_of_cover", "Stock ÷ expected daily demand", infinite=True),
        money("holding_cost", "Cost of keeping the stock that day", unit="currency"),
        units("lost_sales_units", "Demand not served"),
        money("lost_sales_value", "Its value", unit="currency"),
        money("obsolete_stock_value", "Value of stock that will not sell", unit="currency"),
        Column("satisfaction", "number", "Mean rating", "points", minimum=1.0, maximum=5.0),
        share("threshold_churn", "Reorder points that changed since the night before"),
    ),
    key=("date", "location", "abc_class"),
)

_SUPPLIER_SCORES = Table(
    "supplier_scores",
    "a supplier",
    (
        text("supplier_id", "Supplier", required=True),
        Column("orders", "integer", "Order lines that the scores rest on", "count", True, 0.0),
        share("on_time_rate", "Lines received by the day promised"),
        days("lead_time_mean", "Mean lead time"),
        days("lead_time_sd", "Standard deviation of the lead time"),
        days("lead_time_p50", "Lead time that half of the lines keep"),
        days("lead_time_p95", "Lead time that 95 % of the lines keep"),
        Column("trend", "number", "Change of the mean lead time", "days per year"),
        share("units_short_rate", "Units ordered that never came"),
        Column("score", "number", "All of it in one figure", "share", False, 0.0, 1.0),
    ),
    key=("supplier_id",),
    rising=(("lead_time_p50", "lead_time_p95"),),
)

_CLASSIFICATION = Table(
    "classification",
    "a sku",
    (
        _SKU,
        replace(_ABC, required=True),
        _XYZ,
        replace(_PATTERN, required=True),
        share("share_of_revenue", "Part of the shop's revenue"),
        Column("trend", "number", "Change of demand", "share per year"),
        Column("season_peak_month", "integer", "Month of most demand", "month", False, 1.0, 12.0),
        Column("promotion_uplift", "number", "Demand on ÷ off promotion", "ratio", minimum=0.0),
        Column("slow_mover", "boolean", "Sells seldom"),
        Column("best_seller", "boolean", "Sells most"),
    ),
    key=("sku",),
)

_AFFINITIES = Table(
    "affinities",
    "a pair of skus",
    (
        _SKU,
        text("other_sku", "The other item", required=True),
        text("kind", "How they relate", required=True, values=("complement", "substitute")),
        Column("lift", "number", "Seen together ÷ expected by chance", "ratio", minimum=0.0),
        count("support", "Baskets or visits with both"),
    ),
    key=("sku", "other_sku", "kind"),
)

OUTPUT_TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        _THRESHOLDS,
        _THRESHOLD_PARTS,
        forecasts_table((*_LEVELS, 0.75)),
        _ORDER_PROPOSALS,
        _ALERTS,
        _AVAILABILITY,
        _CASH_PLAN,
        _KPIS,
        _SUPPLIER_SCORES,
        _CLASSIFICATION,
        _AFFINITIES,
    )
}
"""Every published table by name, in the order of the contract; `forecasts` at default levels."""


def quarantine_table(table: Table) -> Table:
    """Declare what is kept of the refused rows of `table`: its columns as text, and the reason.

    Examples
    --------
    >>> from stockalert.tables import INPUT_TABLES
    >>> quarantine_table(INPUT_TABLES["prices"]).names[-2:]
    ('announced_at', 'reason')
    """
    kept = tuple(text(column.name, column.meaning) for column in table.columns)
    reason = text("reason", "What the contract expected", required=True)
    row = f"a refused row of {table.name}"
    return Table(f"quarantine/{table.name}", row, (*kept, reason), open_text=True)
