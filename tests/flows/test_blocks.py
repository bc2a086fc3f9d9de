"""A night in blocks is the night, bit for bit; a block that fails costs its own series alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.panel import measure_file
from features.reading import read_panel
from features.stored import open_panel
from flows.deciding import decide_night, past_of, service_policy
from flows.forecasting import formula_forecast
from flows.keeping import kept, notes_on_kept
from flows.shop import stored_panel
from flows.supply import read_position, read_supply
from stockalert.errors import GuardError
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
        whole = forecast_of(run, panel, shop.reigning)
        assert {"quantile"} <= set(whole.outlook.method)
        expected = _decided(run, panel, whole).frames
        for size in (1, 7, 64):
            found = forecast_of(in_blocks(run, size), None, shop.reigning)
            same_forecast(found, whole)
            stored = open_panel(run.workspace.work / "panels" / "all")
            for name, frame in _decided(run, stored, found).frames.items():
                pd.testing.assert_frame_equal(frame, expected[name], check_exact=True)


def test_without_a_model_blocks_agree_as_well(shop: TrainedShop) -> None:
    with shop.night() as run:
        panel = read_panel(run.tables, period="D", as_of=SECOND_NIGHT)
        supply = read_supply(run.tables, panel, settings=run.settings, as_of=SECOND_NIGHT).supply
        expected = formula_forecast(run, panel, supply, past_of(panel))
        blocks = in_blocks(run, 5)
        stored = stored_panel(blocks, SECOND_NIGHT)
        found = formula_forecast(blocks, stored, supply, past_of(stored))
        same_forecast(found, expected)
