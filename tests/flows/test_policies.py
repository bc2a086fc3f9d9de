"""Nights of a corner shop under other service levels and policies: what the settings ask for.

Three weeks of history, so every quantile is the formula's; steps are called without a server.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from flows.refresh import forecast_and_decide
from flows.run import open_run
from flows.settings import load_settings
from flows.steps import read_tables
from flows.summary import night_summary
from stockalert.tables.checks import check
from stockalert.tables.outputs import OUTPUT_TABLES
from tests.flows.corner_shop import corner_shop


@pytest.fixture(scope="module")
def weekly_shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three weeks of the shop; its suppliers are called once a week."""
    folder = tmp_path_factory.mktemp("weekly")
    whole, data = corner_shop(folder / "whole"), folder / "data"
    data.mkdir()
    for name in ("sales", "stock", "suppliers", "products", "purchase_orders"):
        frame = pd.read_parquet(whole / f"{name}.parquet")
        frame = frame[frame["date"] >= "2024-03-18"] if "date" in frame else frame
        if name == "suppliers":
            frame = frame.assign(review_days=7.0)
        if name == "products":
            frame.loc[frame["sku"] == "item 03", "max_stock"] = 1.0
        frame.to_parquet(data / f"{name}.parquet")
    return data


def _night(data: Path, folder: Path, text: str) -> tuple[pd.DataFrame, pd.DataFrame, Any]:
    folder.mkdir(exist_ok=True)
    config = folder / "settings.toml"
    config.write_text(text)
    out, now = folder / "out", datetime(2024, 4, 8, 3)
    with open_run(data, out, settings=load_settings(config), as_of=None, now=now) as run:
        intake = read_tables.fn(run)
        decided = forecast_and_decide.fn(run, intake, None)
        summary = night_summary(run, intake, decided, None)
    names = ("thresholds", "order_proposals")
    thresholds, proposals = (check(decided.frames[name], OUTPUT_TABLES[name]) for name in names)
    return thresholds, proposals, summary


@pytest.fixture(scope="module")
def lost(weekly_shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return _night(weekly_shop, tmp_path_factory.mktemp("lost"), 'unmet_demand = "lost"')


def test_a_weekly_review_with_lost_sales_orders_by_projection(lost: Any) -> None:
    table, _, _ = lost
    assert np.allclose(
        table["order_up_to_level"], table["inventory_position"] + table["order_quantity"]
    )
    ordered = table[table["order_quantity"] > 0]
    assert len(ordered)
    # The projection knows what will be lost before the order comes, and what comes too late for
    # it: mostly less than up to the reorder point, here and there more.
    gap = (ordered["reorder_point"] - ordered["inventory_position"]).clip(lower=6.0)
    assert (ordered["order_quantity"] <= gap).mean() > 0.7
    assert ordered["order_quantity"].sum() < 0.85 * gap.sum()


def test_a_weekly_review_with_backorders_orders_up_to_the_reorder_point(
    weekly_shop: Path, tmp_path: Path
) -> None:
    table, proposals, _ = _night(weekly_shop, tmp_path, 'unmet_demand = "backordered"')
    assert np.allclose(table["order_up_to_level"], table["reorder_point"])
    assert len(proposals)


def test_too_little_room_is_said_in_the_table_and_in_the_notes(lost: Any) -> None:
    table, proposals, summary = lost
    crowded = table[table["sku"] == "item 03"]
    assert crowded["order_note"].str.contains("max_stock 1 is below the reorder point").all()
    assert (crowded["order_quantity"] == 0).all()
    assert not (proposals["sku"] == "item 03").any()
    held = int(table["order_note"].notna().sum())
    assert any(f"orders: {held} are held back, see order_note" in n for n in summary["notes"])


def test_a_budget_is_kept_and_the_night_says_what_was_cut(
    weekly_shop: Path, tmp_path: Path, lost: Any
) -> None:
    table, proposals, _ = lost
    budget = round(float(proposals["cost"].sum()) / 2, 2)
    cut, ordered, _ = _night(weekly_shop, tmp_path, f"[order]\nbudget = {budget}")
    assert 0.7 * budget <= ordered["cost"].sum() <= budget
    less = cut["order_quantity"] < table["order_quantity"]
    assert less.any()
    assert cut.loc[less, "order_note"].str.contains("budget").all()
    assert (cut["order_quantity"] <= table["order_quantity"]).all()
    assert ((cut["order_quantity"] == 0) | (cut["order_quantity"] >= 6)).all(), "the MOQ holds"
    partly = ordered["reason"].str.contains("the budget cut it from")
    assert partly.sum() == (less & (cut["order_quantity"] > 0)).sum()


def test_a_fill_rate_and_classes_reach_the_table(weekly_shop: Path, tmp_path: Path) -> None:
    text = (
        '[service]\nmode = "fill_rate"\nfloor = 0.5\nclasses.A.level = 0.999\nclasses.C.cap = 0.6'
    )
    table, _, _ = _night(weekly_shop, tmp_path, text)
    assert set(table["service_level_source"]) <= {"fill_rate", "floor", "cap"}
    assert (table["service_level_source"] == "fill_rate").any()
    by_class = table.groupby("abc_class")["service_level"]
    assert by_class.min()["A"] > by_class.max()["C"]
    assert by_class.max()["C"] <= 0.6


def test_a_lead_time_longer_than_the_history_is_decided_like_any_other(
    weekly_shop: Path, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    for name in ("sales", "stock"):
        pd.read_parquet(weekly_shop / f"{name}.parquet").to_parquet(data / f"{name}.parquet")
    text = "[lead_time]\ndefault_days = 400\nreview_days = 7"
    table, _, _ = _night(data, tmp_path / "long", text)
    assert set(table["method"]) == {"formula"}
    assert np.isfinite(table[["reorder_point", "order_quantity"]]).all(axis=None)
    assert np.allclose(table["protection_days"], 407)
