"""Figures of the world outside: what was known of them, and when."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.build import build_rows
from features.facts import Facts, read_facts
from features.groups import group_totals
from features.history import Block, History
from features.outside import outside
from features.panel import Panel
from features.reading import read_panel

CUTOFF = 470
HORIZONS = (1, 9, 40)


@pytest.fixture(scope="module")
def history(daily_shop: tuple[Path, Panel, Facts]) -> tuple[Path, History]:
    tables, panel, facts = daily_shop
    whole = slice(0, panel.n_series)
    return tables, Block(panel, facts, group_totals(panel, facts, [whole]), whole).until(CUTOFF)


def test_the_temperature_ahead_is_the_forecast_known_at_the_cutoff(history) -> None:
    tables, past = history
    table = pd.read_parquet(tables / "covariates.parquet").query("name == 'temperature'")
    today = pd.Timestamp(past.panel.periods[CUTOFF])
    known = table[table["available_at"].fillna(table["date"]) <= today]
    latest = (
        known.assign(told=known["available_at"].fillna(known["date"]))
        .sort_values("told")
        .groupby("date")["value"]
        .last()
    )
    normal = latest[(latest.index <= today) & (latest.index > today - pd.Timedelta(days=364))]
    found = outside(past, np.tile(HORIZONS, (past.n_series, 1)))
    north = np.flatnonzero(past.panel.series["location"] == "north")
    for column, horizon in enumerate(HORIZONS):
        window = latest[
            (latest.index > today) & (latest.index <= today + pd.Timedelta(days=horizon))
        ]
        expected = (window.mean() - normal.mean()) / normal.std(ddof=0)
        ahead = found["outside_temperature_ahead"][north, column]
        np.testing.assert_allclose(ahead, expected, rtol=1e-4)
        share = found["outside_temperature_known"][north, column]
        np.testing.assert_allclose(share, min(5, horizon) / horizon)
    late = (
        normal[normal.index > today - pd.Timedelta(days=7)].mean() - normal.mean()
    ) / normal.std(ddof=0)
    np.testing.assert_allclose(found["outside_temperature_late"][north], late, rtol=1e-4)


def test_what_is_measured_in_the_north_says_nothing_of_the_south(history) -> None:
    _, past = history
    found = outside(past, np.tile(HORIZONS, (past.n_series, 1)))
    south = (past.panel.series["location"] == "south").to_numpy()
    assert np.isnan(found["outside_temperature_late"][south]).all()
    assert (found["outside_temperature_known"][south] == 0).all()


def test_ice_cream_that_sells_on_hot_days_shows_in_the_forecast_of_heat(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    dates = pd.date_range("2022-01-03", periods=600)
    heat = 15 + 10 * np.sin(np.arange(600) / 9)
    sales = pd.DataFrame({"sku": "ice", "date": dates, "units_sold": rng.poisson(2 * heat)})
    sales.astype({"units_sold": float}).to_parquet(tmp_path / "sales.parquet")
    told = {
        "date": dates,
        "name": "heat",
        "value": heat,
        "available_at": dates - pd.Timedelta("3D"),
    }
    pd.DataFrame(told).to_parquet(tmp_path / "covariates.parquet")
    panel = read_panel(tmp_path, period="D", as_of=date(2023, 8, 25))
    facts = read_facts(tmp_path, panel)
    horizons = np.full((1, 1), 3)
    cutoffs = np.arange(380, 590)
    rows = build_rows(panel, facts, cutoffs=cutoffs, horizons=horizons, with_target=True)
    ahead = rows.values[:, rows.names.index("outside_heat_ahead")]
    assert rows.demand is not None
    assert np.corrcoef(ahead, rows.demand)[0, 1] > 0.9
