"""An ablation finds the family that matters, and calls the others by their worth."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.forecast import ablation
from benchmarks.forecast.ablation_rows import AblationRows
from features.build import FAMILIES
from stockalert.rows import Rows


def _rows(n: int, seed: int) -> Rows:
    """Demand follows the price alone; the category, given as if it were a season, is noise."""
    draw = np.random.default_rng(seed)
    values = draw.random((n, 3)).astype(np.float32)
    values[:, 1] = draw.integers(0, 4, n)
    return Rows(
        values=values,
        names=("log_price", "attribute_category", "price_28d"),
        categorical=("attribute_category",),
        series=np.arange(n, dtype=np.int32) % 100,
        cutoff=np.full(n, np.datetime64("2024-01-01")),
        horizon=np.full(n, 7, dtype=np.int32),
        scale=np.ones(n, dtype=np.float32),
        abc=np.zeros(n, dtype=np.int8),
        pattern=np.zeros(n, dtype=np.int8),
        demand=draw.poisson(7 * (1 + 9 * values[:, 0])).astype(np.float32),
        weight=np.ones(n, dtype=np.float32),
    )


@pytest.fixture(scope="module")
def changes() -> dict[str, ablation.Change]:
    train, test = _rows(6_000, 1), _rows(2_000, 2)
    given = {"prices": ("log_price", "price_28d"), "seasonality": ("attribute_category",)}
    assert test.demand is not None
    rows = AblationRows(
        train=train,
        test=test,
        actual=test.demand.astype(np.float64),
        weight=np.ones(len(test)),
        series=test.series,
        columns={name: given.get(name, ()) for name in FAMILIES},
        period_days=1,
    )
    found = ablation._changes(rows, list(FAMILIES), seeds=1)
    return {change.family: change for change in found}


def test_leaving_out_what_matters_costs_and_the_interval_says_so(changes) -> None:
    price = changes["prices"]
    assert price.change > 0.3
    assert 0 < price.low <= price.change <= price.high
    assert price.columns == 2
    assert price.pinball == pytest.approx(
        changes["(default)"].pinball * (1 + price.change), rel=0.01
    )


def test_noise_costs_nothing_when_it_is_left_out(changes) -> None:
    assert changes["seasonality"].high < 0.01


def test_families_without_a_column_are_not_listed(changes) -> None:
    assert set(changes) == {"(default)", "prices", "seasonality"}
