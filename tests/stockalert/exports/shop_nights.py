"""Nights of a small shop for the exporters, and what its table means, told once more and slowly."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

import numpy as np
import pandas as pd

from stockalert.exports import Export
from stockalert.exports.files import csv_text

__all__ = ["Item", "as_imported", "lots_of", "meant", "night"]


@dataclass(frozen=True)
class Item:
    """One sku at one location; amounts in units, `step` the smallest that differs."""

    reorder_point: Decimal
    up_to: Decimal
    step: Decimal = Decimal(1)
    moq: Decimal | None = None
    case_pack: Decimal | None = None


def night(items: list[Item], position: list[Decimal] | None = None) -> pd.DataFrame:
    """The table `thresholds` of the items; without positions there is no stock table."""
    at = [np.nan] * len(items) if position is None else [float(units) for units in position]
    half = [0.5 if item.step < 1 else 0.0 for item in items]
    return pd.DataFrame(
        {
            "sku": [f"item {n:02d}" for n in range(len(items))],
            "location": "shop",
            "reorder_point": [float(item.reorder_point) for item in items],
            "order_up_to_level": [float(item.up_to) for item in items],
            "on_hand": [np.nan if np.isnan(x) else 10 + h for x, h in zip(at, half, strict=True)],
            "inventory_position": at,
            "order_quantity": [
                np.nan if np.isnan(x) else float(meant(item, position[n]))
                for n, (item, x) in enumerate(zip(items, at, strict=True))
            ],
            "safety_stock": 2.5,
            "lead_time_days": 4.2,
            "lead_time_sd_days": 1.5,
            "service_level": 0.95,
        }
    )


def lots_of(items: list[Item]) -> pd.DataFrame:
    """MOQ, case pack and step of every row."""

    def known(units: Decimal | None) -> float:
        return np.nan if units is None else float(units)

    return pd.DataFrame(
        {
            "moq": [known(item.moq) for item in items],
            "case_pack": [known(item.case_pack) for item in items],
            "step": [float(item.step) for item in items],
        }
    )


def meant(item: Item, position: Decimal) -> Decimal:
    """What the table asks for at a position: exact decimals, one sku at a time."""
    up_to = (item.up_to / item.step).to_integral_value(ROUND_CEILING) * item.step
    if position > item.reorder_point or position >= up_to:
        return Decimal(0)
    wanted = max(up_to - position, item.moq or Decimal(0))
    pack = item.case_pack or (Decimal(1) if item.step == 1 else Decimal(0))
    return wanted if not pack else (wanted / pack).to_integral_value(ROUND_CEILING) * pack


def as_imported(done: Export) -> pd.DataFrame:
    """The rows as the target reads them from the file: numbers where all texts are numbers."""
    header, *lines = list(csv.reader(io.StringIO(csv_text(done.rows), newline="")))
    rows = pd.DataFrame(lines, columns=header, dtype="str")
    for name in rows:
        figures = pd.to_numeric(rows[name], errors="coerce")
        if len(rows) and figures.notna().all():
            rows[name] = figures
    return rows
