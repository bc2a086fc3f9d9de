"""A shop in which products keep coming: who is a newcomer, and what is expected of it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.launches import NEVER, launch_periods
from features.panel import Panel
from features.reading import read_panel
from features.traits import read_traits
from flows.newcomers import first_weeks

AS_OF = date(2024, 12, 29)
DAYS = pd.date_range("2024-01-01", AS_OF)
LEVELS = np.array([0.5, 0.9, 0.95])
HORIZONS = np.array([1, 7, 28, 91])
PACE = {"jam": 1.0, "bread": 8.0}
N_OLD = 80

# sku, category, launch date
TO_COME = [
    ("soon", "bread", "2025-01-05"),
    ("late", "bread", "2024-12-20"),
    ("forgotten", "bread", "2024-03-01"),
    ("undated", "bread", None),
]


@pytest.fixture(scope="module")
def shop(tmp_path_factory) -> tuple[Path, Panel]:
    rng = np.random.default_rng(12)
    frames, products = [], []
    for number in range(N_OLD + 2):
        category = "jam" if number % 2 else "bread"
        begin = 0 if number < 20 else int(rng.integers(70, 280))
        begin = len(DAYS) - 10 if number >= N_OLD else begin  # the last two are ten days old
        units = rng.poisson(PACE[category] * rng.gamma(4.0, 0.25), len(DAYS) - begin).astype(float)
        units[0] = max(units[0], 1.0)
        sold = pd.DataFrame({"sku": f"item {number:02d}", "date": DAYS[begin:]})
        frames.append(sold.assign(units_sold=units).query("units_sold > 0"))
        products.append((f"item {number:02d}", category, None))
    folder = tmp_path_factory.mktemp("tables")
    pd.concat(frames).to_parquet(folder / "sales.parquet", index=False)
    table = pd.DataFrame(products + TO_COME, columns=["sku", "category", "launch_date"])
    table["launch_date"] = pd.to_datetime(table["launch_date"])
    table.to_parquet(folder / "products.parquet", index=False)
    return folder, read_panel(folder, period="D", as_of=AS_OF)


def answers(folder: Path, panel: Panel):
    asked = np.tile(HORIZONS, (panel.n_series, 1))
    return first_weeks(folder, panel, horizons=asked, levels=LEVELS)


def test_newcomers_are_what_began_lately_or_is_to_begin(shop):
    folder, panel = shop
    skus = panel.series["sku"][answers(folder, panel).which]
    begun_lately = (panel.first >= len(DAYS) - 56) & (panel.first < len(DAYS))
    fresh = sorted(panel.series["sku"][begun_lately])
    assert set(skus) == {*fresh, "soon", "late"}
    assert {"item 80", "item 81"} <= set(fresh)


def test_a_launch_is_when_a_series_began_or_when_it_is_to_begin(shop):
    launch = pd.Series(launch_periods(*shop), shop[1].series["sku"])
    assert launch["soon"] == len(DAYS) + 6
    assert launch["late"] == len(DAYS), "overdue: it may sell tomorrow"
    assert launch["forgotten"] == launch["undated"] == NEVER
    assert launch["item 81"] == len(DAYS) - 10


def test_demand_of_a_newcomer_is_that_of_its_category(shop):
    folder, panel = shop
    found = answers(folder, panel)
    values = dict(zip(panel.series["sku"][found.which], found.values, strict=True))
    assert (values["soon"][0] == 0).all(), "not sold before its launch"
    assert values["late"][2, 0] == pytest.approx(28 * PACE["bread"], rel=0.35)
    assert (values["soon"] <= values["late"]).all()
    assert values["item 80"][2, 0] > 3 * values["item 81"][2, 0] > 0


def test_analogs_are_named_for_newcomers_alone(shop):
    folder, panel = shop
    found = answers(folder, panel)
    assert (found.analogs[~found.which] == -1).all()
    category = read_traits(folder, panel).codes[:, 0]
    named = found.analogs[found.which]
    assert (named >= 0).all()
    assert not (named == np.flatnonzero(found.which)[:, None]).any()
    assert (category[named] == category[found.which][:, None]).mean() > 0.9


def test_nothing_known_later_changes_an_earlier_night(shop, tmp_path):
    folder, panel = shop
    earlier = date(2024, 11, 3)
    sales = pd.read_parquet(folder / "sales.parquet")
    late = sales["date"] > pd.Timestamp(earlier)
    sales.loc[late, "units_sold"] += 30
    sales[~late | (sales["sku"] != "item 21")].to_parquet(tmp_path / "sales.parquet")
    pd.read_parquet(folder / "products.parquet").to_parquet(tmp_path / "products.parquet")
    then = panel.until(int((np.datetime64(earlier) - panel.periods[0]).astype(int)))
    found = answers(folder, then)
    retold = read_panel(tmp_path, period="D", as_of=date(2024, 12, 29)).until(then.n_periods - 1)
    assert found.which.any()
    assert np.array_equal(found.values, answers(tmp_path, retold).values)


def test_a_shop_without_launches_and_with_few_series_has_no_analogs(shop, tmp_path):
    folder, panel = shop
    few = np.flatnonzero(panel.series["sku"].isin(["item 00", "item 01", "late"]))
    names = panel.series["sku"].iloc[few]
    for name in ("sales", "products"):
        table = pd.read_parquet(folder / f"{name}.parquet")
        table[table["sku"].isin(names)].to_parquet(tmp_path / f"{name}.parquet")
    found = answers(tmp_path, read_panel(tmp_path, period="D", as_of=AS_OF))
    assert not found.which.any()
    assert len(found.values) == 0
