"""A realistic shop of any size, written part by part in bounded memory.

Demand is negative binomial around a pace per SKU (gamma: most sell seldom, a few every hour), with
a week's shape, a year's season by category and promotions that double it. A fortieth of the days
are out of stock: nothing sells then, and visitors go on looking. Purchase orders arrive after the
supplier's lead time and sometimes late.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

__all__ = ["LAST_DAY", "M5_DAYS", "M5_SKUS", "Shop", "write_shop"]

M5_SKUS, M5_DAYS = 30_490, 1_941
LAST_DAY = date(2024, 6, 30)
PART_SKUS = 4_096
BROWSING_DAYS = 180
ORDERS_PER_SKU = 8
_WEEK = np.array([0.8, 0.8, 0.9, 1.0, 1.3, 1.5, 0.7])
_CATEGORIES, _BRANDS, _SUPPLIERS = 60, 300, 40


@dataclass(frozen=True)
class Shop:
    """A shop's size and the seed of its chance."""

    skus: int
    days: int
    seed: int = 7

    @property
    def name(self) -> str:
        """Name of its folder."""
        return f"shop-{self.skus}-{self.days}-{self.seed}"

    @property
    def dates(self) -> np.ndarray:
        """Its days, shape (days,)."""
        return np.datetime64(LAST_DAY) - np.arange(self.days)[::-1]


def write_shop(shop: Shop, data: Path, last_day: Path | None = None) -> None:
    """Write sales, stock, products, suppliers, purchase_orders, promotions and browsing.

    Parameters
    ----------
    last_day : folder for what the last day adds to the daily tables; None = into `data` as well
    """
    products = _products(shop)
    for place, which in enumerate(_parts(shop.skus)):
        rng = np.random.default_rng([shop.seed, place])
        for table, frame in _part(rng, shop, products.iloc[which]).items():
            is_new = np.zeros(len(frame), dtype=bool)
            if last_day is not None and "date" in frame:
                is_new = (frame["date"] == shop.dates[-1]).to_numpy()
                _write(frame[is_new], last_day / table, f"new-{place:04d}")
            _write(frame[~is_new], data / table, f"part-{place:04d}")
    products.drop(columns="pace").to_parquet(data / "products.parquet", index=False)
    _suppliers(shop).to_parquet(data / "suppliers.parquet", index=False)


def _write(frame: pd.DataFrame, folder: Path, name: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    frame.to_parquet(folder / f"{name}.parquet", index=False)


def _parts(skus: int) -> Iterator[slice]:
    return (slice(at, min(at + PART_SKUS, skus)) for at in range(0, skus, PART_SKUS))


def _products(shop: Shop) -> pd.DataFrame:
    rng, n = np.random.default_rng(shop.seed), shop.skus
    price = np.round(rng.lognormal(2.3, 0.8, n), 2) + 0.5
    return pd.DataFrame(
        {
            "sku": [f"sku {i:07d}" for i in range(n)],
            "category": [f"category {i:02d}" for i in rng.integers(0, _CATEGORIES, n)],
            "brand": [f"brand {i:03d}" for i in rng.integers(0, _BRANDS, n)],
            "supplier_id": [f"supplier {i:02d}" for i in rng.integers(0, _SUPPLIERS, n)],
            "unit_price": price,
            "unit_cost": np.round(0.6 * price, 2),
            "pace": rng.gamma(0.6, 1.0, n) + 0.02,
        }
    )


def _suppliers(shop: Shop) -> pd.DataFrame:
    rng = np.random.default_rng([shop.seed, 10**6])
    return pd.DataFrame(
        {
            "supplier_id": [f"supplier {i:02d}" for i in range(_SUPPLIERS)],
            "lead_time_days": rng.integers(3, 29, _SUPPLIERS).astype(float),
            "lead_time_sd_days": 2.0,
        }
    )


def _part(rng: np.random.Generator, shop: Shop, items: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """All tables but products and suppliers, of some SKUs."""
    shape = (len(items), shop.days)
    promoted, promotions = _promotions(rng, shop, items)
    rate = items["pace"].to_numpy()[:, None] * _shape_of_time(shop, items)
    rate = rate * np.where(promoted, 2.0, 1.0)
    sold_out = _sold_out(rng, shape)
    units = np.where(sold_out, 0, rng.negative_binomial(1.0, 1 / (1 + rate)))
    return {
        "sales": _sales(shop, items, units),
        "stock": _stock(rng, shop, items, sold_out),
        "promotions": promotions,
        "purchase_orders": _purchase_orders(rng, shop, items),
        "browsing": _browsing(rng, shop, items, rate[:, -BROWSING_DAYS:]),
    }


def _shape_of_time(shop: Shop, items: pd.DataFrame) -> np.ndarray:
    """Week's shape × the category's season, shape (n, days)."""
    day = shop.dates.astype("datetime64[D]").astype(int)
    phase = items["category"].str[-2:].astype(int).to_numpy()[:, None] / _CATEGORIES
    season = 1.0 + 0.4 * np.sin(2 * np.pi * (day / 365.25 + phase))
    return np.asarray(_WEEK[(day + 3) % 7] * season)


def _promotions(
    rng: np.random.Generator, shop: Shop, items: pd.DataFrame
) -> tuple[np.ndarray, pd.DataFrame]:
    """Two weeks of promotion per SKU and year, announced two weeks ahead."""
    row = np.repeat(np.arange(len(items)), max(2 * shop.days // 365, 1))
    start = rng.integers(0, shop.days, len(row))
    promoted = np.zeros((len(items), shop.days), dtype=bool)
    for shift in range(7):
        promoted[row, np.minimum(start + shift, shop.days - 1)] = True
    begins = pd.Series(shop.dates[start])
    frame = pd.DataFrame(
        {
            "sku": items["sku"].to_numpy()[row],
            "start_date": begins,
            "end_date": begins + pd.Timedelta(days=6),
            "discount": np.round(rng.uniform(0.1, 0.4, len(row)), 2),
            "announced_at": begins - pd.Timedelta(days=14),
        }
    )
    return promoted, frame


def _sold_out(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Spells of five days, a fortieth of all; the last day is in stock or not by chance as well."""
    begins = rng.random(shape) < 1 / 200
    running = np.cumsum(begins, axis=1, dtype=np.int32)
    before = np.pad(running, ((0, 0), (5, 0)))[:, : shape[1]]
    return np.asarray(running > before)


def _sales(shop: Shop, items: pd.DataFrame, units: np.ndarray) -> pd.DataFrame:
    row, day = np.nonzero(units)
    return pd.DataFrame(
        {
            "sku": items["sku"].to_numpy()[row],
            "date": shop.dates[day],
            "units_sold": units[row, day].astype(float),
            "unit_price": items["unit_price"].to_numpy()[row],
        }
    )


def _stock(
    rng: np.random.Generator, shop: Shop, items: pd.DataFrame, sold_out: np.ndarray
) -> pd.DataFrame:
    """Days out of stock, and the last day of every SKU."""
    told = sold_out.copy()
    told[:, -1] = True
    row, day = np.nonzero(told)
    held = np.ceil(items["pace"].to_numpy() * rng.uniform(0, 40, len(items)))[row]
    return pd.DataFrame(
        {
            "sku": items["sku"].to_numpy()[row],
            "date": shop.dates[day],
            "on_hand": np.where(sold_out[row, day], 0.0, held),
        }
    )


def _purchase_orders(rng: np.random.Generator, shop: Shop, items: pd.DataFrame) -> pd.DataFrame:
    """Orders of the last year; those of the last weeks are still under way."""
    row = np.repeat(np.arange(len(items)), ORDERS_PER_SKU)
    ordered = shop.dates[-1] - rng.integers(1, min(365, shop.days), len(row))
    supplier = items["supplier_id"].to_numpy()[row]
    lead = _suppliers(shop).set_index("supplier_id")["lead_time_days"].loc[supplier].to_numpy()
    taken = np.maximum(np.rint(lead + rng.normal(0, 2, len(row))), 1).astype("timedelta64[D]")
    arrived = ordered + taken
    units = np.ceil(items["pace"].to_numpy()[row] * 30)
    here = arrived <= shop.dates[-1]
    frame = pd.DataFrame(
        {
            "po_id": [f"{sku} {i}" for i, sku in enumerate(items["sku"].to_numpy()[row])],
            "sku": items["sku"].to_numpy()[row],
            "supplier_id": supplier,
            "units_ordered": units,
            "ordered_at": ordered,
            "expected_at": ordered + lead.astype("timedelta64[D]"),
            "received_at": pd.Series(arrived).where(here),
            "units_received": pd.Series(units).where(here),
        }
    )
    return frame


def _browsing(
    rng: np.random.Generator, shop: Shop, items: pd.DataFrame, rate: np.ndarray
) -> pd.DataFrame:
    views = rng.poisson(15 * rate)
    row, day = np.nonzero(views)
    seen = views[row, day]
    return pd.DataFrame(
        {
            "sku": items["sku"].to_numpy()[row],
            "date": shop.dates[-rate.shape[1] :][day],
            "views": seen.astype(float),
            "add_to_carts": rng.binomial(seen, 0.12).astype(float),
        }
    )
