"""A decision takes its cycle from the order that is placed, not from a guess at demand."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from stockalert.decide import Horizons, Past, ServicePolicy, decide
from stockalert.items import items_of
from stockalert.lead_time import declared_terms, from_moments
from stockalert.outlook import Outlook
from stockalert.thresholds import Supply

LEVELS = np.array([0.5, 0.8, 0.9, 0.95, 0.975, 0.99])


def _decide(products: pd.DataFrame, *, mode: str):
    series = pd.DataFrame({"sku": products["sku"], "location": "default"})
    n = len(series)
    terms = declared_terms(series, products=products)
    week = np.tile(np.array([10.0, 13.0, 15.0, 17.0, 19.0, 22.0]), (n, 1))
    outlook = Outlook(
        values=2 * week,
        levels=LEVELS,
        method=np.full(n, "quantile"),
        model_version="1",
        calibration_group=np.full(n, ""),
        coverage_recent=np.full(n, np.nan),
    )
    return decide(
        outlook,
        Horizons(np.array([7.0, 14.0]), np.stack([week, 2 * week], axis=1), LEVELS),
        Supply(from_moments(np.full(n, 7.0), np.zeros(n)), np.full(n, 7.0)),
        items_of(series, terms, np.full(n, True), products=products),
        Past(np.full(n, 1.5), np.full(n, 1.0), 1),
        policy=ServicePolicy(mode, 0.95, 0.5, 0.995, 0.0, "auto"),
        position=None,
        as_of=date(2026, 3, 31),
    )


def test_a_weekly_review_at_a_fifth_a_week_against_one_a_unit_short_is_0_833() -> None:
    tea = pd.DataFrame(
        {"sku": ["tea"], "holding_cost_per_unit_day": [0.2 / 7], "stockout_cost_per_unit": [1.0]}
    )
    service = _decide(tea.assign(unit_cost=1.0), mode="cost").service
    assert service.level == pytest.approx([1 / 1.2], abs=1e-12)
    assert service.source.tolist() == ["cost"]


def test_dearer_storage_lowers_the_reorder_point_and_dearer_stockouts_raise_it() -> None:
    shop = pd.DataFrame(
        {
            "sku": ["cheap to keep", "dear to keep", "dear to miss"],
            "unit_cost": 1.0,
            "holding_cost_per_unit_day": [0.01, 0.05, 0.01],
            "stockout_cost_per_unit": [1.0, 1.0, 4.0],
        }
    )
    keep, store, miss = _decide(shop, mode="cost").reorder_point
    assert store < keep < miss
