"""Order by order, against a loop over the same lines."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.reading import read_panel
from flows.ingest import ingest
from flows.order_sizes import BULK

TODAY = date(2024, 12, 31)


def wholesaler(rows: int = 1_500) -> pd.DataFrame:
    """A year and a half of a gift shop that also serves wholesalers; some lines are returns."""
    draw = np.random.default_rng(3)
    size = np.ceil(draw.lognormal(1.0, 1.2, rows)) * np.where(draw.random(rows) < 0.03, 30, 1)
    return pd.DataFrame(
        {
            "order_id": draw.integers(0, 1_000, rows).astype(str),
            "ordered_at": pd.Timestamp("2023-01-02")
            + pd.to_timedelta(draw.integers(0, 540 * 86_400, rows), unit="s"),
            "sku": draw.choice(["mug", "lamp", "bag", "rare"], rows, p=[0.5, 0.3, 0.199, 0.001]),
            "location": draw.choice(["web", "fair"], rows),
            "units": size * np.where(draw.random(rows) < 0.05, -1, 1),
            "customer_id": draw.choice([None, *map(str, range(100))], rows),
        }
    )


def sizes(data: pd.DataFrame, folder: Path, **options: object) -> pd.DataFrame:
    (folder / "data").mkdir(parents=True)
    data.to_parquet(folder / "data" / "order_lines.parquet", index=False)
    given: dict = {"period": "D", "as_of": None, "today": TODAY, "max_share": 0.01}
    ingest(folder / "data", folder / "work", **(given | options))
    found = pd.read_parquet(folder / "work" / "tables" / "order_sizes.parquet")
    return found.sort_values(["sku", "location", "date"], ignore_index=True)


def by_hand(lines: pd.DataFrame) -> pd.DataFrame:
    """The daily figures of `lines`, one order after the other."""
    lines = lines.assign(day=lines["ordered_at"].dt.normalize())
    placed = lines[lines["units"] > 0]
    keys = ["sku", "location", "day"]
    orders = placed.groupby([*keys, "order_id"], as_index=False).agg(
        size=("units", "sum"), customer=("customer_id", "min")
    )
    first = orders.dropna().groupby(["sku", "customer"])["day"].min()
    rows = []
    shelves = dict(list(orders.groupby(["sku", "location"])[["day", "size"]]))
    for order in orders.itertuples(index=False):
        shelf = shelves[order.sku, order.location]
        year_ago = order.day - pd.Timedelta(days=364)
        earlier = shelf["size"][(shelf["day"] < order.day) & (shelf["day"] >= year_ago)]
        cap = BULK * earlier.median() if len(earlier) >= 5 else np.inf
        known = isinstance(order.customer, str)
        rows.append(
            {
                "sku": order.sku,
                "location": order.location,
                "date": order.day,
                "orders": 1,
                "known_orders": known,
                "repeat_orders": known and first[order.sku, order.customer] < order.day,
                "bulk_orders": order.size > cap,
                "usual_units": min(order.size, cap),
                "largest_order": order.size,
                "squared_units": order.size**2,
                "log_units": np.log(order.size),
                "log_squares": np.log(order.size) ** 2,
            }
        )
    whole = {"largest_order": "max"}
    found = pd.DataFrame(rows)
    how = {name: whole.get(name, "sum") for name in found.columns[3:]}
    daily = found.groupby(["sku", "location", "date"]).agg(how)
    back = lines[lines["units"] < 0].groupby(keys)["units"].sum().abs().rename("returned_units")
    back.index = back.index.set_names(["sku", "location", "date"])
    return daily.join(back, how="outer").fillna(0.0).astype(float).reset_index()


def test_daily_figures_are_those_of_the_orders_one_by_one(tmp_path: Path) -> None:
    lines = wholesaler(400)
    found = sizes(lines, tmp_path)
    expected = by_hand(lines)
    assert expected["bulk_orders"].sum() > 2
    assert expected["repeat_orders"].sum() > 10
    keys = ["sku", "location", "date"]
    found["date"] = pd.to_datetime(found["date"]).astype(expected["date"].dtype)
    found = found.set_index(keys).sort_index()
    expected = expected.set_index(keys).sort_index()
    assert found.index.equals(expected.index)
    for name in expected:
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-6, atol=1e-5, err_msg=name)


def test_without_bulk_orders_usual_units_are_the_sales(tmp_path: Path) -> None:
    lines = wholesaler()
    lines["units"] = np.sign(lines["units"]) * 2
    found = sizes(lines.drop_duplicates(["order_id", "sku", "location"]), tmp_path)
    panel = read_panel(tmp_path / "work" / "tables", period="D", as_of=date(2024, 6, 24))
    assert found["usual_units"].sum() == pytest.approx(panel.units.sum())
    assert found["bulk_orders"].sum() == 0


def test_what_a_day_says_of_its_orders_never_changes_later(tmp_path: Path) -> None:
    lines = wholesaler()
    early = sizes(lines, tmp_path / "early", as_of=date(2024, 2, 1))
    late = sizes(lines, tmp_path / "late")
    late = late[late["date"] <= date(2024, 2, 1)].reset_index(drop=True)
    pd.testing.assert_frame_equal(early, late)


def test_weeks_hold_what_their_days_held(tmp_path: Path) -> None:
    lines = wholesaler()
    daily = sizes(lines, tmp_path / "days")
    weekly = sizes(lines, tmp_path / "weeks", period="W-MON")
    daily["date"] = pd.to_datetime(daily["date"]).dt.to_period("W-SUN").dt.start_time
    by_week = daily.groupby(["sku", "location", "date"])
    whole = weekly.set_index(["sku", "location", "date"])
    np.testing.assert_allclose(whole["usual_units"], by_week["usual_units"].sum())
    np.testing.assert_allclose(whole["largest_order"], by_week["largest_order"].max())


def test_sales_given_as_totals_have_no_orders_behind_them(tmp_path: Path) -> None:
    lines = wholesaler().query("units > 0")
    sales = (
        lines.assign(date=lines["ordered_at"].dt.normalize())
        .groupby(["sku", "location", "date"], as_index=False)["units"]
        .sum()
    )
    (tmp_path / "data").mkdir()
    sales = sales.rename(columns={"units": "units_sold"})
    sales.to_parquet(tmp_path / "data" / "sales.parquet", index=False)
    ingest(
        tmp_path / "data", tmp_path / "work", period="D", as_of=None, today=TODAY, max_share=0.01
    )
    assert not (tmp_path / "work" / "tables" / "order_sizes.parquet").exists()
