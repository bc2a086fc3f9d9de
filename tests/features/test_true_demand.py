"""The demand of a replay: what sold, and what empty shelves hid."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from features.panel import Panel
from features.true_demand import true_demand


def shelf(units, observed, *, first: int = 0) -> Panel:
    units = np.atleast_2d(np.asarray(units, dtype=np.float32))
    return Panel(
        series=pd.DataFrame({"sku": ["tea"] * len(units), "location": "default"}),
        periods=np.datetime64("2024-01-01") + np.arange(units.shape[1]),
        period_days=1,
        first=np.full(len(units), first, dtype=np.int32),
        units=units,
        observed=np.broadcast_to(np.float32(observed), units.shape).copy(),
    )


def test_with_full_shelves_demand_is_what_sold() -> None:
    panel = shelf([[3, 0, 2, 5], [0, 0, 1, 0]], 1.0)
    assert np.array_equal(true_demand(panel, np.array([True, True])), panel.units)


def test_a_day_out_of_stock_wanted_what_the_days_around_it_did() -> None:
    panel = shelf([4, 4, 0, 4, 4], [1, 1, 0, 1, 1])
    assert true_demand(panel, np.array([True])).tolist() == [[4, 4, 4, 4, 4]]


def test_what_few_pieces_sold_from_a_nearly_empty_shelf_is_never_taken_away() -> None:
    panel = shelf([1, 1, 9, 1, 1], [1, 1, 0.1, 1, 1])
    assert true_demand(panel, np.array([True]))[0, 2] == 9


def test_before_a_series_began_nobody_wanted_it() -> None:
    panel = shelf([0, 0, 4, 4], [0, 0, 1, 1], first=2)
    assert true_demand(panel, np.array([True])).tolist() == [[0, 0, 4, 4]]


def test_a_season_long_gone_says_nothing_about_a_day_out_of_stock() -> None:
    units = np.r_[np.full(60, 50.0), np.full(60, 2.0)]
    seen = np.ones(120)
    seen[110] = 0.0
    units[110] = 0.0
    assert true_demand(shelf(units, seen), np.array([True]))[0, 110] == 2


@pytest.mark.parametrize("whole", [True, False])
def test_what_random_stock_outs_hid_comes_back_in_total(whole: bool) -> None:
    rng = np.random.default_rng(8)
    wanted = rng.poisson(2.0, (400, 200)).astype(float)
    empty = rng.random(wanted.shape) < 0.15
    panel = shelf(np.where(empty, 0.0, wanted), 1.0)
    panel = replace(panel, observed=np.where(empty, 0.0, 1.0).astype(np.float32))
    told = true_demand(panel, np.full(400, whole))
    assert told.sum() == pytest.approx(wanted.sum(), rel=0.01)
    assert (told >= panel.units).all()
    if whole:
        assert np.array_equal(told, np.rint(told))
