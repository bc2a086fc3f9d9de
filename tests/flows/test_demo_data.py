"""The demo's data: nothing lost, nothing known too early, everything adds up."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from flows.demo_data import DemoFacts, write_demo_data
from flows.demo_data.journey import keep_products, open_journey, read_products, read_weekly_prices
from flows.demo_data.plans import read_promotions, shelf_price_moves
from flows.ingest import ingest

LINES_OF_THE_SOURCE = 1_469_307  # as the package's documentation states
PRODUCTS = 60
Read = Callable[[str], pd.DataFrame]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, DemoFacts]:
    data = tmp_path_factory.mktemp("demo")
    return data, write_demo_data(data, seed=7, max_products=PRODUCTS)


@pytest.fixture(scope="module")
def read(demo: tuple[Path, DemoFacts]) -> Read:
    return lambda name: pq.read_table(demo[0] / f"{name}.parquet").to_pandas()


def by_day(frame: pd.DataFrame, day: str, units: str) -> pd.DataFrame:
    dates = pd.to_datetime(frame[day]).dt.normalize().astype("datetime64[us]")
    table = frame.assign(day=dates).pivot_table(
        index="sku", columns="day", values=units, aggfunc="sum", fill_value=0
    )
    return table.reindex(columns=pd.date_range("2017-01-01", "2017-12-31"), fill_value=0)


def digests(data: Path) -> dict[str, str]:
    files = sorted(data.rglob("*.parquet"))
    return {file.stem: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def test_every_line_of_the_source_is_kept_or_counted_with_a_reason(
    demo: tuple[Path, DemoFacts],
) -> None:
    facts = demo[1]
    reasons = {drop.reason: drop for drop in facts.dropped}
    assert facts.skus == PRODUCTS
    assert facts.lines + sum(drop.lines for drop in facts.dropped) == LINES_OF_THE_SOURCE
    assert reasons["fuel"].lines == 12_997  # department FUEL, counted in the source
    assert reasons["fuel"].units > 100_000_000


def test_days_are_the_shops_business_days(read: Read) -> None:
    at = read("order_lines")["ordered_at"]
    assert at.min().date() == date(2017, 1, 1)
    assert at.max().date() == date(2017, 12, 31)
    assert not (at.dt.date == date(2017, 12, 25)).any(), "the shops close on Christmas Day"


def test_the_contract_refuses_no_row(demo: tuple[Path, DemoFacts], tmp_path: Path) -> None:
    intake = ingest(
        demo[0], tmp_path, period="D", as_of=None, today=date(2018, 1, 1), max_share=0.0
    )
    assert intake.as_of == date(2017, 12, 31)
    assert intake.rows_quarantined == 0
    assert {t.name: t.rows for t in demo[1].tables}.items() <= {
        name: report.rows_read for name, report in intake.tables.items()
    }.items()
    assert not any(report.extra_columns for report in intake.tables.values())


def test_only_an_empty_shelf_hides_demand(read: Read) -> None:
    wanted = by_day(read("_truth/true_demand"), "date", "units")
    sold = by_day(read("order_lines"), "ordered_at", "units").reindex_like(wanted).fillna(0)
    in_stock = by_day(read("stock"), "date", "in_stock_share").reindex_like(wanted)
    hidden = wanted - sold
    assert (hidden.to_numpy() >= 0).all()
    assert hidden.to_numpy()[in_stock.to_numpy() == 1].sum() == 0
    assert sold.to_numpy()[in_stock.to_numpy() == 0].sum() == 0
    assert 0.01 < hidden.to_numpy().sum() / wanted.to_numpy().sum() < 0.12


def test_stock_is_what_came_in_less_what_went_out(read: Read) -> None:
    on_hand = by_day(read("stock"), "date", "on_hand")
    sold = by_day(read("order_lines"), "ordered_at", "units").reindex_like(on_hand).fillna(0)
    receipts = read("purchase_orders").dropna(subset="received_at")
    received = by_day(receipts, "received_at", "units_received").reindex_like(on_hand).fillna(0)
    change = on_hand.diff(axis=1).iloc[:, 1:]
    assert np.array_equal(change, (received - sold).iloc[:, 1:])


def test_orders_keep_to_packs_and_some_are_open_late_short_or_cancelled(read: Read) -> None:
    orders = read("purchase_orders").merge(read("products")[["sku", "case_pack", "moq"]], on="sku")
    assert (orders["units_ordered"] % orders["case_pack"] == 0).all()
    assert (orders["units_ordered"] >= orders["moq"]).all()
    open_orders = orders["received_at"].isna() & orders["cancelled_at"].isna()
    assert open_orders.any()
    assert (pd.to_datetime(orders.loc[open_orders, "ordered_at"]) > "2017-12-01").all()
    assert (orders["received_at"] > orders["expected_at"]).any()
    assert (orders["units_received"] < orders["units_ordered"]).any()
    assert orders["cancelled_at"].notna().any()


def test_views_follow_demand_and_go_on_while_the_shelf_is_empty(read: Read) -> None:
    wanted = by_day(read("_truth/true_demand"), "date", "units")
    views = by_day(read("browsing"), "date", "views").reindex_like(wanted).fillna(0)
    empty = by_day(read("stock"), "date", "in_stock_share").reindex_like(wanted).to_numpy() == 0
    ahead = [
        views.iloc[:, :-2].T.corrwith(wanted.shift(-lag, axis=1).iloc[:, :-2].T).median()
        for lag in (0, 1, 2)
    ]
    assert min(ahead) > 0.1
    assert views.to_numpy()[empty].mean() > 0.5 * views.to_numpy()[~empty].mean()
    traces = read("browsing")
    assert (traces["add_to_carts"] <= traces["views"]).all()
    assert traces["unique_visitors"].between(1, traces["views"]).all()


def test_subscriptions_go_on_after_the_last_day(read: Read) -> None:
    subscriptions, lines = read("subscriptions"), read("order_lines")
    assert (pd.to_datetime(subscriptions["next_date"]) > "2017-12-31").all()
    delivered = lines.dropna(subset="subscription_id")
    assert set(delivered["subscription_id"]) <= set(subscriptions["subscription_id"])
    assert delivered["ordered_at"].min() >= pd.Timestamp("2017-11-06")


@pytest.mark.slow
def test_the_seed_decides_what_is_generated_and_nothing_that_is_real(
    demo: tuple[Path, DemoFacts], tmp_path: Path
) -> None:
    for seed in (7, 8):
        write_demo_data(tmp_path / str(seed), seed=seed, max_products=PRODUCTS)
    same, other = digests(tmp_path / "7"), digests(tmp_path / "8")
    assert same == digests(demo[0])
    unchanged = {name for name in same if same[name] == other[name]}
    assert unchanged == {"promotions", "prices", "customers", "true_demand", "subscriptions"}


@pytest.mark.slow
def test_no_plan_and_no_choice_knows_what_the_tills_record_later() -> None:
    connection = open_journey()
    kept = keep_products(connection, most=PRODUCTS)
    sku = read_products(connection)["sku"]
    plans = read_promotions(connection).to_pandas()
    prices = shelf_price_moves(read_weekly_prices(connection), sku).to_pandas()
    connection.execute(
        """
        UPDATE line SET units = 7 * units, paid = 3 * paid, retail_disc = 2 * retail_disc + 1
        WHERE sold_at >= DATE '2017-11-06' AND reason = '';
        ALTER TABLE item RENAME TO item_before;
        DROP TABLE placement;
        """
    )
    assert keep_products(connection, most=PRODUCTS) == kept
    assert read_products(connection)["sku"].equals(sku)
    later_plans = read_promotions(connection).to_pandas()
    later_prices = shelf_price_moves(read_weekly_prices(connection), sku).to_pandas()
    known = pd.to_datetime(plans["announced_at"]) < "2017-11-13"
    assert known.sum() > 400
    pd.testing.assert_frame_equal(plans[known], later_plans[known])
    assert not plans["discount"].equals(later_plans["discount"])
    seen, seen_later = (
        table[pd.to_datetime(table["start_date"]) <= "2017-11-06"].reset_index(drop=True)
        for table in (prices, later_prices)
    )
    pd.testing.assert_frame_equal(seen, seen_later)
    assert not prices.equals(later_prices)
