"""Table `cash_plan`: the value of the orders to place in each of the next 13 weeks.

The ordering rule is played forward on demand paths that agree with the forecast's quantiles
(`stockalert.demand_paths`), on the inventory position: tonight's proposals lift it, each week's
demand lowers it, and at or below the reorder point it is ordered up again, in MOQ and packs
(reviews of a week or more: at each review). Reorder point and order-up-to level move with the
forecast: by the ratio of expected demand over the protection interval then to that now. Totals
over items take the correlation that was learned (`stockalert.purchasing.shared_demand`).

Limits. The rule looks at the end of each week, the job every night: an order can fall into a
neighbouring week. Demand that is lost while sold out lowers the position here and not in the shop.
Money counts in the week of the order; terms of payment shift it. Later orders are neither joined,
filled up nor cut to a budget, and prices are today's, without breaks. Past the forecast's last
horizon demand goes on at that horizon's rate.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import pandas as pd

from stockalert.arrays import FloatArray
from stockalert.demand_paths import demand_paths
from stockalert.mapped import rows_of
from stockalert.outlook import Horizons
from stockalert.policy import BASE_STOCK_REVIEW_DAYS, LotRules, purchasable
from stockalert.purchasing.shared_demand import reordered_together
from stockalert.quantiles import at_horizon, mean
from stockalert.situation import Situation
from stockalert.tables.outputs import OUTPUT_TABLES

__all__ = ["WEEKS", "cash_plan", "order_values"]

WEEKS = 13
N_SCENARIOS = 64
BLOCK_ROWS = 512
DAYS_PER_WEEK = 7.0
MOST_GROWTH = 4.0


@dataclass(frozen=True)
class _Items:
    """A block of items as the plan needs them; arrays of shape (n,)."""

    horizons: Horizons
    position: FloatArray
    point: FloatArray
    up_to: FloatArray
    price: FloatArray
    protection_days: FloatArray
    review_days: FloatArray
    rules: LotRules
    correlation: float


def cash_plan(
    case: Situation,
    thresholds: pd.DataFrame,
    proposals: pd.DataFrame,
    *,
    shared: float,
) -> pd.DataFrame:
    """Value of the orders of each week: mean, median and 90 %; of the week, and up to its end.

    Parameters
    ----------
    case : what the night's decision knew
    thresholds, proposals : the contract's tables of tonight; thresholds row by row as in `case`
    shared : correlation of two items' demand, see `shared_correlation`
    """
    key = ["sku", "location"]
    units = proposals.groupby(key)["units"].sum()
    tonight = units.reindex(pd.MultiIndex.from_frame(thresholds[key])).fillna(0.0).to_numpy()
    value = float(proposals["cost"].sum())
    later = order_values(case, thresholds, tonight, shared=shared)
    weekly = later.copy()
    weekly[0] += value
    total = weekly.cumsum(axis=0)
    sells = (case.outlook.expected_demand > 0) & np.isnan(case.items["unit_cost"])
    first = pd.Timestamp(case.as_of) + pd.Timedelta(days=1)
    frame = pd.DataFrame(
        {
            "week_start": pd.date_range(first, periods=WEEKS, freq="7D").astype("datetime64[us]"),
            "cash_expected": weekly.mean(axis=1),
            "cash_median": np.quantile(weekly, 0.5, axis=1),
            "cash_p90": np.quantile(weekly, 0.9, axis=1),
            "cash_to_date": np.quantile(total, 0.5, axis=1),
            "cash_to_date_p90": np.quantile(total, 0.9, axis=1),
            "proposed": np.where(np.arange(WEEKS) == 0, value, 0.0),
            "items_without_cost": float(sells.sum()),
        }
    )
    return frame[list(OUTPUT_TABLES["cash_plan"].names)]


def order_values(
    case: Situation,
    thresholds: pd.DataFrame,
    tonight: FloatArray,
    *,
    shared: float,
    n_scenarios: int = N_SCENARIOS,
) -> FloatArray:
    """Value of the orders after tonight's, by week and scenario; shape (WEEKS, n_scenarios).

    Parameters
    ----------
    tonight : shape (n,), units ordered tonight
    """
    buys = (case.outlook.expected_demand > 0) & np.isfinite(case.inventory_position)
    rows = np.flatnonzero(buys & (case.items["unit_cost"] > 0))
    values = np.zeros((WEEKS, n_scenarios))
    for start in range(0, len(rows), BLOCK_ROWS):
        block = rows[start : start + BLOCK_ROWS]
        items = _items(case, thresholds, tonight, block)
        weeks = np.tile(np.arange(1.0, WEEKS + 1), (len(block), 1))
        demand = demand_paths(
            items.horizons, weeks, correlation=items.correlation, n_scenarios=n_scenarios
        )
        order = reordered_together(demand[:, -1], shared, rows=block)
        values += _play(items, np.take_along_axis(demand, order[:, None, :], axis=2))
    return values


def _items(
    case: Situation, thresholds: pd.DataFrame, tonight: FloatArray, rows: np.ndarray
) -> _Items:
    """Facts of some rows; time in weeks where the forecast is concerned."""
    horizons, rules = case.horizons, case.lot_rules
    position = case.inventory_position[rows] + tonight[rows]
    point = thresholds["reorder_point"].to_numpy(np.float64)[rows]
    up_to = np.maximum(thresholds["order_up_to_level"].to_numpy(np.float64)[rows], point)
    return _Items(
        Horizons(horizons.days / DAYS_PER_WEEK, rows_of(horizons.values, rows), horizons.levels),
        position=position,
        point=point,
        up_to=up_to,
        price=case.items["unit_cost"][rows],
        protection_days=case.supply.protection_days[rows],
        review_days=case.supply.review_days[rows],
        rules=LotRules(*(getattr(rules, f.name)[rows][:, None] for f in fields(LotRules))),
        correlation=case.past.correlation,
    )


def _play(items: _Items, demand: FloatArray) -> FloatArray:
    """Orders of each week in money, summed over the items; shape (WEEKS, n_scenarios)."""
    growth = _growth(items)
    review_weeks = np.maximum(np.rint(items.review_days / DAYS_PER_WEEK), 1.0)
    periodic = items.review_days >= BASE_STOCK_REVIEW_DAYS
    position = np.repeat(items.position[:, None], demand.shape[2], axis=1)
    before, values = np.zeros_like(position), np.zeros((WEEKS, demand.shape[2]))
    for week in range(WEEKS):
        position -= demand[:, week] - before
        before = demand[:, week]
        point, up_to = (x * growth[:, week] for x in (items.point, items.up_to))
        reviewed = periodic & ((week + 1) % review_weeks == 0)
        asked = reviewed[:, None] | (~periodic[:, None] & (position <= point[:, None]))
        wanted = np.where(asked, np.clip(up_to[:, None] - position, 0.0, None), 0.0)
        bought = purchasable(wanted, position, items.rules)
        position += bought
        values[week] = items.price @ bought
    return values


def _growth(items: _Items) -> FloatArray:
    """Expected demand over the protection interval from each week's end on, against tonight's."""
    protection = items.protection_days[:, None] / DAYS_PER_WEEK
    begins = np.arange(1.0, WEEKS + 1)[None, :]
    ends = np.concatenate(
        [begins + protection, np.broadcast_to(begins, (len(protection), WEEKS))], 1
    )
    horizons = items.horizons
    asked = np.concatenate([protection, ends], axis=1)
    quantiles = at_horizon(horizons.values, horizons.days, asked)
    flat = quantiles.reshape(-1, quantiles.shape[2])
    total = mean(flat, horizons.levels).reshape(asked.shape)
    later = total[:, 1 : WEEKS + 1] - total[:, WEEKS + 1 :]
    now = total[:, :1]
    ratio = np.divide(later, now, out=np.ones_like(later), where=now > 0)
    return np.asarray(np.clip(ratio, 0.0, MOST_GROWTH))
