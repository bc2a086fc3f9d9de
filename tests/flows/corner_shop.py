"""A corner shop with every table, large enough to train on: three hundred days of twelve items."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

__all__ = ["FIRST_NIGHT", "SECOND_NIGHT", "SETTINGS", "corner_shop"]

SKUS = [f"item {n:02d}" for n in range(12)]
LOCATIONS = ("north", "south")
NEVER_SEEN = "kiwi"
DAYS = pd.date_range("2023-06-05", "2024-04-07")  # a Monday to a Sunday
FIRST_NIGHT, SECOND_NIGHT = date(2024, 3, 24), date(2024, 3, 31)  # Sundays

SETTINGS = """\
[model]
n_estimators = 12
num_leaves = 7
min_child_samples = 20
early_stopping_rounds = 0
threads = 1
"""


def corner_shop(data: Path, *, shuffle: int | None = None, retold: bool = False) -> Path:
    """Write the shop's tables.

    Parameters
    ----------
    shuffle : seed of another order of the rows.
    retold : tell everything after the first night differently.
    """
    data.mkdir(parents=True)
    rng = np.random.default_rng(3)
    frames = _tables(rng)
    if retold:
        frames = {name: _retold(name, frame) for name, frame in frames.items()}
    for name, frame in frames.items():
        stored = frame if shuffle is None else frame.sample(frac=1.0, random_state=shuffle)
        stored.to_parquet(data / f"{name}.parquet", index=False)
    return data


def _tables(rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    sales = pd.MultiIndex.from_product([SKUS, LOCATIONS, DAYS], names=["sku", "location", "date"])
    sales = sales.to_frame(index=False)
    pace = np.repeat(rng.gamma(1.0, 2.0, len(SKUS) * len(LOCATIONS)) + 0.3, len(DAYS))
    weekend = 1 + 0.5 * (sales["date"].dt.day_of_week >= 5)
    sales["units_sold"] = rng.poisson(pace * weekend).astype(float)
    sales["unit_price"] = np.round(rng.uniform(2, 3, len(sales)), 2)
    stock = sales[["sku", "location", "date"]].assign(
        on_hand=rng.integers(0, 30, len(sales)).astype(float),
        in_stock_share=rng.choice([1.0, 1.0, 1.0, 0.5], len(sales)),
    )
    views = sales.groupby(["sku", "date"], as_index=False)["units_sold"].sum()
    return {
        "sales": sales[sales["units_sold"] > 0],
        "stock": stock[(stock["sku"] != SKUS[0]) | (stock["location"] != "north")],
        "browsing": views.assign(views=views["units_sold"] * 4 + 1).drop(columns="units_sold"),
        "products": _products(rng),
        "suppliers": pd.DataFrame(
            {"supplier_id": ["farm", "mill"], "lead_time_days": [5.0, 9.0], "order_cost": 4.0}
        ),
        "purchase_orders": _orders(rng),
        "promotions": _promotions(rng),
        "prices": pd.DataFrame({"sku": SKUS, "start_date": DAYS[290], "unit_price": 2.2}),
    }


def _products(rng: np.random.Generator) -> pd.DataFrame:
    names = [*SKUS, NEVER_SEEN]
    return pd.DataFrame(
        {
            "sku": names,
            "category": ["fresh", "dry"] * 6 + ["fresh"],
            "supplier_id": ["farm", "mill"] * 6 + ["farm"],
            "unit_cost": np.round(rng.uniform(1, 2, len(names)), 2),
            "holding_rate": 0.25,
            "moq": 6.0,
        }
    )


def _orders(rng: np.random.Generator) -> pd.DataFrame:
    n = 200
    ordered = DAYS[0] + pd.to_timedelta(rng.integers(0, len(DAYS), n), unit="D")
    units = rng.integers(6, 30, n).astype(float)
    return pd.DataFrame(
        {
            "po_id": [f"po {i}" for i in range(n)],
            "sku": rng.choice(SKUS, n),
            "location": rng.choice(LOCATIONS, n),
            "supplier_id": rng.choice(["farm", "mill"], n),
            "units_ordered": units,
            "ordered_at": ordered,
            "received_at": ordered + pd.to_timedelta(rng.integers(2, 12, n), unit="D"),
            "units_received": units,
        }
    )


def _promotions(rng: np.random.Generator) -> pd.DataFrame:
    n = 80
    start = DAYS[0] + pd.to_timedelta(rng.integers(0, len(DAYS), n), unit="D")
    return pd.DataFrame(
        {
            "sku": rng.choice(SKUS, n),
            "start_date": start,
            "end_date": start + pd.Timedelta(days=6),
            "discount": np.round(rng.uniform(0.1, 0.5, n), 2),
            "announced_at": start - pd.Timedelta(days=10),
        }
    )


def _retold(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Change what only later days could tell: figures, dates, and whole rows."""
    night = pd.Timestamp(FIRST_NIGHT)
    if name == "purchase_orders":
        frame = frame[frame["ordered_at"] <= night].copy()
        late = frame["received_at"] > night
        frame.loc[late, "received_at"] += pd.Timedelta(days=30)
        frame.loc[late, "units_received"] += 100.0
        return frame
    known = {"promotions": "announced_at", "prices": "start_date"}.get(name, "date")
    if known not in frame:
        return frame
    later, figure = frame[known] > night, frame.select_dtypes("number").columns
    changed = frame.loc[later, figure]
    frame = frame.copy()
    frame.loc[later, figure] = (1 - changed) if name == "promotions" else changed * 0.5 + 40
    if "in_stock_share" in frame:
        frame["in_stock_share"] = frame["in_stock_share"].clip(upper=1.0)
    return frame.drop(index=frame.index[later][::3])
