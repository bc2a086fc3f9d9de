"""A small shop with three years of sales, stock-outs and a launch."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from benchmarks.forecast.problem import Problem


@pytest.fixture
def shop() -> Problem:
    """Forty items: fast, slow and lumpy sellers, now and then partly out of stock."""
    random = np.random.default_rng(3)
    n_series, n_periods = 40, 500
    rate = random.gamma(1.0, 3.0, (n_series, 1))
    demand = random.poisson(rate, (n_series, n_periods)).astype(np.float32)
    demand[:10] *= random.random((10, n_periods)) < 0.1
    observed = np.where(random.random(demand.shape) < 0.03, random.random(demand.shape), 1)
    demand[35:, :300] = 0  # launched late
    demand[:, 300] += 1
    return Problem(
        name="shop",
        period_days=1,
        periods=np.arange(n_periods) + np.datetime64("2023-01-02"),
        demand=demand,
        observed=observed.astype(np.float32),
        price=np.full_like(demand, np.nan),
        promoted=np.zeros_like(demand),
        series=pd.DataFrame({"sku": [f"item {i:02}" for i in range(n_series)]}).assign(
            location="default", category="toys"
        ),
        unit_value=np.linspace(1, 5, n_series, dtype=np.float32),
        cutoffs=np.arange(400, 471, 7, dtype=np.int32),
        protection_days=random.integers(4, 30, n_series).astype(np.int32),
    )
