"""The target is demand after the cutoff, un-censored, and absent where it was hardly seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from features.panel import Panel
from features.target import demand_after


def _panel(units, observed, first=0) -> Panel:
    units = np.atleast_2d(np.asarray(units, dtype=np.float32))
    n, n_periods = units.shape
    return Panel(
        series=pd.DataFrame({"sku": [f"tea {i}" for i in range(n)], "location": "default"}),
        periods=np.datetime64("2024-01-01") + np.arange(n_periods),
        period_days=1,
        first=np.full(n, first, dtype=np.int32),
        units=units,
        observed=np.broadcast_to(np.float32(observed), units.shape).copy(),
    )


def _one(panel: Panel, cutoff: int, horizon: int) -> tuple[float, float]:
    demand, weight = demand_after(panel, np.array([cutoff]), np.array([[[horizon]]]))
    return float(demand[0, 0, 0]), float(weight[0, 0, 0])


def test_demand_in_stock_is_what_was_sold_after_the_cutoff() -> None:
    assert _one(_panel([9, 9, 1, 2, 3, 9], 1.0), cutoff=1, horizon=3) == (6.0, 1.0)


def test_days_out_of_stock_are_filled_at_the_rate_seen_in_stock() -> None:
    panel = _panel([9, 4, 0, 4, 4], [1, 1, 0, 1, 1])
    assert _one(panel, cutoff=0, horizon=4) == (16.0, 0.75)


def test_demand_is_never_below_sales_made_while_out_of_stock() -> None:
    panel = _panel([1, 1, 30, 1], [1, 1, 0, 1])
    assert _one(panel, cutoff=0, horizon=3) == (32.0, np.float32(2 / 3))


def test_an_interval_mostly_out_of_stock_has_no_target() -> None:
    demand, weight = _one(_panel([5, 5, 0, 0, 0], [1, 1, 0, 0, 0]), cutoff=0, horizon=4)
    assert np.isnan(demand)
    assert weight == 0.0


def test_an_interval_that_is_not_over_has_no_target() -> None:
    assert _one(_panel([1, 1, 1], 1.0), cutoff=0, horizon=3)[1] == 0.0
    assert _one(_panel([1, 1, 1], 1.0), cutoff=0, horizon=2)[1] == 1.0


def test_a_series_that_has_not_begun_has_no_target() -> None:
    assert _one(_panel([0, 0, 3, 3], [0, 0, 1, 1], first=2), cutoff=1, horizon=2)[1] == 0.0
    assert _one(_panel([0, 0, 3, 3], [0, 0, 1, 1], first=2), cutoff=2, horizon=1)[1] == 1.0


def test_targets_agree_with_a_loop_over_random_shops() -> None:
    rng = np.random.default_rng(3)
    observed = rng.choice([0.0, 0.3, 0.6, 1.0], (6, 40), p=[0.1, 0.1, 0.2, 0.6])
    panel = _panel(rng.poisson(2, (6, 40)), observed)
    horizons = rng.integers(1, 12, (3, 6, 2))
    cutoffs = np.array([5, 20, 33])
    demand, weight = demand_after(panel, cutoffs, horizons)
    for c, s, k in np.ndindex(horizons.shape):
        days = slice(cutoffs[c] + 1, cutoffs[c] + 1 + horizons[c, s, k])
        sold, share = panel.units[s, days], panel.observed[s, days]
        seen = sum(x for x in share if x >= 0.5) / horizons[c, s, k]
        if cutoffs[c] + horizons[c, s, k] >= 40 or seen < 0.5:
            assert weight[c, s, k] == 0
            continue
        rate = sum(u for u, x in zip(sold, share, strict=True) if x >= 0.5) / seen
        assert demand[c, s, k] == np.float32(max(rate, sold.sum())) or np.isclose(
            demand[c, s, k], max(rate, sold.sum())
        )
        assert np.isclose(weight[c, s, k], seen)


def test_a_partial_day_is_completed_by_its_own_sales_and_the_usual_rate() -> None:
    panel = replace(_panel([4, 4, 6, 4], [1, 1, 0.5, 1]), prior_units=np.full(4, 2.0))
    demand, weight = _one(panel, cutoff=1, horizon=2)
    rate = demand / 2
    unmet = 0.5 * (6 + 2 * rate / 4) / (0.5 + 2 / 4)
    assert (demand, weight) == (pytest.approx(6 + 4 + unmet), 0.75)


def test_views_of_an_empty_shelf_witness_what_was_wanted() -> None:
    views = np.float32([[40, 40, 80, 40, 40]])
    panel = replace(_panel([4, 4, 0, 4, 4], [1, 1, 0, 1, 1]), views=views)
    assert _one(panel, cutoff=0, horizon=4) == (4 + 8 + 4 + 4, 0.75)


def test_a_storm_of_views_counts_at_most_three_times_the_usual() -> None:
    views = np.float32([[40, 40, 9000, 40, 40]])
    panel = replace(_panel([4, 4, 0, 4, 4], [1, 1, 0, 1, 1]), views=views)
    assert _one(panel, cutoff=0, horizon=4) == (4 + 12 + 4 + 4, 0.75)


def test_too_few_views_and_days_without_a_feed_say_nothing() -> None:
    for views in ([[1, 1, 5, 1, 1]], [[np.nan] * 5]):
        panel = replace(_panel([4, 4, 0, 4, 4], [1, 1, 0, 1, 1]), views=np.float32(views))
        assert _one(panel, cutoff=0, horizon=4) == (16.0, 0.75)
