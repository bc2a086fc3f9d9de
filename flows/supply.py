"""What the canonical tables say about supply, aligned with a panel's series."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from features.panel import PASS_SERIES, Panel, slices
from features.tables import Part, has_rows
from features.tables import read_table as read_part
from flows.memory import tidied
from flows.order_lines import open_lines, order_times
from flows.settings import Settings
from stockalert.arrays import FloatArray, IntArray
from stockalert.disruption import ByHand, Standing, delayed, standing_of
from stockalert.items import Items, items_of
from stockalert.lead_time import declared_terms, learn
from stockalert.pipeline import arrivals_of
from stockalert.positions import Position, position_at
from stockalert.purchasing.alternatives import elsewhere, offers_of
from stockalert.thresholds import Supply

__all__ = [
    "APPROVED_FILE",
    "SupplyFacts",
    "known_orders",
    "orders_to_come",
    "protection_atoms",
    "read_position",
    "read_supply",
    "read_table",
]

APPROVED_FILE = "approved_orders"
"""Lines approved and not yet seen in `purchase_orders`: a table that the order book lays beside."""


@dataclass(frozen=True)
class SupplyFacts:
    """How goods come, and what they cost.

    Attributes
    ----------
    standing : which suppliers are down or late
    moved : by sku, the usual supplier of what is ordered elsewhere while that one is down
    """

    supply: Supply
    items: Items
    standing: Standing
    moved: pd.Series[str]


@tidied
def read_supply(tables: Path, panel: Panel, *, settings: Settings, as_of: date) -> SupplyFacts:
    """Learn lead times and align costs and lots with the panel's series."""
    names = ("products", "suppliers", "supplier_items")
    products, suppliers, supplier_items = (read_table(tables, name) for name in names)
    orders = order_times(tables, "purchase_orders")
    standing = standing_of(suppliers, orders, as_of=as_of, by_hand=_by_hand(settings))
    default, moved = settings.lead_time.default_days, pd.Series(dtype="str")
    if settings.order.alternatives:
        offers = offers_of(supplier_items, suppliers, default_days=default)
        products, moved = elsewhere(products, offers, standing)
    terms = declared_terms(
        panel.series, products=products, supplier_items=supplier_items, suppliers=suppliers
    )
    lead_times = learn(panel.series, terms, orders, as_of=as_of, default_days=default)
    lead_times = standing.shifted(lead_times, terms["supplier_id"])
    review = terms["review_days"].fillna(settings.lead_time.review_days).to_numpy(np.float64)
    whole = np.concatenate(
        [(p.units == np.rint(p.units)).all(axis=1) for _, p in panel.only().passes()]
    )
    items = items_of(panel.series, terms, whole, products=products, supplier_items=supplier_items)
    return SupplyFacts(Supply(lead_times, review), items, standing, moved)


@tidied
def read_position(
    tables: Path, panel: Panel, supply: Supply, *, as_of: date, standing: Standing | None = None
) -> Position | None:
    """Stock and open orders of the panel's series; None without a stock table.

    Lines that were approved and are not yet seen among the purchase orders count as ordered.
    Orders at a supplier that is down come no earlier than its disruption's end.
    """
    stock = _last_counts(tables, panel, as_of=as_of)
    orders = orders_to_come(tables, standing, as_of=as_of)
    position = position_at(panel.series, stock, orders, as_of=as_of)
    if position is None:
        return None
    coming = arrivals_of(panel.series, orders, supply.lead_times.mean_days, as_of=as_of)
    return replace(position, arrivals=coming)


def _last_counts(tables: Path, panel: Panel, *, as_of: date) -> pd.DataFrame | None:
    """The last stock known of each series, of a table too long to be held; None without one."""
    if not has_rows(tables, "stock"):
        return None
    columns, today = ["sku", "location", "date", "on_hand", "backordered"], pd.Timestamp(as_of)
    found = []
    for which in slices(panel.n_series, PASS_SERIES):
        part = read_part(Part.of(tables, panel.series.iloc[which]), "stock", columns)
        part = part[part["date"] <= today].sort_values("date", kind="stable")
        part = part.assign(
            sku=part["sku"].astype("str"), location=part["location"].astype("str")
        ).fillna({"location": "default"})
        figures = [name for name in ("on_hand", "backordered") if name in part]
        found.append(part.groupby(["sku", "location"], as_index=False)[figures].last())
    return pd.concat(found, ignore_index=True).assign(date=today)


def known_orders(
    tables: Path, standing: Standing | None = None, *, as_of: date
) -> pd.DataFrame | None:
    """Purchase orders and approved lines, those at a supplier that is down behind its end."""
    placed = (read_table(tables, name) for name in ("purchase_orders", APPROVED_FILE))
    return _delayed(placed, standing, as_of)


def orders_to_come(
    tables: Path, standing: Standing | None = None, *, as_of: date
) -> pd.DataFrame | None:
    """As `known_orders`, of the lines that are still open."""
    names = ("purchase_orders", APPROVED_FILE)
    return _delayed((open_lines(tables, name, as_of=as_of) for name in names), standing, as_of)


def _delayed(
    placed: Iterable[pd.DataFrame | None], standing: Standing | None, as_of: date
) -> pd.DataFrame | None:
    known = [frame for frame in placed if frame is not None and len(frame)]
    orders = pd.concat(known, ignore_index=True) if known else None
    return orders if standing is None else delayed(orders, standing, as_of=as_of)


def _by_hand(settings: Settings) -> ByHand:
    """Suppliers that the settings say are down."""
    return {
        name: (_day(said.since), _day(said.until))
        for name, said in settings.order.disruptions.items()
    }


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def protection_atoms(supply: Supply, period_days: int) -> tuple[IntArray, FloatArray]:
    """Possible protection intervals in whole periods, with their probabilities; (n, n_atoms)."""
    days = supply.lead_times.atoms_days + supply.review_days[:, None]
    periods = np.maximum(np.rint(days / period_days), 1).astype(np.int64)
    return periods, supply.lead_times.probabilities


def read_table(tables: Path, name: str, columns: list[str] | None = None) -> pd.DataFrame | None:
    """Read a canonical table, or those of some columns that it has; None where there is none."""
    path = tables / f"{name}.parquet"
    if not path.exists():
        return None
    kept = columns and [column for column in pq.read_schema(path).names if column in columns]
    table = pq.read_table(path, columns=kept)
    frame: pd.DataFrame = table.to_pandas(date_as_object=False)
    return frame
