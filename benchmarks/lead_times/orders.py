"""Real purchase orders, and what was known of them at each cutoff."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

__all__ = ["Fold", "folds", "read_orders"]

FIRST, LAST, EVERY = "2008-01-01", "2015-01-01", pd.DateOffset(months=3)
LEAST_RECEIPTS = 30


@dataclass(frozen=True)
class Fold:
    """One cutoff: orders placed by then, and those placed in the next quarter.

    Attributes
    ----------
    as_of : last day known
    series : columns sku, location (country and supplier), supplier_id; one row each
    known : orders placed by `as_of`; `received_at` is null where it came later
    later : later orders: series (row of `series`), days (received − ordered), days ≥ 1
    """

    as_of: date
    series: pd.DataFrame
    known: pd.DataFrame
    later: pd.DataFrame


def read_orders(data: Path) -> pd.DataFrame:
    """SCMS order lines as the contract has them; received at or before ordering are left out."""
    orders = pd.read_parquet(data / "scms" / "purchase_orders.parquet")
    orders = orders.assign(location=orders["country"] + " from " + orders["supplier_id"])
    orders = orders[orders["received_at"] > orders["ordered_at"]].assign(cancelled_at=pd.NaT)
    return orders.sort_values(["ordered_at", "po_id", "sku", "location"], ignore_index=True)


def folds(orders: pd.DataFrame) -> Iterator[Fold]:
    """Walk forward quarter by quarter."""
    for cutoff in pd.date_range(FIRST, LAST, freq=EVERY):
        placed = orders["ordered_at"] <= cutoff
        ahead = ~placed & (orders["ordered_at"] <= cutoff + EVERY)
        known = orders[placed]
        known = known.assign(received_at=known["received_at"].where(known["received_at"] <= cutoff))
        if ahead.any() and known["received_at"].notna().sum() >= LEAST_RECEIPTS:
            yield _fold(cutoff, known, orders[ahead])


def _fold(cutoff: pd.Timestamp, known: pd.DataFrame, ahead: pd.DataFrame) -> Fold:
    keys = ["sku", "location", "supplier_id"]
    series = ahead[keys].drop_duplicates().reset_index(drop=True)
    later = ahead.merge(series.reset_index(names="series"), on=keys)
    days = (later["received_at"] - later["ordered_at"]).dt.days
    return Fold(cutoff.date(), series, known, later[["series"]].assign(days=days))
