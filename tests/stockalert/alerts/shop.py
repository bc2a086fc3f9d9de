"""An evening of a small shop: thresholds and forecasts of Poisson demand, without a model."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
from scipy import stats

from stockalert.alerts.facts import Evening
from stockalert.arrays import NumberArray
from stockalert.items import Items
from stockalert.positions import days_of_cover, order_by_dates, stockout_probability
from stockalert.tables.columns import quantile_column

__all__ = ["LEVELS", "evening"]

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975, 0.99)
HORIZONS, LEAD, REVIEW = (1.0, 7.0, 14.0, 28.0), 6.0, 1.0
_FACTS = ("unit_cost", "unit_price", "stockout_cost_per_unit", "shelf_life_days", "end_date")


def evening(
    skus: list[str],
    *,
    on_hand: NumberArray,
    on_order: NumberArray | float = 0.0,
    rate: NumberArray | float = 2.0,
    price: NumberArray | float = 10.0,
    as_of: date = date(2026, 3, 1),
) -> Evening:
    """Items at one location, lead time six days, margin 40 % of the price."""
    n = len(skus)
    held, coming, pace, asked = (
        np.broadcast_to(np.asarray(value, np.float64), (n,))
        for value in (on_hand, on_order, rate, price)
    )
    days = np.array([*HORIZONS, LEAD + REVIEW])
    values = stats.poisson.ppf(np.array(LEVELS), (pace[:, None] * days)[:, :, None])
    position, over = held + coming, values[:, -1]
    point = over[:, LEVELS.index(0.95)]
    median = values[:, :-1, LEVELS.index(0.5)]
    thresholds = pd.DataFrame({"sku": skus, "location": "default"}).assign(
        reorder_point=point,
        expected_demand=pace * days[-1],
        protection_days=days[-1],
        order_up_to_level=point + 7 * pace,
        order_quantity=np.where(position <= point, np.ceil(point + 7 * pace - position), 0.0),
        service_level=0.95,
        lead_time_days=LEAD,
        lead_time_sd_days=1.0,
        on_hand=held,
        on_order=coming,
        inventory_position=position,
        stockout_probability=stockout_probability(over, np.array(LEVELS), position),
        days_of_cover=days_of_cover(held, pace),
        order_by_date=order_by_dates(position, point, median, np.array(HORIZONS), as_of=as_of),
        coverage_recent=np.nan,
        calibration_group="all",
    )
    names = [quantile_column(level) for level in LEVELS]
    parts = [
        pd.DataFrame(values[:, at], columns=names).assign(
            sku=skus, location="default", horizon_days=day
        )
        for at, day in enumerate(days)
        if at == len(days) - 1 or day != days[-1]
    ]
    facts = pd.DataFrame(np.nan, index=range(n), columns=list(_FACTS))
    facts = facts.assign(unit_price=asked, unit_cost=0.6 * asked)
    suppliers = pd.Series(["farm"] * n, dtype="str")
    items = Items(facts, suppliers, np.full(n, np.nan), np.ones(n, bool))
    return Evening(thresholds, pd.concat(parts, ignore_index=True), items)
