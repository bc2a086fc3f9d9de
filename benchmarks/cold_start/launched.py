"""Shops in which products are launched: contract tables, when a model was trained, and cutoffs.

Online Retail II and Complete Journey show real first sales; the products are a fixed random sample
of all that sold on enough days, established ones included. In FreshRetailNet and VN2 every series
is there from the start, so a random part of them loses its history before a random day, as if it
had been launched then. Which series are sampled and cut depends on their names alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.forecast.datasets import DATASETS, Prepared
from benchmarks.forecast.datasets.prepared import protection

__all__ = ["SHOPS", "Shop", "prepare"]


@dataclass(frozen=True)
class Shop:
    """How launches are taken from a data set.

    Attributes
    ----------
    trained : last day that the global model has seen
    last : last cutoff; they are weekly from `trained` on
    most : series kept
    least_days : days with sales that a series must have to be kept
    cut : share of the series whose history is cut off, at days from `cut_from` to `last`
    lead_times : drawn per sku between these days where the set has none
    settings : of the product
    """

    name: str
    trained: date
    last: date
    end: date
    most: int
    least_days: int = 1
    cut: float = 0.0
    cut_from: date | None = None
    lead_times: tuple[int, int] | None = None
    settings: dict[str, Any] | None = None


_ORDERS = ("order_lines", "customers")

SHOPS = {
    "online_retail_ii": Shop(
        "online_retail_ii",
        date(2011, 4, 3),
        date(2011, 7, 31),
        date(2011, 8, 31),
        most=4000,
        least_days=5,
        lead_times=(3, 28),
        settings={"calendar": {"country": "GB"}},
    ),
    "completejourney": Shop(
        "completejourney",
        date(2017, 7, 30),
        date(2017, 11, 26),
        date(2017, 12, 31),
        most=5000,
        least_days=10,
        lead_times=(3, 28),
        settings={"calendar": {"country": "US"}},
    ),
    "freshretailnet": Shop(
        "freshretailnet",
        date(2024, 5, 9),
        date(2024, 6, 4),
        date(2024, 6, 11),
        most=6000,
        cut=0.3,
        cut_from=date(2024, 4, 11),
        settings={
            "calendar": {"country": "CN"},
            "model": {"cutoff_every_days": 2, "evaluation_days": 8, "calibration_days": 8},
        },
    ),
    "vn2": Shop(
        "vn2",
        date(2023, 9, 3),
        date(2024, 3, 24),
        date(2024, 4, 14),
        most=599,
        cut=0.5,
        cut_from=date(2023, 7, 10),
        settings={"period": "W-MON", "lead_time": {"review_days": 7}},
    ),
}


def prepare(shop: Shop, data: Path) -> Prepared:
    """Read the data set, keep the shop's sample, and cut the history of its launches."""
    prepared = DATASETS[shop.name](data)
    tables = {name: table for name, table in prepared.tables.items() if name not in _ORDERS}
    sales = tables["sales"] = _sales(prepared.tables)
    days = sales.groupby(["sku", "location"], observed=True)["date"].nunique().reset_index()
    kept = days.loc[days["date"] >= shop.least_days, ["sku", "location"]]
    kept = kept[_rank(kept, 1) < shop.most / len(kept)]
    if shop.lead_times:
        products = tables["products"]
        lead = protection(products["sku"], *shop.lead_times) - 1.0
        tables["products"] = products.assign(lead_time_days=lead)
    launch = _launch_days(shop, kept)
    for name in ("sales", "stock"):
        if name in tables:
            table = tables[name].merge(kept.assign(launch=launch), on=["sku", "location"])
            tables[name] = table[table["date"] >= table["launch"]].drop(columns="launch")
    for name, table in tables.items():
        if name not in ("sales", "stock") and "sku" in table:
            tables[name] = table[table["sku"].isin(kept["sku"])]
    return replace(prepared, tables=tables)


def _sales(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Daily sales; order lines are summed, without what was returned on a later day."""
    if "sales" in tables:
        sales = tables["sales"]
    else:
        lines = tables["order_lines"].query("units > 0")
        day = lines["ordered_at"].dt.normalize()
        lines = lines.assign(date=day, value=lines["units"] * lines["unit_price"])
        sales = lines.groupby(["sku", "date"], as_index=False)[["units", "value"]].sum()
        sales = sales.assign(unit_price=sales["value"] / sales["units"])
        sales = sales.rename(columns={"units": "units_sold"}).drop(columns="value")
    return sales if "location" in sales else sales.assign(location="default")


def _launch_days(shop: Shop, kept: pd.DataFrame) -> pd.Series:
    """First day that is kept of each series; the distant past where nothing is cut."""
    launch = pd.Series(pd.Timestamp("1990-01-01"), index=kept.index)
    if shop.cut:
        cut = _rank(kept, 2) < shop.cut
        begin = pd.Timestamp(shop.cut_from)
        span = (pd.Timestamp(shop.last) - begin).days + 7
        drawn = begin + pd.to_timedelta((_rank(kept, 3) * span).astype(int), unit="D")
        launch[cut] = drawn[cut]
    return launch


def _rank(series: pd.DataFrame, salt: int) -> np.ndarray:
    """A number in [0, 1) that depends on the series' name alone."""
    names = series["sku"].astype(str) + "/" + series["location"].astype(str) + f"/{salt}"
    return pd.util.hash_array(names.to_numpy(object)) / 2.0**64
