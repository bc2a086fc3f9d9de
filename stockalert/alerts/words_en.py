"""Alerts in English."""

from __future__ import annotations

__all__ = ["WORDS"]

WORDS: dict[str, str] = {
    "thousands": ",",
    "decimal": ".",
    "date": "%Y-%m-%d",
    "product": "{name} ({sku})",
    "place": " at {location}",
    "state": "{on_hand} in stock, {on_order} on order, reorder point {reorder_point}, "
    "lead time {lead_time} days.",
    "reorder_now": "{product}{place} has reached its reorder point: {state}",
    "reorder_now.do": "Order {order_quantity} from {supplier} by {order_by}.",
    "reorder_now.do_none": "Check with {supplier} whether an order is due by {order_by}.",
    "stockout_risk_before_arrival": "{product}{place} may sell out before goods arrive "
    "({chance} chance): {state}",
    "stockout_risk_before_arrival.do": "Ask {supplier} for an earlier delivery{contact}, move "
    "stock from elsewhere, or offer a substitute.",
    "stockout_risk_before_arrival.do_order": "Order {order_quantity} from {supplier} now and ask "
    "for an early delivery{contact}.",
    "stocked_out": "{product}{place} is sold out: {state}",
    "stocked_out.do": "Take it off promotion or offer a substitute; {order_now}",
    "order_now": "order {order_quantity} from {supplier} now.",
    "order_waits": "what is on order should come first.",
    "order_nothing": "no order is proposed: see order_note in thresholds.",
    "order_late": "An order of {product}{place} is late: {state}",
    "order_late.do": "Ask {supplier} when it comes{contact}, and correct the expected day.",
    "demand_spike": "{product}{place} is wanted more than usual: {state}",
    "demand_spike.do": "Find out why (promotion, press, a wrong price), and raise the order if it "
    "lasts.",
    "overstock": "{product}{place} has more stock than it needs, {cover} days of cover: {state}",
    "overstock.do": "Stop ordering it; consider a price cut, a transfer or a return of {units} "
    "units.",
    "obsolescence_risk": "{product}{place} may not sell before it must ({units} units left over): "
    "{state}",
    "obsolescence_risk.do": "Reduce its price or move it while it still sells; order no more.",
    "supplier_disrupted": "Supplier {supplier} does not deliver as usual. {muted} alerts of its "
    "products are held back.",
    "supplier_disrupted.do": "Ask {supplier} for a date{contact}; order what matters most "
    "elsewhere.",
    "data_stale": "The data are old. {problem}",
    "data_stale.do": "Check the nightly export of sales and stock: thresholds do not follow until "
    "it runs again.",
    "model_degraded": "The forecast is less sure than it says. {problem}",
    "model_degraded.do": "Look at the coverage of its groups, and train again.",
    "problem": " Problem: {problem}.",
    "problem.late": "{units} units ordered are {days} days late",
    "problem.disrupted": "supplier {supplier} is disrupted{until}",
    "problem.until": " until {day}",
    "problem.slow": "{late} of {lines} open orders of supplier {supplier} are late",
    "problem.sales": "{recent} sold in {days} days, {usual} are usual",
    "problem.views": "{recent} views in {days} days, {usual} are usual",
    "problem.stale_sales": "The last sales are of {day}, {age} days ago",
    "problem.stale_stock": "The last stock is of {day}, {age} days before the last sales",
    "problem.coverage": "{share} of the products come from groups whose demand exceeded their "
    "quantile more often than it should, by {gap} points on average",
    "contact": " ({email})",
    "no_contact": " (no e-mail on file)",
    "no_supplier": "a supplier (none is on file)",
    "no_date": "the next chance",
    "unknown": "unknown",
}
