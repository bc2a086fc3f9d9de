"""The scale of a series is positive, follows its demand and shrinks towards its peers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from features.facts import Facts
from features.groups import group_totals
from features.history import Block, History
from features.panel import Panel


def _history(units: np.ndarray, first: int = 0, cutoff: int | None = None) -> History:
    units = np.atleast_2d(units).astype(np.float32)
    n, n_periods = units.shape
    observed = np.ones_like(units)
    observed[:, :first] = 0.0
    panel = Panel(
        series=pd.DataFrame({"sku": [f"{i:03d}" for i in range(n)], "location": "default"}),
        periods=np.datetime64("2023-01-01") + np.arange(n_periods),
        period_days=1,
        first=np.full(n, first, dtype=np.int32),
        units=units,
        observed=observed,
    )
    facts = Facts(groupings={"shop": np.zeros(n, dtype=np.int64)})
    whole = slice(0, n)
    block = Block(panel, facts, group_totals(panel, facts, [whole]), whole)
    return block.until(n_periods - 1 if cutoff is None else cutoff)


def test_a_steady_seller_has_its_rate_as_scale() -> None:
    assert _history(np.full(400, 12.0)).scale == pytest.approx([12.0])


def test_the_scale_of_a_series_that_never_sold_is_small_and_positive() -> None:
    units = np.zeros((3, 400))
    assert np.all(_history(units).scale > 0)
    units[0] = 10.0
    scale = _history(units).scale
    assert np.all(scale > 0)
    assert scale[1] < 0.02 * scale[0]


def test_a_series_without_history_is_expected_to_sell_like_its_peers() -> None:
    units = np.full((5, 100), 4.0)
    history = _history(units, first=100, cutoff=99)
    assert history.scale == pytest.approx(np.full(5, 1 / 364))
    rng = np.random.default_rng(1)
    peers = rng.poisson(4, (5, 100))
    assert _history(peers).scale == pytest.approx(np.full(5, 4.0), rel=0.2)


def test_ten_times_the_demand_has_ten_times_the_scale() -> None:
    units = np.random.default_rng(2).poisson(0.4, (20, 380))
    assert _history(units * 10).scale == pytest.approx(10 * _history(units).scale, rel=1e-6)


def test_the_scale_follows_a_doubling_of_demand() -> None:
    units = np.concatenate([np.full(300, 5.0), np.full(91, 10.0)])
    scale = float(_history(units).scale[0])
    assert 7.0 < scale < 10.0
