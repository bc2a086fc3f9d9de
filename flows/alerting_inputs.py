"""What alerts need of a run besides the night's own tables: read for some series at a time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from features.panel import slices
from flows.decided import DecidedNight, Expected
from flows.intake import Intake
from flows.memory import give_back
from flows.order_lines import open_lines
from flows.run import Run
from flows.settings import Settings
from flows.supply import read_table
from stockalert.alerts.conditions import Rules
from stockalert.alerts.facts import Evening
from stockalert.alerts.spikes import RECENT_DAYS, USUAL_DAYS
from stockalert.arrays import FloatArray
from stockalert.items import items_of
from stockalert.lead_time import declared_terms
from stockalert.mapped import rows_of
from stockalert.outlook import forecasts_frame
from stockalert.tables.blocks import AnyTable, blocks_of

__all__ = ["evenings_of", "last_stock", "rules_of"]

BLOCK_SERIES = 4096


def rules_of(settings: Settings) -> Rules:
    """Where the lines are."""
    names = set(Rules.__dataclass_fields__)
    return Rules(**settings.alerts.model_dump(include=names))


def evenings_of(run: Run, intake: Intake, decided: DecidedNight) -> Iterator[Evening]:
    """Read what alerts need besides the night's own tables, for some neighbouring series."""
    expected = decided.expected
    suppliers = read_table(run.tables, "suppliers")
    orders = open_lines(run.tables, "purchase_orders", as_of=intake.last_day)
    since = intake.as_of - timedelta(days=USUAL_DAYS + max(RECENT_DAYS, run.period_days) + 7)
    days = _shared_days(expected)
    for which, series in _by_series(decided.frames["thresholds"]):
        forecasts = forecasts_frame(
            series,
            rows_of(expected.horizons.values, which),
            expected.horizons.days,
            expected.horizons.levels,
            outlook=expected.outlook.take(which),
            protection_days=expected.protection_days[which],
        )
        products, offered = (_part(run.tables, n, series) for n in ("products", "supplier_items"))
        terms = declared_terms(
            series, products=products, supplier_items=offered, suppliers=suppliers
        )
        in_units = np.full(len(series), True)
        items = items_of(series, terms, in_units, products=products, supplier_items=offered)
        mine = None if orders is None else orders[orders["sku"].isin(series["sku"])]
        recent = {n: _part(run.tables, n, series, since) for n in ("sales", "browsing")}
        yield Evening(series, forecasts, items, products, suppliers, mine, **recent, days=days)
        give_back()


def _by_series(thresholds: AnyTable) -> Iterator[tuple[slice, pd.DataFrame]]:
    """Some neighbouring rows at a time, and where they are; one block at least."""
    begin = 0
    for block in blocks_of(thresholds):
        for part in slices(max(len(block), 1), BLOCK_SERIES):
            rows = block.iloc[part].reset_index(drop=True)
            yield slice(begin + part.start, begin + part.start + len(rows)), rows
        begin += len(block)


def last_stock(tables: Path) -> date | None:
    """Latest day in the stock table."""
    path = tables / "stock.parquet"
    if not path.exists():
        return None
    days = pq.read_table(path, columns=["date"])["date"].to_pandas()
    return None if days.isna().all() else pd.Timestamp(days.max()).date()


def _shared_days(expected: Expected) -> FloatArray:
    """Horizons that every series was forecast at: the common ones, and P where all have the same.

    A block alone cannot tell.
    """
    protection = expected.protection_days
    alike = len(protection) and (protection == protection[0]).all()
    return np.unique(np.append(expected.horizons.days, protection[:1] if alike else []))


def _part(
    tables: Path, name: str, series: pd.DataFrame, since: date | None = None
) -> pd.DataFrame | None:
    """Read the rows of some neighbouring skus, or their latest ones; None without such a table."""
    path = tables / f"{name}.parquet"
    if not path.exists():
        return None
    first, last = series["sku"].min(), series["sku"].max()
    rows = [("sku", ">=", first), ("sku", "<=", last)] if len(series) else None
    recent = [] if since is None else [("date", ">=", pd.Timestamp(since))]
    found: pd.DataFrame = pq.read_table(path, filters=[*(rows or []), *recent] or None).to_pandas(
        date_as_object=False
    )
    return found
