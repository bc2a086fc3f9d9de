"""What the canonical tables say about supply, aligned with a panel's series."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from features.panel import Panel
from flows.settings import Settings
from stockalert.arrays import FloatArray, IntArray
from stockalert.items import Items, items_of
from stockalert.lead_time import declared_terms, learn
from stockalert.pipeline import arrivals_of
from stockalert.positions import Position, position_at
from stockalert.thresholds import Supply

__all__ = ["SupplyFacts", "protection_atoms", "read_position", "read_supply"]


@dataclass(frozen=True)
class SupplyFacts:
    """How goods come, and what they cost."""

    supply: Supply
    items: Items


def read_supply(tables: Path, panel: Panel, *, settings: Settings, as_of: date) -> SupplyFacts:
    """Learn lead times and align costs and lots with the panel's series."""
    names = ("products", "suppliers", "supplier_items", "purchase_orders")
    products, suppliers, supplier_items, orders = (_frame(tables, name) for name in names)
    terms = declared_terms(
        panel.series, products=products, supplier_items=supplier_items, suppliers=suppliers
    )
    lead_times = learn(
        panel.series, terms, orders, as_of=as_of, default_days=settings.lead_time.default_days
    )
    review = terms["review_days"].fillna(settings.lead_time.review_days).to_numpy(np.float64)
    whole = (panel.units == np.rint(panel.units)).all(axis=1)
    items = items_of(panel.series, terms, whole, products=products, supplier_items=supplier_items)
    return SupplyFacts(Supply(lead_times, review), items)


def read_position(tables: Path, panel: Panel, supply: Supply, *, as_of: date) -> Position | None:
    """Stock and open orders of the panel's series; None without a stock table."""
    stock = _frame(tables, "stock", ["sku", "location", "date", "on_hand", "backordered"])
    orders = _frame(tables, "purchase_orders")
    position = position_at(panel.series, stock, orders, as_of=as_of)
    if position is None:
        return None
    coming = arrivals_of(panel.series, orders, supply.lead_times.mean_days, as_of=as_of)
    return replace(position, arrivals=coming)


def protection_atoms(supply: Supply, period_days: int) -> tuple[IntArray, FloatArray]:
    """Possible protection intervals in whole periods, with their probabilities; (n, n_atoms)."""
    days = supply.lead_times.atoms_days + supply.review_days[:, None]
    periods = np.maximum(np.rint(days / period_days), 1).astype(np.int64)
    return periods, supply.lead_times.probabilities


def _frame(tables: Path, name: str, columns: list[str] | None = None) -> pd.DataFrame | None:
    """Read a canonical table; None where there is none."""
    path = tables / f"{name}.parquet"
    if not path.exists():
        return None
    table = pq.read_table(path, columns=columns)
    frame: pd.DataFrame = table.to_pandas(date_as_object=False)
    return frame
