"""The input tables of the contract, every column with type, unit, meaning and range."""

from __future__ import annotations

from stockalert.tables.columns import count, day, days, level, moment, money, share, text, units
from stockalert.tables.declaration import Column, Table

__all__ = ["INPUT_TABLES"]

_SKU = text("sku", "Item, as the shop names it", required=True)
_LOCATION = text("location", 'Shop, warehouse or channel; null = "default"')
_CUSTOMER = text("customer_id", "Customer")
_ANNOUNCED = day("announced_at", "Day it became known; null = known only from start_date on")
_UNIT_PRICE = money("unit_price", "Price asked per unit")
_UNIT_COST = money("unit_cost", "Price paid to the supplier per unit")
_MOQ = units("moq", "Smallest quantity a supplier accepts; 0 or null = any")
_CASE_PACK = units("case_pack", "Orders are multiples of it; 0 or null = single units")
_LEAD_TIME = days("lead_time_days", "Declared time from order placed to goods sellable")

_SALES = Table(
    "sales",
    "a sku, location and period with sales",
    (
        _SKU,
        _LOCATION,
        day("date", "The day sold, or the Monday of the week sold", required=True),
        units("units_sold", "Units that left the shelf in the period", required=True),
        money("unit_price", "Average price paid per unit"),
        units("promo_units", "Of units_sold, those sold on promotion"),
    ),
    key=("sku", "location", "date"),
)

_ORDER_LINES = Table(
    "order_lines",
    "one line of a customer order; used instead of sales, and for baskets and segments",
    (
        text("order_id", "Customer order or basket", required=True),
        moment("ordered_at", "When the customer ordered", required=True),
        _SKU,
        units("units", "Ordered; negative = return or cancellation", required=True, signed=True),
        _LOCATION,
        _CUSTOMER,
        money("unit_price", "Price paid per unit"),
        text("subscription_id", "Subscription that the line delivers; null = a free order"),
    ),
)

_PRODUCTS = Table(
    "products",
    "a sku",
    (
        _SKU,
        text("name", "Name shown to people"),
        text("category", "Coarse group"),
        text("subcategory", "Fine group"),
        text("brand", "Brand or maker"),
        text("planner", "Who decides on its orders"),
        text("tags", "Free words, separated by commas"),
        text("supplier_id", "Supplier it is ordered from"),
        _UNIT_COST,
        _UNIT_PRICE,
        money(
            "holding_cost_per_unit_day",
            "Cost of keeping one unit for one day; goes before holding_rate",
            unit="currency per unit and day",
        ),
        Column(
            "holding_rate",
            "number",
            "Yearly cost of holding, of unit_cost",
            "share per year",
            minimum=0.0,
        ),
        money("stockout_cost_per_unit", "Whole cost of one unit short; null = the lost margin"),
        Column(
            "obsolescence_rate",
            "number",
            "Yearly loss of value, of unit_cost",
            "share per year",
            minimum=0.0,
        ),
        days("shelf_life_days", "Time until a unit can no longer be sold; 0 or null = it keeps"),
        _MOQ,
        _CASE_PACK,
        units("max_stock", "Most units there is room for"),
        _LEAD_TIME,
        level("target_service_level", "Service level wanted for this item; null = the settings'"),
        day("launch_date", "First day on sale", earliest="1900-01-02"),
        day("end_date", "Last day on sale"),
        text("replaces_sku", "Item whose history it continues"),
        text("substitute_group", "Items of one group can stand in for each other"),
    ),
    key=("sku",),
    open_text=True,
    rising=(("launch_date", "end_date"),),
)

_LOCATIONS = Table(
    "locations",
    "a location",
    (
        text("location", "Shop, warehouse or channel", required=True),
        text("name", "Name shown to people"),
    ),
    key=("location",),
    open_text=True,
)

_STOCK = Table(
    "stock",
    "stock of a sku and location at the end of a period, or at observed_at",
    (
        _SKU,
        _LOCATION,
        day("date", "Period that the observation belongs to", required=True),
        moment("observed_at", "When it was counted; null = the end of the date"),
        units("on_hand", "Units in stock; negative = oversold", signed=True),
        share(
            "in_stock_share",
            "Share of the period's opening hours in stock; goes before on_hand; "
            "null = 1 where on_hand > 0, else 0",
        ),
        units("backordered", "Units sold and not yet delivered"),
    ),
    key=("sku", "location", "date", "observed_at"),
)

_PURCHASE_ORDERS = Table(
    "purchase_orders",
    "one purchase order line",
    (
        text("po_id", "Purchase order", required=True),
        _SKU,
        _LOCATION,
        text("supplier_id", "Supplier it was placed with"),
        units("units_ordered", "Units ordered", required=True),
        day("ordered_at", "Day it was placed", required=True),
        day("expected_at", "Day the supplier promised"),
        day(
            "received_at",
            "Day the goods became sellable; null = still open; "
            "not after ordered_at = teaches nothing about lead times",
        ),
        units("units_received", "Units received"),
        day("cancelled_at", "Day it was cancelled; null = it was not"),
    ),
    key=("po_id", "sku", "location", "expected_at", "received_at"),
)

_SUPPLIERS = Table(
    "suppliers",
    "a supplier",
    (
        text("supplier_id", "Supplier", required=True),
        text("name", "Name shown to people"),
        _LEAD_TIME,
        days("lead_time_sd_days", "Standard deviation of the lead time; 0 or null = fixed"),
        days("review_days", "Time between two chances to order; null = the settings'"),
        money("order_cost", "Cost of placing one order", unit="currency per order"),
        money("min_order_value", "Smallest order accepted", unit="currency per order"),
        text("status", "Whether it delivers as usual", values=("active", "disrupted")),
        day("status_since", "Day the status began"),
        day("disrupted_until", "Day it is expected to deliver again"),
        text("email", "Where orders are sent"),
    ),
    key=("supplier_id",),
)

_SUPPLIER_ITEMS = Table(
    "supplier_items",
    "a sku that a supplier can deliver (alternatives, price breaks)",
    (
        _SKU,
        text("supplier_id", "Supplier", required=True),
        _UNIT_COST,
        _MOQ,
        _CASE_PACK,
        _LEAD_TIME,
        Column("priority", "number", "Lower is asked first", "rank"),
        units("break_units", "From so many units on, break_unit_cost holds"),
        money("break_unit_cost", "Price per unit from break_units on"),
    ),
    key=("sku", "supplier_id", "break_units"),
)

_PROMOTIONS = Table(
    "promotions",
    "one promotion of one sku (or of one category)",
    (
        text("sku", "Item promoted; null = the whole category"),
        text("category", "Category promoted, where sku is null"),
        text("location", "Where it runs; null = everywhere"),
        day("start_date", "First day", required=True),
        day("end_date", "Last day", required=True),
        share("discount", "Price cut, of the usual price"),
        text("channel", "How it is shown: display, mailer, coupon …"),
        _ANNOUNCED,
    ),
    rising=(("start_date", "end_date"),),
    any_of=(("sku", "category"),),
)

_PRICES = Table(
    "prices",
    "a price from a day on",
    (
        _SKU,
        text("location", "Where it holds; null = everywhere"),
        day("start_date", "First day of the price", required=True),
        money("unit_price", "Price asked per unit", required=True),
        _ANNOUNCED,
    ),
    key=("sku", "location", "start_date", "announced_at"),
)

_BROWSING = Table(
    "browsing",
    "a sku and day",
    (
        _SKU,
        day("date", "The day browsed", required=True),
        count("views", "Views of the product page", required=True),
        count("add_to_carts", "Times put into a cart"),
        count("searches", "Searches that led to it"),
        count("unique_visitors", "Visitors that saw it", unit="visitors"),
    ),
    key=("sku", "date"),
)

_EVENTS = Table(
    "events",
    "one browsing event; used instead of browsing, and for co-views",
    (
        moment("occurred_at", "When it happened", required=True),
        text("session_id", "Visit that it belongs to", required=True),
        text(
            "event",
            "What the visitor did",
            required=True,
            values=("view", "add_to_cart", "search", "purchase"),
        ),
        _SKU,
        _CUSTOMER,
    ),
)

_SUBSCRIPTIONS = Table(
    "subscriptions",
    "one subscription",
    (
        text("subscription_id", "Subscription", required=True),
        _SKU,
        _LOCATION,
        units("units", "Units of each delivery", required=True),
        days("interval_days", "Time between deliveries", required=True, positive=True),
        day("next_date", "Next delivery", required=True),
        day("started_at", "Day it began"),
        day("cancelled_at", "Day it was cancelled; null = it runs"),
    ),
    key=("subscription_id", "sku", "location"),
    rising=(("started_at", "cancelled_at"),),
)

_COVARIATES = Table(
    "covariates",
    "one outside figure (weather, economy, footfall, marketing spend)",
    (
        day("date", "Day that the figure is about", required=True),
        text("location", "Where it holds; null = everywhere"),
        text("name", "Which figure", required=True),
        Column("value", "number", "The figure, in its own unit", "own unit", required=True),
        day(
            "available_at",
            "Day it was known; a forecast's lies before date; null = known from date on",
        ),
    ),
    key=("date", "location", "name", "available_at"),
)

_CUSTOMERS = Table(
    "customers",
    "a customer",
    (
        text("customer_id", "Customer", required=True),
        text("segment", "Group of customers alike"),
    ),
    key=("customer_id",),
    open_text=True,
)

_RATINGS = Table(
    "ratings",
    "one satisfaction answer",
    (
        day("rated_at", "Day of the answer", required=True),
        Column("score", "number", "1 = worst, 5 = best", "points", True, 1.0, 5.0),
        text("sku", "Item it is about"),
        text("order_id", "Order it is about"),
    ),
)

INPUT_TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        _SALES,
        _ORDER_LINES,
        _PRODUCTS,
        _LOCATIONS,
        _STOCK,
        _PURCHASE_ORDERS,
        _SUPPLIERS,
        _SUPPLIER_ITEMS,
        _PROMOTIONS,
        _PRICES,
        _BROWSING,
        _EVENTS,
        _SUBSCRIPTIONS,
        _COVARIATES,
        _CUSTOMERS,
        _RATINGS,
    )
}
"""Every input table by name, in the order of the contract."""
