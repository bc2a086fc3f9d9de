"""A generated year: demand, lead times, strikes, and a planner who orders what alerts tell.

Everything here is drawn from a seed. Forecasts are empirical quantiles of each item's own past
totals (182 days), mixed over its supplier's lead times: cheap and honest, not the product's model.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from stockalert.items import Items
from stockalert.lead_time import LeadTimes, from_moments
from stockalert.positions import days_of_cover, order_by_dates, stockout_probability
from stockalert.quantiles import at_horizon, mean, mixture, quantile_at
from stockalert.tables.columns import quantile_column

__all__ = ["LEVELS", "WARM_UP", "Shop", "generate"]

LEVELS = np.array([0.05, 0.1, 0.25, 0.5, 0.75, 0.8, 0.9, 0.95, 0.975, 0.99])
HORIZONS = np.array([1.0, 7.0, 14.0, 28.0, 56.0])
WARM_UP, WINDOW, DAY_ONE = 240, 182, date(2025, 1, 1)
LEVEL, ORDERS, MUST_WORK = 0.95, 0.9, 5


@dataclass
class Shop:
    """The state of every item; arrays have shape (n,) unless said.

    Attributes
    ----------
    demand : shape (n, days), true demand
    sold : shape (n, days), what was served of it
    orders : open and past order lines
    """

    rng: np.random.Generator
    demand: Any
    views: Any
    sold: Any
    in_stock: Any
    supplier: Any
    lead_mean: Any
    lead_sd: Any
    strikes: list[tuple[int, int, int]]
    items: Items
    products: pd.DataFrame
    on_hand: Any
    orders: list[dict[str, Any]] = field(default_factory=list)

    @property
    def leads(self) -> LeadTimes:
        """Lead times as learned from what suppliers usually do."""
        return from_moments(self.lead_mean[self.supplier], self.lead_sd[self.supplier])

    def striking(self, supplier: int, day: int) -> bool:
        """Whether a supplier is on strike, as it has announced."""
        return any(who == supplier and a <= day < b for who, a, b in self.strikes)

    def open_day(self, day: int) -> None:
        """Goods that come are sellable before the day's sales."""
        for order in self.orders:
            if order["comes"] == day:
                self.on_hand[order["row"]] += order["units"]

    def sell(self, day: int) -> None:
        """Serve the day's demand; what is not there is lost."""
        served = np.minimum(self.on_hand, self.demand[:, day])
        self.in_stock[:, day] = self.on_hand > served
        self.sold[:, day] = served
        self.on_hand = self.on_hand - served

    def order(self, row: int, units: float, day: int) -> None:
        """Place an order; a strike delays it by what is left of it."""
        who = int(self.supplier[row])
        scale = self.lead_sd[who] ** 2 / self.lead_mean[who]
        lead = max(1, round(self.rng.gamma(self.lead_mean[who] / scale, scale)))
        comes = day + lead
        for striker, start, end in self.strikes:
            if striker == who and start <= comes and day < end:
                comes += end - max(start, day)
        promised = day + round(float(self.lead_mean[who]))
        line = {"row": row, "units": units, "placed": day, "comes": comes, "promised": promised}
        self.orders.append(line)

    def purchase_orders(self, day: int) -> pd.DataFrame:
        """Order lines as known on the evening of a day."""
        known = [order for order in self.orders if order["comes"] > day - 60]
        frame = pd.DataFrame(known, columns=["row", "units", "placed", "comes", "promised"])
        came = frame["comes"] <= day
        rows = frame["row"].astype(int)
        return pd.DataFrame(
            {
                "sku": self.products["sku"].to_numpy()[rows],
                "location": "shop",
                "supplier_id": [f"supplier {self.supplier[row]}" for row in rows],
                "units_ordered": frame["units"].astype(float),
                "ordered_at": _days(frame["placed"]),
                "expected_at": _days(frame["promised"]),
                "received_at": _days(frame["comes"]).where(came),
                "units_received": frame["units"].astype(float).where(came),
                "cancelled_at": pd.Series(pd.NaT, frame.index, dtype="datetime64[us]"),
            }
        )

    def on_order(self, day: int) -> Any:
        """Units under way on the evening of a day."""
        coming = np.zeros(len(self.on_hand))
        for order in self.orders:
            if order["comes"] > day:
                coming[order["row"]] += order["units"]
        return coming

    def tables(self, day: int) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Thresholds and forecasts of the night after a day."""
        values = self._forecast(day)
        leads = self.leads
        atoms = at_horizon(values, HORIZONS, leads.atoms_days + 1.0)
        over = mixture(atoms, leads.probabilities, LEVELS)
        point = np.ceil(quantile_at(over, LEVELS, LEVEL) - 1e-9)
        protection, expected = leads.mean_days + 1.0, mean(over, LEVELS)
        rate = expected / protection
        coming = self.on_order(day)
        position = self.on_hand + coming
        upper = point + np.ceil(7 * rate)
        units = np.where((position <= point) & (point > 0), np.ceil(upper - position), 0.0)
        median = values[:, :, int(np.flatnonzero(LEVELS == 0.5)[0])]
        thresholds = self.products[["sku"]].assign(
            location="shop",
            reorder_point=point,
            expected_demand=expected,
            protection_days=protection,
            order_up_to_level=upper,
            order_quantity=units,
            service_level=LEVEL,
            lead_time_days=leads.mean_days,
            lead_time_sd_days=leads.sd_days,
            on_hand=self.on_hand,
            on_order=coming,
            inventory_position=position,
            stockout_probability=stockout_probability(over, LEVELS, position),
            days_of_cover=days_of_cover(self.on_hand, rate),
            order_by_date=order_by_dates(position, point, median, HORIZONS, as_of=day_of(day)),
            coverage_recent=np.nan,
            calibration_group="all",
        )
        return thresholds, _forecast_table(thresholds, values, over)

    def _forecast(self, day: int) -> Any:
        """Empirical quantiles of past totals; days out of stock count at the item's mean."""
        past = self.sold[:, day + 1 - WINDOW : day + 1].copy()
        seen = self.in_stock[:, day + 1 - WINDOW : day + 1]
        usual = np.divide(
            (past * seen).sum(1), seen.sum(1), out=np.zeros(len(past)), where=seen.any(1)
        )
        past = np.where(seen, past, np.maximum(past, usual[:, None]))
        sums = np.concatenate([np.zeros((len(past), 1)), np.cumsum(past, axis=1)], axis=1)
        found = [
            np.quantile(sums[:, int(h) :] - sums[:, : -int(h)], LEVELS, axis=1).T for h in HORIZONS
        ]
        return np.stack(found, axis=1)


def day_of(day: int) -> date:
    """Calendar day of a day's number."""
    return DAY_ONE + timedelta(days=day)


def generate(n: int, days: int, seed: int) -> Shop:
    """Draw a shop: fast and slow movers, seasons, promotions nobody announces, four strikes."""
    rng = np.random.default_rng(seed)
    pace = np.clip(rng.lognormal(0.3, 1.2, n), 0.05, 60.0)
    t = np.arange(days)
    season = 1 + rng.uniform(0, 0.5, (n, 1)) * np.sin(2 * np.pi * (t / 365 + rng.random((n, 1))))
    week = np.array([0.9, 0.85, 0.9, 1.0, 1.2, 1.35, 0.8])[t % 7]
    lift = np.ones((n, days))
    for row in range(n):
        for start in rng.integers(0, days, rng.poisson(2.0 * days / 365)):
            lift[row, start : start + 7] = rng.uniform(1.5, 4.0)
    rate = pace[:, None] * season * week * lift
    demand = rng.poisson(rng.gamma(2.0, rate / 2.0)).astype(float)
    suppliers = 12
    lead_mean, supplier = rng.uniform(4, 18, suppliers), rng.integers(0, suppliers, n)
    strikes = [
        (int(who), int(start), int(start) + 21)
        for who, start in zip(
            rng.choice(suppliers, 4, replace=False),
            rng.integers(WARM_UP + 20, days - 40, 4),
            strict=True,
        )
    ]
    cost = np.round(rng.lognormal(1.5, 0.8, n), 2)
    facts = pd.DataFrame(index=range(n), columns=_FACTS, dtype="float64")
    facts = facts.assign(unit_cost=cost, unit_price=np.round(cost * rng.uniform(1.3, 2.2, n), 2))
    products = pd.DataFrame(
        {
            "sku": [f"item {row:04d}" for row in range(n)],
            "name": [f"Product {row}" for row in range(n)],
            "planner": [f"planner {row % 4}" for row in range(n)],
            "supplier_id": [f"supplier {who}" for who in supplier],
        }
    )
    items = Items(facts, products["supplier_id"], np.full(n, np.nan), np.ones(n, bool))
    return Shop(
        rng=rng,
        demand=demand,
        views=rng.poisson(rate * 12).astype(float),
        sold=demand.copy(),
        in_stock=np.ones((n, days), bool),
        supplier=supplier,
        lead_mean=lead_mean,
        lead_sd=lead_mean * rng.uniform(0.1, 0.35, suppliers),
        strikes=strikes,
        items=items,
        products=products,
        on_hand=np.ceil(pace * (lead_mean[supplier] + 8)),
    )


_FACTS = (
    *("unit_cost", "unit_price", "stockout_cost_per_unit", "holding_cost_per_unit_day"),
    *("holding_rate", "obsolescence_rate", "shelf_life_days", "moq", "case_pack", "max_stock"),
    *("target_service_level", "end_date"),
)


def _forecast_table(thresholds: pd.DataFrame, values: Any, over: Any) -> pd.DataFrame:
    """Table `forecasts`: the common horizons, then the protection interval."""
    names = [quantile_column(level) for level in LEVELS]
    parts = []
    for at, horizon in enumerate(HORIZONS):
        part = pd.DataFrame(values[:, at], columns=names).assign(horizon_days=horizon)
        parts.append(part)
    own = pd.DataFrame(over, columns=names).assign(horizon_days=thresholds["protection_days"])
    keyed = [part.assign(sku=thresholds["sku"], location="shop") for part in [*parts, own]]
    return pd.concat(keyed, ignore_index=True)


def _days(numbers: pd.Series) -> pd.Series:
    begin = pd.Timestamp(DAY_ONE)
    return (begin + pd.to_timedelta(numbers.astype(float), unit="D")).astype("datetime64[us]")
