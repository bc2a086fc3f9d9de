"""The demo's screen and picture: right rows, plain words, a readable file."""

from __future__ import annotations

from datetime import date
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.image import imread
from rich.console import Console

from flows.demo_data import DemoFacts, DemoTable
from flows.demo_data.journey import Dropped
from flows.demo_picture import draw_demo, telling_skus
from flows.demo_report import most_urgent, print_summary

AS_OF = date(2017, 12, 17)
SKUS = ["milk", "bread", "candles", "oranges", "saffron", "soap"]


@pytest.fixture
def thresholds() -> pd.DataFrame:
    expected = np.array([63.0, 40.0, 6.0, 30.0, 1.0, 9.0])
    return pd.DataFrame(
        {
            "sku": SKUS,
            "location": "default",
            "expected_demand": expected,
            "reorder_point": [90.0, 50.0, 12.0, 70.0, 3.0, 15.0],
            "formula_reorder_point": [88.0, 80.0, 11.0, 40.0, 2.0, 15.0],
            "order_quantity": [72.0, 0.0, 12.0, 48.0, 4.0, 0.0],
            "stockout_probability": [0.9, 1.0, 0.5, 0.2, 1.0, 0.0],
            "protection_days": 7.0,
            "lead_time_days": 6.0,
            "service_level": 0.95,
            "on_hand": [12.0, 0.0, 5.0, 20.0, 0.0, 30.0],
            "on_order": 0.0,
            "order_by_date": pd.Timestamp("2017-12-18"),
            "method": "quantile",
            "demand_pattern": ["smooth", "smooth", "lumpy", "erratic", "intermittent", "smooth"],
        }
    )


@pytest.fixture
def products() -> pd.DataFrame:
    return pd.DataFrame({"sku": SKUS, "name": [sku.upper() for sku in SKUS]})


def facts() -> DemoFacts:
    return DemoFacts(
        skus=6,
        first_day=date(2017, 1, 1),
        last_day=date(2017, 12, 31),
        lines=1_000,
        dropped=(Dropped("fuel", 12_997, 129_662_940),),
        units_wanted=2_000,
        units_sold=1_900,
        tables=(DemoTable("promotions", 5, "real"), DemoTable("stock", 9, "generated")),
        truth=Path("demo/data/_truth/true_demand.parquet"),
    )


def scores() -> pd.DataFrame:
    rows = [
        {
            "model": model,
            "grouping": grouping,
            "level": level,
            "weighted_pinball": loss * (9.0 if grouping == "abc" else 1.0),
            "share_below": level - 0.02,
            "share_at_or_below": level + shift,
        }
        for model, loss, shift in (("stockalert", 0.10, 0.01), ("z formula", 0.15, -0.05))
        for grouping in ("all", "abc")
        for level in (0.5, 0.8, 0.9, 0.95, 0.975, 0.99)
    ]
    return pd.DataFrame(rows)


def test_the_most_urgent_reorder_is_the_one_that_loses_most(thresholds: pd.DataFrame) -> None:
    assert list(most_urgent(thresholds)["sku"]) == ["milk", "oranges", "candles", "saffron"]
    shuffled = thresholds.sample(frac=1.0, random_state=3)
    assert list(most_urgent(shuffled, most=2)["sku"]) == ["milk", "oranges"]


def test_the_screen_names_results_origins_files_and_the_next_step(
    thresholds: pd.DataFrame, products: pd.DataFrame
) -> None:
    console = Console(width=120, record=True, file=StringIO())
    print_summary(
        console,
        facts=facts(),
        thresholds=thresholds,
        products=products,
        scores=scores(),
        files={"thresholds": Path("demo/latest/thresholds")},
        next_step="stockalert explain --out demo --sku milk",
    )
    screen = console.export_text()
    assert "MILK: 12 on hand, 0 on order, sells about 9 a day, supplier takes 6 days" in screen
    assert "order 72 by Mon 18 Dec" in screen
    assert "+50.0%" in screen, "the formula loses half as much again"
    assert "generated: stock" in screen
    assert "fuel 12,997" in screen
    assert "5.0%" in screen
    assert "demo/latest/thresholds" in screen
    assert "stockalert explain --out demo --sku milk" in screen
    assert len(screen.splitlines()) <= 50


def test_the_picture_tells_four_stories(thresholds: pd.DataFrame) -> None:
    assert telling_skus(thresholds) == ["milk", "bread", "oranges", "candles"]


@pytest.mark.parametrize("last_day", ["2017-12-17", "2017-12-31"])
def test_the_picture_is_a_png_and_the_same_every_time(
    thresholds: pd.DataFrame, products: pd.DataFrame, tmp_path: Path, last_day: str
) -> None:
    days = pd.date_range("2017-06-01", last_day)
    history = pd.DataFrame(
        [(sku, day, 1.0 + place) for place, sku in enumerate(SKUS) for day in days[place::3]],
        columns=["sku", "date", "units"],
    )
    levels = (50, 100, 250, 500, 750, 800, 900, 950, 975, 990)
    forecasts = pd.DataFrame(
        [
            {"sku": sku, "location": "default", "horizon_days": float(h)}
            | {f"q{level:03d}": h * (1 + level / 200) for level in levels}
            for sku in SKUS
            for h in (1, 7, 14)
        ]
    )
    for name in ("one.png", "two.png"):
        draw_demo(
            tmp_path / "pictures" / name,
            thresholds=thresholds,
            forecasts=forecasts,
            history=history,
            products=products,
            as_of=AS_OF,
        )
    first, second = sorted((tmp_path / "pictures").iterdir())
    assert first.read_bytes() == second.read_bytes()
    image = imread(first)
    assert image.shape[0] > 600
    assert image.shape[1] > 1000
    assert image.std() > 0.05, "not a blank sheet"
