"""Rows come out in a fixed order, whole, and the same whatever the order of the input."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import features.build
from features.build import DEFAULT_FAMILIES, FAMILIES, aligned, build_rows, family_columns
from features.facts import Facts, read_facts
from features.panel import Panel
from features.reading import read_panel
from stockalert.errors import UsageError

Shop = tuple[Path, str, Panel, Facts]


def test_shuffled_input_rows_build_identical_rows(write_shop, tmp_path: Path) -> None:
    built = []
    for shuffle in (None, 3):
        tables = tmp_path / str(shuffle)
        tables.mkdir()
        panel = read_panel(tables, period="D", as_of=write_shop(tables, shuffle=shuffle))
        facts = read_facts(tables, panel, country="FR")
        horizons = np.tile([3, 28], (panel.n_series, 1))
        rows = build_rows(panel, facts, cutoffs=[200, 400], horizons=horizons, with_target=True)
        built.append((facts.vocabulary, rows))
    (words, rows), (shuffled_words, shuffled) = built
    assert words == shuffled_words
    assert rows.names == shuffled.names
    for name in ("values", "series", "cutoff", "horizon", "scale", "abc", "pattern", "demand"):
        np.testing.assert_array_equal(getattr(rows, name), getattr(shuffled, name))


def test_blocks_of_any_size_build_the_same_rows(
    any_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, panel, facts = any_shop
    cutoffs = [panel.n_periods // 2, panel.n_periods - 5]
    horizons = np.tile([1, 4], (panel.n_series, 1))
    whole = build_rows(panel, facts, cutoffs=cutoffs, horizons=horizons, with_target=True)
    monkeypatch.setattr(features.build, "BLOCK_SIZE", 3)
    pieces = build_rows(panel, facts, cutoffs=cutoffs, horizons=horizons, with_target=True)
    np.testing.assert_allclose(whole.values, pieces.values, rtol=1e-6)
    np.testing.assert_array_equal(whole.demand, pieces.demand)


def test_rows_are_ordered_by_cutoff_series_and_horizon(any_shop: Shop) -> None:
    _, _, panel, facts = any_shop
    cutoffs = [40, 50]
    horizons = np.arange(2 * panel.n_series * 2).reshape(2, panel.n_series, 2) % 9 + 1
    rows = build_rows(panel, facts, cutoffs=cutoffs, horizons=horizons, with_target=False)
    assert len(rows) == horizons.size
    np.testing.assert_array_equal(rows.horizon, horizons.ravel())
    np.testing.assert_array_equal(rows.series, np.tile(np.repeat(range(panel.n_series), 2), 2))
    np.testing.assert_array_equal(
        rows.cutoff, np.repeat(panel.last_days(np.array(cutoffs)), 2 * panel.n_series)
    )
    assert rows.values.dtype == np.float32
    assert np.all(rows.scale > 0)
    assert set(rows.categorical) <= set(rows.names)


def test_every_family_names_its_features_apart(any_shop: Shop) -> None:
    _, _, panel, facts = any_shop
    horizons = np.full((panel.n_series, 1), 3)
    names = [
        name
        for family in FAMILIES
        for name in build_rows(
            panel,
            facts,
            cutoffs=[60],
            horizons=horizons,
            with_target=False,
            families={family: FAMILIES[family]},
        ).names
    ]
    assert len(names) == len(set(names))
    asked = {"cutoffs": [60], "horizons": horizons, "with_target": False}
    everything = build_rows(panel, facts, **asked, families=FAMILIES)
    assert everything.names == tuple(names)
    assert not np.isinf(everything.values).any()
    usual = build_rows(panel, facts, **asked)
    off = {name for name in names if name.startswith(("attribute_", "companion_", "segment_"))}
    assert set(usual.names) == set(names) - off


def test_weekly_periods_have_no_weekday_features(any_shop: Shop) -> None:
    _, period, panel, facts = any_shop
    rows = build_rows(
        panel, facts, cutoffs=[60], horizons=np.ones((panel.n_series, 1), int), with_target=False
    )
    assert ("weekday_mix" in rows.names) == (period == "D")
    assert set(rows.values[:, rows.names.index("horizon_days")]) == {1.0 if period == "D" else 7.0}


def test_with_sales_alone_rows_are_built_from_demand_and_calendar(
    write_shop, tmp_path: Path
) -> None:
    last = write_shop(tmp_path)
    for table in tmp_path.glob("*.parquet"):
        if table.stem != "sales":
            table.unlink()
    panel = read_panel(tmp_path, period="D", as_of=last)
    facts = read_facts(tmp_path, panel)
    horizons = np.full((panel.n_series, 1), 7)
    rows = build_rows(panel, facts, cutoffs=[400], horizons=horizons, with_target=True)
    assert len(rows) == panel.n_series
    assert facts.vocabulary == {}
    assert not any(name.startswith(("promo_channel", "views", "holiday")) for name in rows.names)


def test_a_champion_gets_its_columns_though_a_feed_is_missing(any_shop: Shop) -> None:
    _, _, panel, facts = any_shop
    rows = build_rows(
        panel, facts, cutoffs=[60], horizons=np.ones((panel.n_series, 1), int), with_target=False
    )
    fewer = rows.names[1:5]
    known = aligned(rows, [*fewer, "lost_feed"], [])
    assert known.names == (*fewer, "lost_feed")
    np.testing.assert_array_equal(known.values[:, :4], rows.values[:, 1:5])
    assert np.isnan(known.values[:, 4]).all()


def test_a_model_reads_the_families_that_its_vocabulary_names(daily_shop) -> None:
    tables, panel, _ = daily_shop
    few = read_facts(tables, panel, families=["prices", "browsing"])
    horizons = np.full((panel.n_series, 1), 7)

    def names(facts: Facts) -> tuple[str, ...]:
        return build_rows(panel, facts, cutoffs=[300], horizons=horizons, with_target=False).names

    columns = family_columns(panel, few)
    assert names(few) == (*columns["prices"], *columns["browsing"])
    tonight = read_facts(tables, panel, vocabulary=few.vocabulary)
    assert names(tonight) == names(few)
    everything = names(read_facts(tables, panel))
    assert set(names(few)) < set(everything)
    assert everything == tuple(name for family in DEFAULT_FAMILIES for name in columns[family])


def test_an_unknown_family_is_refused_by_name(daily_shop) -> None:
    tables, panel, _ = daily_shop
    facts = read_facts(tables, panel, families=["horoscope"])
    with pytest.raises(UsageError, match="found horoscope"):
        build_rows(
            panel,
            facts,
            cutoffs=[300],
            horizons=np.full((panel.n_series, 1), 7),
            with_target=False,
        )
