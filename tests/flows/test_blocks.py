"""A night in blocks is the night, bit for bit; a block that fails costs its own series alone."""

from __future__ import annotations

import shutil
from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.build import build_rows
from features.facts import read_facts
from features.panel import measure_file
from features.reading import read_panel
from features.stored import open_panel
from flows.alerting_steps import with_alerts
from flows.deciding import decide_night, past_of, service_policy
from flows.forecasting import formula_forecast, model_forecast
from flows.intake import Intake
from flows.keeping import failed_series, kept, notes_on_kept
from flows.publication import publish
from flows.purchasing import with_orders
from flows.refresh import forecast_and_decide
from flows.service_desk import with_availability
from flows.shop import stored_panel
from flows.supply import read_position, read_supply
from flows.training_rows import build_training_set
from stockalert.nervousness import HELD
from stockalert.positions import position_at
from stockalert.rows import Rows
from stockalert.served import previous_night
from stockalert.tables import OUTPUT_TABLES, forecasts_table
from stockalert.tables.blocks import checked_batches, whole
from stockalert.whole_units import NEAR
from tests.flows.blocks_shop import (
    TrainedShop,
    forecast_of,
    in_blocks,
    same_forecast,
    train_shop,
)
from tests.flows.corner_shop import SECOND_NIGHT


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> TrainedShop:
    return train_shop(tmp_path_factory.mktemp("shop"))


def _decided(run, panel, forecast):
    facts = read_supply(run.tables, panel, settings=run.settings, as_of=SECOND_NIGHT)
    return decide_night(
        panel,
        forecast,
        facts,
        past_of(panel),
        policy=service_policy(run.settings, forecast.abc),
        position=read_position(run.tables, panel, facts.supply, as_of=SECOND_NIGHT),
        previous=None,
        as_of=SECOND_NIGHT,
    )


def test_forecasts_and_tables_are_the_same_for_any_block_size(shop: TrainedShop) -> None:
    with shop.night() as run:
        panel = read_panel(run.tables, period="D", as_of=SECOND_NIGHT)
        as_one = forecast_of(run, panel, shop.reigning)
        assert {"quantile"} <= set(as_one.outlook.method)
        expected = _decided(run, panel, as_one).frames
        for size in (1, 7, 64):
            found = forecast_of(in_blocks(run, size), None, shop.reigning)
            same_forecast(found, as_one)
            stored = open_panel(run.workspace.work / "panels" / "all")
            for name, frame in _decided(run, stored, found).frames.items():
                pd.testing.assert_frame_equal(whole(frame), whole(expected[name]), check_exact=True)


ROWS_TOGETHER = (
    *("stockalert.outlook.BLOCK_SERIES", "stockalert.tables.blocks.BLOCK_ROWS"),
    *("stockalert.alerts.night.BLOCK_ROWS", "flows.alerting_inputs.BLOCK_SERIES"),
    *("flows.order_lines.BATCH_ROWS", "stockalert.alerts.transitions.PART_ALERTS"),
    *("features.outline.BATCH_ROWS", "features.outline.PAIRS_KEPT", "flows.coverage.BLOCK_SERIES"),
    *("stockalert.substitutes.BLOCK_WANTED", "stockalert.lead_time.BLOCK_SERIES"),
)


def _tables_of_a_night(run, reigning, *, put_away: bool = False) -> dict[str, pa.Table]:
    intake = Intake(SECOND_NIGHT, "D", {}, ())
    decided, _ = with_orders.fn(run, intake, forecast_and_decide.fn(run, intake, reigning))
    decided = with_availability.fn(run, intake, decided)
    decided = decided.put_away(run.workspace.work) if put_away else decided
    decided = with_alerts.fn(run, intake, decided)
    declared = OUTPUT_TABLES | {"forecasts": forecasts_table(run.settings.model.levels)}
    return {
        name: checked_batches(frame, declared[name]).read_all()
        for name, frame in decided.frames.items()
    }


def test_every_table_of_a_night_is_the_same_bit_for_bit_however_few_rows_are_held(
    published: TrainedShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    with published.night() as run:
        expected = _tables_of_a_night(run, published.reigning)
        shutil.rmtree(run.workspace.work / "panels")
        for name in ROWS_TOGETHER:
            monkeypatch.setattr(name, 3)
        found = _tables_of_a_night(in_blocks(run, 2), published.reigning, put_away=True)
    assert set(found) == {
        *("thresholds", "forecasts", "order_proposals", "cash_plan", "availability", "alerts"),
    }
    assert {"quantile", "formula"} <= set(expected["thresholds"]["method"].to_pylist())
    assert len(expected["alerts"]) > 9
    for name, table in expected.items():
        assert found[name].equals(table, check_metadata=True), name


def test_a_reorder_point_is_the_quantile_that_is_told_rounded_up(published: TrainedShop) -> None:
    with published.night() as run:
        decided = forecast_and_decide.fn(run, Intake(SECOND_NIGHT, "D", {}, ()), published.reigning)
    rows = decided.thresholds
    free = (rows["service_level"] == 0.95) & (rows["change_reason"] != HELD)
    told = rows["q950"].to_numpy()
    near = np.abs(told - np.rint(told))
    counted = (rows["method"] == "quantile").to_numpy() & decided.facts.items.whole
    assert free[counted].any()
    assert not ((near > 1e-9) & (near <= NEAR))[counted].any()
    np.testing.assert_array_equal(rows["reorder_point"][free], np.ceil(told[free] - 1e-9))


def test_without_a_model_blocks_agree_as_well(shop: TrainedShop) -> None:
    with shop.night() as run:
        panel = read_panel(run.tables, period="D", as_of=SECOND_NIGHT)
        supply = read_supply(run.tables, panel, settings=run.settings, as_of=SECOND_NIGHT).supply
        expected = formula_forecast(run, panel, supply, past_of(panel))
        blocks = in_blocks(run, 5)
        stored = stored_panel(blocks, SECOND_NIGHT)
        found = formula_forecast(blocks, stored, supply, past_of(stored))
        same_forecast(found, expected)


def _cut_off(store: Path, n_series: int) -> None:
    """A disk that lost the end of one file: the page views of the last `n_series` series."""
    path, panel = measure_file(store, "views"), open_panel(store)
    path.write_bytes(path.read_bytes()[: -4 * panel.n_periods * n_series])


def _publish(run, decided) -> None:
    intake = Intake(EVE, "D", {}, ())
    publish(run, intake, dict(decided.frames), {})


EVE = SECOND_NIGHT - timedelta(days=1)
LOST = [("item 11", "north"), ("item 11", "south"), ("kiwi", "default")]


@pytest.fixture(scope="module")
def published(shop: TrainedShop) -> TrainedShop:
    """The eve of the second night is served."""
    with shop.night(EVE) as run:
        panel = stored_panel(run, EVE)
        supply = read_supply(run.tables, panel, settings=run.settings, as_of=EVE).supply
        forecast = model_forecast(run, panel, supply, past_of(panel), shop.reigning)
        _publish(run, _decided(run, panel, forecast))
    return shop


def _night_with_a_fault(run, shop):
    panel = stored_panel(run, SECOND_NIGHT)
    _cut_off(run.workspace.work / "panels" / "all", 2)
    supply = read_supply(run.tables, panel, settings=run.settings, as_of=SECOND_NIGHT).supply
    broken = model_forecast(run, panel, supply, past_of(panel), shop.reigning)
    last = previous_night(run.workspace.out, SECOND_NIGHT)
    return panel, kept(broken, panel, out=run.workspace.out, last=last)


def test_a_block_that_fails_keeps_the_thresholds_served_before(published: TrainedShop) -> None:
    served = pd.read_parquet(published.out / "latest" / "thresholds")
    served = served.set_index(["sku", "location"])["reorder_point"]
    with published.night() as opened:
        healthy = forecast_of(opened, None, published.reigning)
        shutil.rmtree(opened.workspace.work / "panels")
        run = in_blocks(opened, 2)
        panel, found = _night_with_a_fault(run, published)
        table = _decided(run, panel, found).frames["thresholds"].set_index(["sku", "location"])
        notes = notes_on_kept(found, panel)
    failed = [position for which, _ in found.failures for position in range(panel.n_series)[which]]
    assert [tuple(pair) for pair in panel.series.iloc[failed].to_numpy()] == LOST
    assert table.loc[LOST, "reorder_point"].tolist() == served[LOST].tolist()
    others = np.setdiff1d(np.arange(panel.n_series), failed)
    np.testing.assert_array_equal(found.outlook.values[others], healthy.outlook.values[others])
    assert "kiwi at default" in notes[0]
    assert "cut off" in notes[0]
    named = failed_series(found, panel)
    assert list(zip(named["sku"], named["location"], strict=True)) == LOST
    assert named["reason"].str.contains("cut off").all()
    assert failed_series(healthy, panel).empty


def test_where_every_block_fails_the_fault_is_told_as_it_is(published: TrainedShop) -> None:
    with published.night() as run:
        panel = stored_panel(run, SECOND_NIGHT)
        _cut_off(run.workspace.work / "panels" / "all", 20)
        supply = read_supply(run.tables, panel, settings=run.settings, as_of=SECOND_NIGHT).supply
        with pytest.raises(OSError, match="cut off"):
            model_forecast(run, panel, supply, past_of(panel), published.reigning)


def test_training_rows_are_the_same_for_any_block_size(shop: TrainedShop) -> None:
    few = shop.settings.model.model_copy(update={"max_rows": 900})
    thinning = replace(shop, settings=shop.settings.model_copy(update={"model": few}))
    with thinning.night() as run:
        panel = read_panel(run.tables, period="D", as_of=SECOND_NIGHT).begun()
        found = []
        for size in (1, 7, 64):
            shutil.rmtree(run.workspace.work / "panels", ignore_errors=True)
            training = build_training_set(in_blocks(run, size), SECOND_NIGHT)
            found.append(training.rows)
        sample = replace(training.sample, asked=0)
        expected = build_rows(
            panel,
            read_facts(run.tables, panel),
            cutoffs=sample.cutoffs,
            horizons=sample.horizons(panel, slice(0, panel.n_series)),
            with_target=True,
        )
        assert 600 < len(expected) < 1000
        for rows in found:
            for field in fields(Rows):
                np.testing.assert_array_equal(
                    getattr(rows, field.name), getattr(expected, field.name)
                )


def test_intervals_far_beyond_the_shops_own_are_learned(shop: TrainedShop) -> None:
    with shop.night() as run:
        training = build_training_set(run, SECOND_NIGHT)
    sample, horizon = training.sample, training.rows.horizon
    assert sample.longest == min(120, training.panel.n_periods // 4) > sample.atoms.max()
    assert horizon.max() > 0.9 * sample.longest
    assert 0.01 < np.mean(horizon > sample.atoms.max()) < 0.2


def test_the_last_stock_of_each_series_is_found_part_by_part(
    shop: TrainedShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    with shop.night() as run:
        panel = read_panel(run.tables, period="D", as_of=SECOND_NIGHT)
        supply = read_supply(run.tables, panel, settings=run.settings, as_of=SECOND_NIGHT).supply
        stored = pq.read_table(run.tables / "stock.parquet")
        stock = stored.to_pandas(date_as_object=False)
        expected = position_at(panel.series, stock, None, as_of=SECOND_NIGHT)
        monkeypatch.setattr("flows.supply.PASS_SERIES", 5)
        found = read_position(run.tables, panel, supply, as_of=SECOND_NIGHT)
    assert found is not None
    assert expected is not None
    for name in ("on_hand", "backordered", "known"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))
