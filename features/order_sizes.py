"""Family: how many orders made the demand, how large they were, and what one of them distorts.

One order of five hundred tells less about the weeks to come than fifty orders of ten. So the level
is told with and without the excess of bulk orders, and as orders × their typical size.
"""

from __future__ import annotations

import numpy as np

from features.history import History
from features.ratios import ratio
from stockalert.arrays import FloatArray, IntArray

__all__ = ["order_sizes"]

LEVEL_DAYS = (28, 91, 364)
LARGEST_DAYS = (28, 91, 364)
YEAR_DAYS = 364


def order_sizes(history: History, horizons: IntArray) -> dict[str, FloatArray]:
    """Features of order lines; nothing where demand came without them.

    usual_level_Dd : demand per period without the excess of bulk orders ÷ scale
    bulk_share_Dd : share of the units that this excess was
    ordered_level_Dd : orders per period × the year's usual units per order ÷ scale
    orders_due_Dd : log of the orders to expect in (t, t + h] at the pace of D days
    orders_28_364 : orders per period over 28 days ÷ over a year
    largest_order_Dd : ÷ scale
    typical_order : geometric mean size ÷ scale; order_log_spread : deviation of its logarithm
    compound_spread : √(Σ size² per period) ÷ scale, the deviation of orders that come at random
    bulk_orders : log of those of a year; repeat_share : of orders with a known customer
    returned_share : units returned ÷ ordered, over a year
    """
    if history.facts.orders is None:
        return {}
    scale = history.scale
    pace = {days: _per_period(history, "order_count", days) for days in LEVEL_DAYS}
    year = {name: history.total(name, YEAR_DAYS) for name in ("usual_units", "order_count")}
    size = ratio(year["usual_units"], year["order_count"])
    features: dict[str, FloatArray] = {}
    for days in LEVEL_DAYS:
        usual, units = history.total("usual_units", days), history.total("units", days)
        features[f"usual_level_{days}d"] = _per_period(history, "usual_units", days) / scale
        features[f"bulk_share_{days}d"] = np.maximum(1.0 - ratio(usual, units), 0.0)
        features[f"ordered_level_{days}d"] = pace[days] * size / scale
        features[f"orders_due_{days}d"] = np.log1p(pace[days][:, None] * horizons)
    for days in LARGEST_DAYS:
        since = history.cutoff + 1 - history.panel.periods_in(days)
        largest = history.facts.orders.largest(history.n_series, since)
        features[f"largest_order_{days}d"] = largest / scale
    return (
        features
        | _sizes(history)
        | {
            "orders_28_364": ratio(pace[28], pace[YEAR_DAYS]),
            "compound_spread": np.sqrt(_per_period(history, "squared_units", YEAR_DAYS)) / scale,
            "bulk_orders": np.log1p(history.total("bulk_orders", YEAR_DAYS)),
        }
    )


def _sizes(history: History) -> dict[str, FloatArray]:
    """Typical size, its spread, and what customers do, over a year."""
    total = {
        name: history.total(name, YEAR_DAYS)
        for name in ("order_count", "log_units", "log_squares", "known_orders", "repeat_orders")
    }
    mean = ratio(total["log_units"], total["order_count"])
    variance = ratio(total["log_squares"], total["order_count"]) - mean**2
    several = np.where(total["order_count"] >= 2, np.maximum(variance, 0.0), np.nan)
    returned, units = (history.total(name, YEAR_DAYS) for name in ("returned_units", "units"))
    return {
        "typical_order": np.exp(mean) / history.scale,
        "order_log_spread": np.sqrt(several),
        "repeat_share": ratio(total["repeat_orders"], total["known_orders"]),
        "returned_share": ratio(returned, units),
    }


def _per_period(history: History, measure: str, days: int) -> FloatArray:
    return ratio(history.total(measure, days), history.total("share", days))
