"""What a decided night holds in memory grows by a few KB per sku, as docs/scaling.md says."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pandas as pd
import pytest

from stockalert.outlook import (
    BLOCK_SERIES,
    Horizons,
    Outlook,
    forecasts_frame,
    forecasts_table,
)
from stockalert.purchasing.cash_plan import cash_plan
from stockalert.purchasing.shared_demand import shared_correlation
from stockalert.tables import forecasts_table as forecasts_declared
from stockalert.tables.blocks import checked_batches
from tests.stockalert.purchasing_shop import evening

FEW, MANY = 1024, 4096
MOST_KIB_PER_SKU = 4.0
"""Without the text of tables, which Arrow holds."""


def _peak(n: int) -> int:
    """Most bytes held while a shop of n skus is decided, forecast, ordered for and paid for."""
    rng = np.random.default_rng(1)
    products = pd.DataFrame(
        {
            "sku": [f"item {i:07d}" for i in range(n)],
            "supplier_id": [f"supplier {i % 40:02d}" for i in range(n)],
            "unit_cost": rng.uniform(1, 9, n),
            "unit_price": rng.uniform(9, 19, n),
            "moq": 6.0,
            "holding_rate": 0.25,
        }
    )
    names = [f"supplier {i:02d}" for i in range(40)]
    suppliers = pd.DataFrame({"supplier_id": names, "order_cost": 20.0, "min_order_value": 90.0})
    on_hand = rng.uniform(0, 30, n).tolist()
    weeks = rng.poisson(3, (n, 104)).astype(np.float32)
    seen = np.full(weeks.shape, True)
    tracemalloc.start()
    try:
        night = evening(products, on_hand, suppliers=suppliers)
        case = night.case
        forecasts = forecasts_frame(
            night.thresholds,
            case.horizons.values,
            case.horizons.days,
            case.outlook.levels,
            outlook=case.outlook,
            protection_days=case.supply.protection_days,
        )
        orders = night.orders().reset_index()
        cash_plan(case, night.thresholds, orders, shared=shared_correlation(weeks, seen))
        assert len(forecasts) >= 6 * n
        assert len(orders) > n / 10
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.slow
def test_a_decided_night_holds_a_few_kilobytes_per_sku() -> None:
    _peak(64)  # what is imported and cached along the way
    grown = (_peak(MANY) - _peak(FEW)) / (MANY - FEW) / 1024
    assert 1.0 < grown < MOST_KIB_PER_SKU


def _peak_of_forecasts(n: int) -> int:
    """Most bytes held while the forecasts of n skus are made, checked and turned into Arrow."""
    levels = np.array([0.5, 0.9, 0.99])
    values = np.sort(np.random.default_rng(1).gamma(1.0, 9.0, (n, 6, 3)), axis=2)
    text = np.full(n, "")
    outlook = Outlook(values[:, 2], levels, text, None, text, np.full(n, np.nan))
    series = pd.DataFrame({"sku": [f"item {i:07d}" for i in range(n)], "location": "default"})
    tracemalloc.start()
    try:
        table = forecasts_table(
            series,
            Horizons(np.array([1.0, 7.0, 14.0, 28.0, 56.0, 91.0]), values, levels),
            outlook=outlook,
            protection_days=np.full(n, 15.0),
        )
        batches = checked_batches(table, forecasts_declared(levels.tolist()))
        assert sum(batch.num_rows for batch in batches) == len(table) == 7 * n
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.slow
def test_forecasts_of_three_times_the_skus_are_written_in_little_more_memory() -> None:
    _peak_of_forecasts(64)  # what is imported and cached along the way
    few, many = (_peak_of_forecasts(blocks * BLOCK_SERIES) for blocks in (1, 3))
    assert many < 1.5 * few  # a hash of every key is kept
