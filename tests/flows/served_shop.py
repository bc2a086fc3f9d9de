"""A published night of a few items, for the exporters: every column, no training."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from stockalert.publishing import publish_night
from stockalert.tables.arrow import to_arrow
from stockalert.tables.checks import check
from stockalert.tables.outputs import OUTPUT_TABLES

__all__ = ["publish", "thresholds"]

NIGHT = date(2026, 3, 31)


def thresholds(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """A whole table `thresholds`; every row names sku, reorder_point and order_up_to_level."""
    count = len(rows)
    usual: dict[str, Any] = {
        "location": "shop",
        "safety_stock": 4.0,
        "expected_demand": 12.0,
        "service_level": 0.95,
        "service_level_source": "settings",
        "lead_time_days": 6.5,
        "lead_time_sd_days": 1.25,
        "review_days": 1.0,
        "protection_days": 7.5,
        "static_reorder_point": 14.0,
        "formula_reorder_point": 15.0,
        "on_hand": np.nan,
        "on_order": np.nan,
        "inventory_position": np.nan,
        "order_quantity": np.nan,
        "method": "quantile",
        "model_version": "3",
    }
    quantiles = {f"q{level}": 12.0 for level in (500, 800, 900, 950, 975, 990)}
    frame = pd.DataFrame([usual | quantiles | row for row in rows])
    kinds = {"text": "str", "date": "datetime64[us]"}
    for column in OUTPUT_TABLES["thresholds"].columns:
        if column.name not in frame:
            kind = kinds.get(column.kind, "float64")
            frame[column.name] = pd.Series([None] * count, dtype=kind)
    names = list(OUTPUT_TABLES["thresholds"].names)
    return check(frame[names], OUTPUT_TABLES["thresholds"])


def publish(out: Path, frame: pd.DataFrame, *, run_id: str = "night-1") -> Path:
    """Serve the thresholds as one night."""
    publish_night(
        out,
        {"thresholds": to_arrow(frame, OUTPUT_TABLES["thresholds"])},
        as_of_date=NIGHT,
        run_id=run_id,
        created_at=datetime(2026, 4, 1, 3),
        valid_until=datetime(2026, 4, 2, 15),
        model_version="3",
        settings_fingerprint="0" * 16,
    )
    return out
