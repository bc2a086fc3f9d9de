"""What alerts need of a run besides the night's own tables."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from flows.run import Run
from flows.settings import Settings
from stockalert.alerts.conditions import Rules
from stockalert.alerts.facts import Evening
from stockalert.alerts.spikes import RECENT_DAYS, USUAL_DAYS
from stockalert.items import items_of
from stockalert.lead_time import declared_terms
from stockalert.tables.blocks import AnyTable, whole

__all__ = ["evening_of", "last_stock", "rules_of"]


def rules_of(settings: Settings) -> Rules:
    """Where the lines are."""
    names = set(Rules.__dataclass_fields__)
    return Rules(**settings.alerts.model_dump(include=names))


def evening_of(run: Run, as_of: date, frames: dict[str, AnyTable]) -> Evening:
    """Read what alerts need besides the night's own tables."""
    thresholds = frames["thresholds"].reset_index(drop=True)
    names = ("products", "suppliers", "supplier_items", "purchase_orders")
    tables = {name: _frame(run.tables, name) for name in names}
    offered = tables.pop("supplier_items")
    terms = declared_terms(
        thresholds[["sku", "location"]],
        products=tables["products"],
        supplier_items=offered,
        suppliers=tables["suppliers"],
    )
    in_units = pd.Series(True, thresholds.index).to_numpy()
    items = items_of(thresholds, terms, in_units, products=tables["products"], supplier_items=offered)
    since = as_of - timedelta(days=USUAL_DAYS + max(RECENT_DAYS, run.period_days) + 7)
    recent = {name: _frame(run.tables, name, since=since) for name in ("sales", "browsing")}
    return Evening(thresholds, whole(frames["forecasts"]), items, **tables, **recent)


def last_stock(tables: Path) -> date | None:
    """Latest day in the stock table."""
    path = tables / "stock.parquet"
    if not path.exists():
        return None
    days = pq.read_table(path, columns=["date"])["date"].to_pandas()
    return None if days.isna().all() else pd.Timestamp(days.max()).date()


def _frame(tables: Path, name: str, since: date | None = None) -> pd.DataFrame | None:
    """Read a canonical table, or its latest rows; None where there is none."""
    path = tables / f"{name}.parquet"
    if not path.exists():
        return None
    rows = None if since is None else [("date", ">=", pd.Timestamp(since))]
    found: pd.DataFrame = pq.read_table(path, filters=rows).to_pandas(date_as_object=False)
    return found
