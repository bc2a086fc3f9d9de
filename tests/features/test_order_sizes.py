"""The family of order sizes against the table that it was read from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.facts import Facts
from features.groups import group_totals
from features.history import Block, History
from features.order_days import OrderDays
from features.order_sizes import order_sizes
from features.panel import Panel

CUTOFF = 470
HORIZONS = (1, 9, 40)


def _history(panel: Panel, facts: Facts, cutoff: int = CUTOFF) -> History:
    whole = slice(0, panel.n_series)
    return Block(panel, facts, group_totals(panel, facts, [whole]), whole).until(cutoff)


@pytest.fixture(scope="module")
def in_stock(daily_shop: tuple[Path, Panel, Facts]) -> tuple[Path, History]:
    tables, panel, facts = daily_shop
    return tables, _history(replace(panel, observed=np.ones_like(panel.observed)), facts)


def _recent(tables: Path, history: History, days: int) -> pd.DataFrame:
    """Totals of the last `days` from the table, one row per series of the panel."""
    table = pd.read_parquet(tables / "order_sizes.parquet")
    today = pd.Timestamp(history.panel.periods[CUTOFF])
    late = table[(table["date"] > today - pd.Timedelta(days=days)) & (table["date"] <= today)]
    by = late.drop(columns="date").groupby(["sku", "location"])
    total = by.sum().assign(largest_order=by["largest_order"].max())
    return total.reindex(pd.MultiIndex.from_frame(history.panel.series)).fillna(0.0)


@pytest.mark.parametrize("days", [28, 91, 364])
def test_levels_follow_from_the_orders_of_the_span(in_stock, days: int) -> None:
    tables, history = in_stock
    found = order_sizes(history, np.tile(HORIZONS, (history.n_series, 1)))
    table, year = _recent(tables, history, days), _recent(tables, history, 364)
    scale = history.scale
    np.testing.assert_allclose(found[f"usual_level_{days}d"] * scale, table["usual_units"] / days)
    size = year["usual_units"] / year["orders"]
    level = (table["orders"] / days * size).to_numpy()
    np.testing.assert_allclose(found[f"ordered_level_{days}d"] * scale, level)
    largest = table["largest_order"].to_numpy()
    np.testing.assert_allclose(found[f"largest_order_{days}d"] * scale, largest, rtol=1e-6)
    for column, horizon in enumerate(HORIZONS):
        due = table["orders"] / days * horizon
        np.testing.assert_allclose(np.expm1(found[f"orders_due_{days}d"][:, column]), due)


def test_one_wholesale_order_moves_the_level_but_not_the_usual_one() -> None:
    n_periods, n_series = 400, 2
    units = np.full((n_series, n_periods), 10.0, dtype=np.float32)
    units[1, 390] += 500.0
    every = np.tile(np.arange(n_periods, dtype=np.int32), n_series)
    owner = np.repeat(np.arange(n_series), n_periods)
    bulk = ((owner == 1) & (every == 390)).astype(np.float32)
    five = np.full(len(every), 5.0, dtype=np.float32)
    zero = np.zeros_like(five)
    orders = OrderDays(
        owner,
        every,
        every,
        orders=five + bulk,
        known_orders=five + bulk,
        repeat_orders=five,
        bulk_orders=bulk,
        usual_units=2 * five + 20 * bulk,
        largest_order=2 + 498 * bulk,
        squared_units=4 * five + 250_000 * bulk,
        log_units=np.log(2) * five + np.log(500) * bulk,
        log_squares=np.log(2) ** 2 * five + np.log(500) ** 2 * bulk,
        returned_units=zero,
    )
    panel = Panel(
        series=pd.DataFrame({"sku": ["a", "b"], "location": "default"}),
        periods=np.datetime64("2023-01-01") + np.arange(n_periods),
        period_days=1,
        first=np.zeros(n_series, dtype=np.int32),
        units=units,
        observed=np.ones_like(units),
    )
    facts = Facts(groupings={"shop": np.zeros(n_series, int)}, orders=orders)
    found = order_sizes(_history(panel, facts, 399), np.full((n_series, 1), 7))
    scale = _history(panel, facts, 399).scale
    usual = found["usual_level_28d"] * scale
    assert usual == pytest.approx([10.0, 10.0 + 20 / 28])
    assert found["bulk_share_28d"] == pytest.approx([0.0, 480 / 780])
    # Compound Poisson: the variance of a day is the expected sum of squared sizes.
    assert found["compound_spread"][0] * scale[0] == pytest.approx(np.sqrt(5 * 2.0**2), rel=1e-6)
    assert found["order_log_spread"][0] == pytest.approx(0.0, abs=1e-3)
    assert found["typical_order"] * scale == pytest.approx([2.0, 2.0], rel=0.01)
    assert np.expm1(found["bulk_orders"]) == pytest.approx([0.0, 1.0])


def test_without_order_lines_there_is_no_such_feature(daily_shop) -> None:
    _, panel, facts = daily_shop
    history = _history(panel, replace(facts, orders=None))
    assert order_sizes(history, np.ones((panel.n_series, 1), dtype=int)) == {}
