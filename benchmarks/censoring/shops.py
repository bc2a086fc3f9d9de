"""Days whose demand is known, and the hours that are hidden of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np

__all__ = ["PROFILES", "Hidden", "generated", "hide", "known_days"]

HOURS = 16
# Share of a day's demand in each of the 16 opening hours. The grocer's is that of 1.46 million
# till receipts of Complete Journey, 6 to 22 o'clock; the others are made up to be far from it.
PROFILES = {
    "even": np.ones(HOURS) / HOURS,
    "evening": np.linspace(0.4, 1.6, HOURS) / HOURS,
    "morning": np.linspace(1.6, 0.4, HOURS) / HOURS,
    "grocer": np.array([3, 6, 13, 25, 43, 63, 72, 76, 78, 82, 93, 105, 99, 81, 63, 43]) / 945,
}
UNITS_STEP = 0.1
HIDDEN_SHARE = 0.4
STOCK_OVER_LEVEL, STOCK_SPREAD = 1.1, 0.6


@dataclass(frozen=True)
class Hidden:
    """What a shop with empty shelves recorded, beside what was wanted; (n_series, n_days).

    Attributes
    ----------
    demand : units wanted
    units, share : units sold and share of the day in stock; both 0 where the day is not used
    hidden : days of known demand of which hours were hidden
    views : of each day; None where nobody browses
    """

    demand: np.ndarray
    units: np.ndarray
    share: np.ndarray
    hidden: np.ndarray
    views: np.ndarray | None = None


def known_days(data: Path, n_series: int, seed: int = 7) -> tuple[np.ndarray, np.ndarray]:
    """Sales of FreshRetailNet series, and which days were in stock throughout (20 at least)."""
    query = """SELECT list(sale ORDER BY dt) AS sale, list(oos_hours_6_21 ORDER BY dt) AS oos
        FROM read_parquet(?) GROUP BY store_id, product_id ORDER BY store_id, product_id"""
    source = str(data / "freshretailnet" / "daily.parquet")
    frame = duckdb.execute(query, [source]).fetchnumpy()
    sales = np.stack(list(frame["sale"])).astype(np.float64).round(6)
    full = np.stack(list(frame["oos"])) == 0
    enough = np.flatnonzero(full.sum(axis=1) >= 20)
    chosen = np.sort(np.random.default_rng(seed).choice(enough, n_series, replace=False))
    return sales[chosen], full[chosen]


def hide(
    demand: np.ndarray,
    known: np.ndarray,
    profile: np.ndarray,
    *,
    sold_out: bool,
    step: float = UNITS_STEP,
    seed: int = 1,
) -> Hidden:
    """Spread each day's demand over the hours by `profile`, and empty the shelf.

    Orders of `step` units fall into hours by chance. A shelf is either emptied on 40 % of days, at
    an hour drawn evenly; or filled with stock that knows nothing of the day, and sold out.
    """
    rng = np.random.default_rng(seed)
    orders = np.round(demand / step).astype(np.int64)
    met = rng.multinomial(orders, profile).cumsum(axis=2) / np.maximum(orders, 1)[..., None]
    if sold_out:
        level = np.where(known, demand, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
        stock = level[:, None] * rng.lognormal(np.log(STOCK_OVER_LEVEL), STOCK_SPREAD, demand.shape)
        stock = np.maximum(np.round(stock / step) * step, step)
        emptied = (met * demand[..., None] >= stock[..., None] - 1e-9).argmax(axis=2)
        hours = np.where(demand >= stock, emptied + (rng.random(demand.shape) < 0.5), HOURS)
        units = np.minimum(demand, stock)
    else:
        early = rng.random(demand.shape) < HIDDEN_SHARE
        hours = np.where(early, rng.integers(1, HOURS, demand.shape), HOURS)
        units = demand * np.take_along_axis(met, hours[..., None] - 1, axis=2)[..., 0]
    hidden = known & (hours < HOURS)
    return Hidden(demand, np.where(known, units, 0.0), np.where(known, hours / HOURS, 0.0), hidden)


def generated(*, spread: float, browsed: bool, seed: int = 3) -> Hidden:
    """A shop of 1,000 items over 182 days whose shelves sell out on busy days.

    Demand is Poisson around a level that varies by day as a gamma of squared variation `spread`;
    views are Poisson with a conversion of 5 %, so they share the day's mood.
    """
    rng = np.random.default_rng(seed)
    level = rng.gamma(1.0, 4.0, (1000, 1)) + 0.2
    mood = rng.gamma(1 / spread, spread, (1000, 182)) if spread else np.ones((1000, 182))
    demand = rng.poisson(level * mood).astype(np.float64)
    shop = hide(demand, np.ones(demand.shape, bool), PROFILES["grocer"], sold_out=True, step=1.0)
    views = rng.poisson(level * mood / 0.05).astype(np.float64) if browsed else None
    return Hidden(shop.demand, shop.units, shop.share, shop.hidden, views)
