"""What a decided night holds in memory grows by a few KB per sku, as docs/scaling.md says."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pandas as pd
import pytest

from stockalert.outlook import forecasts_frame
from stockalert.purchasing.cash_plan import cash_plan
from stockalert.purchasing.shared_demand import shared_correlation
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
