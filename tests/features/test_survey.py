"""A shop read block by block is the shop read whole, bit for bit, however it is cut."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features import outline
from features import panel as panels
from features.attributes import read_attributes
from features.build import FAMILIES, build_rows
from features.facts import Facts, learn_vocabulary, read_facts
from features.panel import MEASURES, Panel, measure_file, slices
from features.reading import read_panel
from features.stored import open_panel, store_panel
from features.survey import Survey, take_survey
from stockalert.rows import Rows

Shop = tuple[Path, str, Panel, Facts]
EVERYTHING = list(FAMILIES)


def _stored(shop: Shop, folder: Path) -> Panel:
    tables, period, panel, _ = shop
    last = panel.last_days(np.array([panel.n_periods - 1]))[0].astype(object)
    return store_panel(tables, folder / "panel", period=period, as_of=last)


def _surveyed(shop: Shop, folder: Path) -> Survey:
    tables, _, panel, _ = shop
    vocabulary = learn_vocabulary(tables, read_attributes(tables, panel), EVERYTHING)
    found = _stored(shop, folder)
    return take_survey(tables, found, folder / "groups", country="GB", vocabulary=vocabulary)


def _same_panel(found: Panel, expected: Panel) -> None:
    assert found.series.to_numpy().tolist() == expected.series.to_numpy().tolist()
    np.testing.assert_array_equal(found.periods, expected.periods)
    np.testing.assert_array_equal(found.first, expected.first)
    for name in MEASURES:
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))


@pytest.mark.parametrize("size", [1, 3, 4096])
def test_a_panel_on_disk_holds_what_one_in_memory_does(
    any_shop: Shop, size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, expected, _ = any_shop
    monkeypatch.setattr("features.stored.PASS_SERIES", size)
    monkeypatch.setattr(outline, "BATCH_ROWS", 97)
    monkeypatch.setattr(panels, "PASS_SERIES", size)
    _same_panel(_stored(any_shop, tmp_path), expected)
    some = np.array([0, 2, expected.n_series - 1])
    taken = open_panel(tmp_path / "panel").take(some)
    np.testing.assert_array_equal(taken.units, expected.units[some])
    assert taken.series["sku"].tolist() == expected.series["sku"].iloc[some].tolist()


def test_days_on_which_a_place_was_closed_are_seen_on_disk_as_in_memory(
    write_shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = tmp_path / "tables"
    tables.mkdir()
    last = write_shop(tables)
    sales = pd.read_parquet(tables / "sales.parquet")
    more = [sales.assign(sku=sales["sku"] + f" {n}") for n in range(3)]
    sales = pd.concat([sales, *more]).sort_values(["sku", "location", "date"])
    shut = (sales["date"] == pd.Timestamp("2024-03-31")) & (sales["location"] == "north")
    sales[~shut].to_parquet(tables / "sales.parquet", index=False)
    expected = read_panel(tables, period="D", as_of=last)
    day = int((np.datetime64("2024-03-31") - expected.periods[0]).astype(int))
    north = (expected.series["location"] == "north").to_numpy() & (expected.first <= day)
    assert expected.observed[north, day].min() == 1.0
    monkeypatch.setattr("features.stored.PASS_SERIES", 5)
    _same_panel(store_panel(tables, tmp_path / "panel", period="D", as_of=last), expected)


def test_only_series_that_have_begun_are_kept_where_that_is_asked(
    any_shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables, period, panel, _ = any_shop
    monkeypatch.setattr("features.stored.PASS_SERIES", 3)
    last = panel.last_days(np.array([panel.n_periods - 1]))[0].astype(object)
    found = store_panel(tables, tmp_path / "p", period=period, as_of=last, begun_only=True)
    assert found.n_series < panel.n_series
    _same_panel(found, panel.begun())


@pytest.mark.parametrize("size", [1, 7, 64])
def test_rows_of_blocks_are_those_of_the_whole_shop_bit_for_bit(
    any_shop: Shop, size: int, tmp_path: Path
) -> None:
    tables, _, panel, _ = any_shop
    survey = _surveyed(any_shop, tmp_path)
    cutoffs = np.array([panel.n_periods // 2, panel.n_periods - 5])
    horizons = np.tile([1, 4], (panel.n_series, 1))
    facts = read_facts(tables, panel, country="GB", families=EVERYTHING)
    whole = build_rows(panel, facts, cutoffs=cutoffs, horizons=horizons, with_target=True)
    assert survey.vocabulary == facts.vocabulary
    abc = survey.abc(cutoffs)
    for which in slices(panel.n_series, size):
        found = survey.piece(which, abc).rows(
            cutoffs=cutoffs, horizons=horizons[which], with_target=True
        )
        mine = (whole.series >= which.start) & (whole.series < which.stop)
        _same_rows(replace(found, series=found.series + which.start), whole.take(mine))


def _same_rows(found: Rows, expected: Rows) -> None:
    for field in fields(Rows):
        a, b = getattr(found, field.name), getattr(expected, field.name)
        if isinstance(a, np.ndarray):
            np.testing.assert_array_equal(a, b, err_msg=field.name)
        else:
            assert a == b


def test_a_file_that_was_cut_off_is_told_and_read_by_nobody(any_shop: Shop, tmp_path: Path) -> None:
    panel = _stored(any_shop, tmp_path)
    path = measure_file(tmp_path / "panel", "units")
    path.write_bytes(path.read_bytes()[: -4 * panel.n_periods])
    assert panel.block(slice(0, 3)).n_series == 3
    with pytest.raises(OSError, match="cut off"):
        panel.block(slice(3, panel.n_series))
    with pytest.raises(OSError, match="cut off"):
        open_panel(tmp_path / "panel")
