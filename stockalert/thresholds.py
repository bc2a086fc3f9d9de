"""Table `thresholds`, put together from arrays that are already computed.

One row per series, in the order of `series`; nothing here forecasts, decides or reads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from stockalert.alignment import beside
from stockalert.arrays import (
    BoolArray,
    DateArray,
    FloatArray,
    IntArray,
    NumberArray,
    TextArray,
)
from stockalert.classification import CLASSES, PATTERNS, XYZ_CLASSES
from stockalert.lead_time import LeadTimes
from stockalert.outlook import Outlook
from stockalert.policy import OrderPlan
from stockalert.positions import Position, days_of_cover, stockout_probability
from stockalert.quantiles import quantile_at
from stockalert.service_level import ServiceLevels
from stockalert.tables.columns import quantile_column
from stockalert.tables.outputs import OUTPUT_TABLES

__all__ = [
    "COMPARED",
    "Decision",
    "Kinds",
    "Supply",
    "compared_with",
    "reorder_points",
    "thresholds_frame",
]

PUBLISHED_LEVELS = (0.5, 0.8, 0.9, 0.95, 0.975, 0.99)
NOTICEABLE = 0.02
COMPARED = (
    *("sku", "location", "reorder_point", "service_level", "protection_days"),
    *("expected_demand", "method", "model_version"),
)
"""Columns of the thresholds served before that tonight's are compared with."""
TINY = 1e-9


@dataclass(frozen=True)
class Kinds:
    """Codes of `stockalert.classification`, shape (n,) each."""

    abc: IntArray
    xyz: IntArray
    pattern: IntArray


@dataclass(frozen=True)
class Supply:
    """How goods come: lead times and review days (shape (n,), days)."""

    lead_times: LeadTimes
    review_days: FloatArray

    @property
    def protection_days(self) -> FloatArray:
        """Mean lead time + review days, shape (n,), days."""
        return np.asarray(self.lead_times.mean_days + self.review_days)

    def take(self, which: BoolArray | slice) -> Supply:
        """Return the series that `which` selects."""
        return Supply(self.lead_times.take(which), self.review_days[which])


@dataclass(frozen=True)
class Decision:
    """What is decided for each series, and the textbook's figures beside it.

    Attributes
    ----------
    reorder_point, static_reorder_point, formula_reorder_point : shape (n,), units
    service : level and source
    plan : order-up-to level and order quantity
    order_by : shape (n,), datetime64; NaT = unknown
    order_note : what held each order back; null = nothing
    asked : shape (n,), units; what tonight's forecast asks for, where the dead-band held another
        reorder point
    """

    reorder_point: FloatArray
    service: ServiceLevels
    plan: OrderPlan
    static_reorder_point: FloatArray
    formula_reorder_point: FloatArray
    order_by: DateArray
    order_note: pd.Series[str] | None = None
    asked: FloatArray | None = None


def reorder_points(
    values: NumberArray, levels: NumberArray, level: NumberArray | float, whole: BoolArray
) -> FloatArray:
    """Quantile of demand over the protection interval, rounded up where units are whole.

    Parameters
    ----------
    values : shape (n, n_levels), units
    levels : shape (n_levels,)
    level : service level, a number or shape (n,)
    whole : shape (n,)

    Examples
    --------
    >>> values, levels = np.array([[10.0, 20.5], [10.0, 20.5]]), np.array([0.5, 0.9])
    >>> reorder_points(values, levels, 0.9, np.array([True, False])).tolist()
    [21.0, 20.5]
    """
    exact = np.clip(quantile_at(values, levels, level), 0.0, None)
    return np.where(whole, np.ceil(exact - TINY), exact)


def thresholds_frame(
    series: pd.DataFrame,
    outlook: Outlook,
    kinds: Kinds,
    supply: Supply,
    decision: Decision,
    *,
    position: Position | None = None,
) -> pd.DataFrame:
    """Table `thresholds`, without a previous night to compare with (see `compared_with`).

    Parameters
    ----------
    series : columns sku, location
    position : None = no stock table; then every column that needs stock is null
    """
    expected = outlook.expected_demand
    columns = {
        "reorder_point": decision.reorder_point,
        "safety_stock": decision.reorder_point - expected,
        "expected_demand": expected,
        "order_up_to_level": decision.plan.order_up_to_level,
        "service_level": decision.service.level,
        "service_level_source": decision.service.source,
        "lead_time_days": supply.lead_times.mean_days,
        "lead_time_sd_days": supply.lead_times.sd_days,
        "review_days": supply.review_days,
        "protection_days": supply.protection_days,
        "static_reorder_point": decision.static_reorder_point,
        "formula_reorder_point": decision.formula_reorder_point,
        "previous_reorder_point": np.full(len(series), np.nan),
    }
    published = np.array([PUBLISHED_LEVELS])
    names = [quantile_column(level) for level in PUBLISHED_LEVELS]
    columns |= dict(
        zip(names, quantile_at(outlook.published, outlook.levels, published).T, strict=True)
    )
    frame = series[["sku", "location"]].reset_index(drop=True).assign(**columns)
    frame = frame.assign(**_words(outlook, kinds), **_standing(outlook, supply, decision, position))
    note = decision.order_note
    frame["order_note"] = _text(np.full(len(frame), "")) if note is None else note.to_numpy()
    return frame[list(OUTPUT_TABLES["thresholds"].names)]


def compared_with(thresholds: pd.DataFrame, previous: pd.DataFrame | None) -> pd.DataFrame:
    """Fill `previous_reorder_point` and `change_reason` from the thresholds served before.

    The reason is the first that holds: `new` (not there before), `unchanged`, `method`,
    `service level`, `lead time`, `demand` (daily rate; these two: by more than 2 %),
    `model` (another version), else `uncertainty` (same demand, other spread).
    """
    if previous is None or previous.empty:
        return thresholds.assign(change_reason=_text(np.full(len(thresholds), "new")))
    before = beside(previous, thresholds).set_axis(thresholds.index)
    rate, rate_before = (f["expected_demand"] / f["protection_days"] for f in (thresholds, before))
    reasons = {
        "new": before["reorder_point"].isna(),
        "unchanged": _same(thresholds["reorder_point"], before["reorder_point"], TINY),
        "method": thresholds["method"] != before["method"],
        "service level": ~_same(thresholds["service_level"], before["service_level"], TINY),
        "lead time": ~_same(thresholds["protection_days"], before["protection_days"], NOTICEABLE),
        "demand": ~_same(rate, rate_before, NOTICEABLE),
        "model": thresholds["model_version"].fillna("") != before["model_version"].fillna(""),
    }
    reason = np.select(
        [holds.to_numpy(bool) for holds in reasons.values()], list(reasons), "uncertainty"
    )
    return thresholds.assign(
        previous_reorder_point=before["reorder_point"].astype("float64"),
        change_reason=_text(reason),
    )


def _words(outlook: Outlook, kinds: Kinds) -> dict[str, Any]:
    """Columns of text."""
    n = len(outlook.method)
    return {
        "abc_class": _text(np.array(CLASSES)[kinds.abc]),
        "xyz_class": _text(np.array(XYZ_CLASSES)[kinds.xyz]),
        "demand_pattern": _text(np.array(PATTERNS)[kinds.pattern]),
        "method": _text(outlook.method),
        "model_version": pd.array([outlook.model_version] * n, dtype="str"),
        "change_reason": pd.array([None] * n, dtype="str"),
        "calibration_group": _text(outlook.calibration_group),
        "coverage_recent": outlook.coverage_recent,
    }


def _standing(
    outlook: Outlook, supply: Supply, decision: Decision, position: Position | None
) -> dict[str, Any]:
    """Columns that need stock; null without it."""
    unknown = np.full(len(outlook.values), np.nan)
    if position is None:
        names = ("on_hand", "on_order", "inventory_position", "stockout_probability")
        nothing = dict.fromkeys((*names, "days_of_cover", "order_quantity"), unknown)
        return nothing | {"order_by_date": unknown.astype("datetime64[us]")}
    at = position.inventory_position
    per_day = outlook.expected_demand / supply.protection_days
    return {
        "order_quantity": decision.plan.order_quantity,
        "on_hand": position.on_hand,
        "on_order": position.on_order,
        "inventory_position": at,
        "stockout_probability": stockout_probability(outlook.values, outlook.levels, at),
        "days_of_cover": days_of_cover(position.on_hand, per_day),
        "order_by_date": decision.order_by.astype("datetime64[us]"),
    }


def _same(now: pd.Series[float], before: pd.Series[float], tolerance: float) -> pd.Series[bool]:
    """Equal but for a relative difference."""
    return (now - before).abs() <= tolerance * np.maximum(now.abs(), before.abs())


def _text(values: TextArray) -> pd.Series[str]:
    """Text with "" as null."""
    words = pd.Series(values, dtype="str")
    return words.where(words != "")
