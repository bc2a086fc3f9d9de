"""Real nights of a corner shop: what is published, what stays the same, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest

from flows.nightly import nightly
from flows.refresh import refresh
from models.registry import champion
from models.tracking_store import open_store
from stockalert.errors import ChampionError, HistoryError
from stockalert.nervousness import HELD
from stockalert.tables.outputs import OUTPUT_TABLES
from tests.flows.conftest import Season, served
from tests.flows.corner_shop import FIRST_NIGHT, LOCATIONS, SECOND_NIGHT, SKUS

pytestmark = pytest.mark.slow

COLUMNS = list(OUTPUT_TABLES["thresholds"].names)
OF_THE_VERSION = ["model_version", "change_reason"]


def test_every_place_that_was_seen_and_every_product_has_one_threshold(season: Season) -> None:
    places = season.thresholds[["sku", "location"]].to_numpy().tolist()
    assert places == [*([s, where] for s in SKUS for where in LOCATIONS), ["kiwi", "default"]]


def test_a_product_seen_nowhere_gets_the_formula_of_no_demand(season: Season) -> None:
    kiwi = season.thresholds.set_index("sku").loc["kiwi"]
    assert kiwi["method"] == "formula"
    figures = ["reorder_point", "expected_demand", "q990", "formula_reorder_point", "on_hand"]
    assert (kiwi[figures] == 0).all()
    assert kiwi["order_quantity"] == 0, "nobody restocks what nobody wants, whatever the MOQ"
    others = season.thresholds[season.thresholds["sku"] != "kiwi"]
    assert set(others["method"]) == {"quantile"}


def test_thresholds_hold_together(season: Season) -> None:
    table = season.thresholds
    quantiles = table[["q500", "q800", "q900", "q950", "q975", "q990"]].to_numpy()
    assert (np.diff(quantiles, axis=1) >= 0).all()
    assert np.allclose(table["safety_stock"], table["reorder_point"] - table["expected_demand"])
    assert np.allclose(table["protection_days"], table["lead_time_days"] + table["review_days"])
    assert (table["reorder_point"] >= table["q950"] - 1e-6).all(), "whole units are rounded up"


@pytest.mark.parametrize("table", ["thresholds", "forecasts", "order_proposals"])
def test_pandas_duckdb_and_polars_read_the_same_table(season: Season, table: str) -> None:
    folder = season.out / "latest" / table
    expected = pd.read_parquet(folder)
    parts = f"read_parquet('{folder}/*.parquet')"
    by_duckdb = duckdb.sql(f"SELECT * FROM {parts}").df()
    by_polars = pl.read_parquet(folder)
    for columns in (expected.columns, by_duckdb.columns, by_polars.columns):
        assert list(columns) == list(expected.columns)
    assert by_duckdb["sku"].tolist() == by_polars["sku"].to_list() == expected["sku"].tolist()
    if table == "thresholds":
        assert list(expected.columns) == COLUMNS


def test_latest_is_the_last_night_and_the_folder_is_the_history(season: Season) -> None:
    pointer = json.loads((season.out / "_latest.json").read_text())
    assert pointer["as_of_date"] == str(SECOND_NIGHT)
    assert pointer["run_id"] == season.second.night.summary["run_id"]
    history = pd.read_parquet(season.out / "thresholds")
    nights = history.groupby("as_of_date", observed=True)["run_id"].nunique()
    assert {str(day): n for day, n in nights.items()} == {str(FIRST_NIGHT): 4, str(SECOND_NIGHT): 1}
    last = duckdb.sql(
        f"SELECT count(*) FROM read_parquet('{season.out}/thresholds/*/*/*.parquet', "
        f"hive_partitioning = true) WHERE as_of_date = '{SECOND_NIGHT}'"
    ).fetchall()
    assert last == [(len(served(season.out)),)]


def test_the_second_night_compares_with_the_last_of_the_first(season: Season) -> None:
    table = served(season.out)
    assert np.array_equal(table["previous_reorder_point"], season.retold["reorder_point"])
    moved = table["reorder_point"] != table["previous_reorder_point"]
    assert (moved == ~table["change_reason"].isin(["unchanged", HELD])).all()
    assert moved.any()


def test_a_rerun_of_a_night_repeats_it(season: Season) -> None:
    pd.testing.assert_frame_equal(season.thresholds, season.again, check_exact=True)
    assert season.again["previous_reorder_point"].isna().all(), "a night is not its own past"
    assert set(season.again["change_reason"]) == {"new"}


@pytest.mark.parametrize("other", ["shuffled", "retold"])
def test_neither_the_order_of_rows_nor_later_days_change_a_bit(season: Season, other: str) -> None:
    table = getattr(season, other)
    pd.testing.assert_frame_equal(
        season.thresholds.drop(columns=OF_THE_VERSION),
        table.drop(columns=OF_THE_VERSION),
        check_exact=True,
    )
    assert not set(table["model_version"].dropna()) & set(season.thresholds["model_version"])


def test_the_first_model_is_promoted_with_a_warning_and_the_next_is_judged(season: Season) -> None:
    assert season.first.verdict.promote
    assert "promoted with a warning: the first model" in season.first.verdict.reason
    assert season.judged.verdict.promote, "an equal model is not inferior"
    assert "routine retraining" in season.judged.verdict.reason
    assert season.judged.verdict.figures["relative_difference"] == 0
    assert "7 days old" in season.second.why_training
    assert season.second.training is not None
    assert "routine retraining" in season.second.training.verdict.reason
    serving = champion(season.out).version
    assert (serving == season.second.training.version) == season.second.training.verdict.promote
    assert season.second.night.summary["model_version"] == serving


def test_settings_and_input_are_kept_with_every_run(season: Season, tmp_path: Path) -> None:
    settings = (season.night.folder / "settings.toml").read_text()
    assert "n_estimators = 12" in settings
    assert json.loads((season.night.folder / "intake.json").read_text())["as_of"] == str(
        FIRST_NIGHT
    )
    store = open_store(season.out)
    stored = store.client.download_artifacts(season.first.run_id, "settings.toml", str(tmp_path))
    assert Path(stored).read_text() == settings


def test_the_night_says_how_many_skus_have_no_stock_row(season: Season) -> None:
    notes = " · ".join(season.night.summary["notes"])
    assert "stock: 2 of 25 skus at a location have no row and count as 0 on hand" in notes
    unstocked = season.thresholds.query("sku == 'item 00' and location == 'north'")
    assert unstocked["on_hand"].tolist() == [0.0]


@pytest.mark.parametrize("flow", [refresh, nightly])
def test_a_night_before_what_the_champion_has_seen_is_refused(season: Season, flow) -> None:
    before = (season.out / "_latest.json").read_text()
    with pytest.raises(ChampionError, match=r"has seen sales up to .* use a fresh --out") as told:
        flow(season.data, season.out, FIRST_NIGHT.replace(day=10), season.config)
    assert told.value.exit_code == 4
    assert (season.out / "_latest.json").read_text() == before


@pytest.mark.parametrize("flow", [refresh, nightly])
def test_a_champion_of_days_does_not_serve_weeks(season: Season, tmp_path: Path, flow) -> None:
    config = tmp_path / "weekly.toml"
    config.write_text('period = "W-MON"\n' + season.config.read_text())
    with pytest.raises(ChampionError, match=r"periods of 1 days, .* asks for 7; use a fresh --out"):
        flow(season.data, season.out, None, config)


def test_a_shop_in_weeks(prefect_server: None, season: Season, tmp_path: Path) -> None:
    config = tmp_path / "weekly.toml"
    config.write_text('period = "W-MON"\n' + season.config.read_text())
    wednesday = SECOND_NIGHT.replace(day=27)
    outcome = nightly(season.data, tmp_path / "out", wednesday, config)
    assert outcome.night.summary["as_of"] == str(FIRST_NIGHT), "the last complete week"
    table = served(tmp_path / "out")
    begun = table[table["sku"] != "kiwi"]
    assert set(begun["method"]) == {"quantile"}
    daily = season.thresholds[table["sku"] != "kiwi"]
    assert np.allclose(begun["protection_days"], daily["protection_days"])
    assert 0.8 < begun["expected_demand"].sum() / daily["expected_demand"].sum() < 1.25
    assert np.allclose(
        begun["static_reorder_point"].sum() / daily["static_reorder_point"].sum(), 1.0, atol=0.1
    )


def test_sales_alone_give_reorder_points_and_null_stock(
    prefect_server: None, season: Season, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    sales = pd.read_parquet(season.data / "sales.parquet", columns=["sku", "date", "units_sold"])
    sales.groupby(["sku", "date"], as_index=False).sum().to_csv(data / "sales.csv", index=False)
    outcome = nightly(data, tmp_path / "out", None, season.config)
    table = served(tmp_path / "out")
    assert outcome.training is not None
    files = open_store(tmp_path / "out").client.list_artifacts(outcome.training.run_id)
    assert "summary.json" in {file.path for file in files}
    assert set(table["method"]) == {"quantile"}
    assert set(table["location"]) == {"default"}
    stock = "on_hand on_order inventory_position stockout_probability days_of_cover order_by_date"
    assert table[[*stock.split(), "order_quantity"]].isna().all(axis=None)
    assert (table["reorder_point"] > 0).all()
    assert len(served(tmp_path / "out", "order_proposals")) == 0


def test_too_little_history_is_published_by_the_formula_and_says_so(
    prefect_server: None, season: Season, tmp_path: Path
) -> None:
    from flows.train import train

    data = tmp_path / "data"
    data.mkdir()
    for name in ("sales", "stock", "suppliers", "products"):
        frame = pd.read_parquet(season.data / f"{name}.parquet")
        frame = frame[frame["date"] >= "2024-03-18"] if "date" in frame else frame
        frame.to_parquet(data / f"{name}.parquet")
    out = tmp_path / "out"
    with pytest.raises(HistoryError, match="too little history") as told:
        train(data, out, None, season.config)
    assert told.value.exit_code == 3
    outcome = nightly(data, out, None, season.config)
    assert outcome.training is None
    assert "every reorder point comes from the formula" in " ".join(outcome.night.summary["notes"])
    table = served(out)
    assert set(table["method"]) == {"formula"}
    assert table["model_version"].isna().all()
    sold = table["sku"] != "kiwi"
    assert np.allclose(
        table.loc[sold, "reorder_point"], np.ceil(table.loc[sold, "formula_reorder_point"])
    )
    with pytest.raises(ChampionError, match="run `stockalert train` first"):
        refresh(data, out, None, season.config)
