"""A small grocery shop, written as parquet or CSV: the healthy ground of the tests."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

__all__ = ["SKUS", "healthy_sales", "healthy_shop", "promotions", "write", "write_csv"]

SKUS = ("apple", "bread", "cheese", "dates")
_DAYS = pd.date_range("2024-01-01", "2024-03-31")


def healthy_sales() -> pd.DataFrame:
    sales = pd.DataFrame(
        [(sku, day) for sku in SKUS for day in _DAYS], columns=["sku", "date"]
    ).assign(location="main")
    sales["units_sold"] = (sales.index % 5).astype(float)
    sales["unit_price"] = 2.5
    return sales


def healthy_shop(data: Path) -> None:
    """Four groceries, three months, every common table."""
    write(data, "sales", healthy_sales())
    write(data, "stock", healthy_sales()[["sku", "date", "location"]].assign(on_hand=7.0))
    write(
        data,
        "products",
        pd.DataFrame({"sku": SKUS, "supplier_id": "farm", "category": "food", "unit_cost": 1.0}),
    )
    write(data, "suppliers", pd.DataFrame({"supplier_id": ["farm"], "lead_time_days": [5.0]}))
    write(data, "promotions", promotions())
    write(
        data,
        "prices",
        pd.DataFrame({"sku": SKUS, "start_date": pd.Timestamp("2024-02-01"), "unit_price": 3.0}),
    )
    browsing = healthy_sales()[["sku", "date"]].assign(views=10.0)
    write(data, "browsing", browsing)


def promotions() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "sku": SKUS,
            "start_date": pd.Timestamp("2024-03-01"),
            "end_date": pd.Timestamp("2024-03-07"),
        }
    )


def write(data: Path, name: str, frame: pd.DataFrame) -> None:
    frame.to_parquet(data / f"{name}.parquet")


def write_csv(data: Path, name: str, text: str, encoding: str = "utf-8") -> None:
    (data / f"{name}.parquet").unlink(missing_ok=True)
    (data / f"{name}.csv").write_bytes(text.encode(encoding))
