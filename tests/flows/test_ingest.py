"""The canonical tables, against pandas and against themselves in another order."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from flows.aggregation import DERIVED_TABLES
from flows.ingest import ingest
from flows.intake import Intake
from stockalert.errors import ContractError
from stockalert.tables.arrow import arrow_schema
from stockalert.tables.inputs import INPUT_TABLES

TODAY = date(2024, 12, 31)


def run(data: Path, work: Path, **options: object) -> Intake:
    given = {"period": "D", "as_of": None, "today": TODAY, "max_share": 0.01}
    return ingest(data, work, **(given | options))


def table(work: Path, name: str) -> pd.DataFrame:
    """Read a canonical table; its months one after the other, in the order of its key."""
    path = work / "tables" / f"{name}.parquet"
    found = pq.read_table(path).to_pandas(date_as_object=False)
    key = list((INPUT_TABLES | DERIVED_TABLES)[name].key)
    return found.sort_values(key, ignore_index=True) if key else found


def contents(folder: Path) -> dict[str, bytes]:
    """Return the bytes of every file below a folder."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}


def cafe_orders(rows: int = 3_000) -> pd.DataFrame:
    """Three months of a café's order lines; units in tenths of a kilo, one line in ten returned."""
    draw = np.random.default_rng(11)
    seconds = pd.to_timedelta(draw.integers(0, 90 * 86_400, rows), unit="s")
    return pd.DataFrame(
        {
            "order_id": draw.integers(0, 900, rows).astype(str),
            "ordered_at": pd.Timestamp("2024-01-03") + seconds,
            "sku": draw.choice(["beans", "milk", "cups"], rows),
            "location": draw.choice(["corner", "station"], rows),
            "units": (draw.integers(1, 60, rows) * np.where(draw.random(rows) < 0.1, -1, 1)) / 10,
            "unit_price": np.where(
                draw.random(rows) < 0.2, np.nan, draw.integers(1, 900, rows) / 100
            ),
        }
    )


def cafe(data: Path, orders: pd.DataFrame, shuffle: int | None = None) -> Path:
    """Write the café's tables, rows in the order that `shuffle` draws."""
    data.mkdir()
    days = orders["ordered_at"].dt.normalize()
    stock = pd.DataFrame({"sku": orders["sku"], "location": orders["location"], "date": days})
    stock = stock.drop_duplicates().reset_index(drop=True)
    stock["on_hand"] = (stock.index % 7).astype(float)
    events = pd.DataFrame(
        {
            "occurred_at": orders["ordered_at"],
            "session_id": orders["order_id"],
            "event": np.resize(["view", "view", "add_to_cart", "search"], len(orders)),
            "sku": orders["sku"],
        }
    )
    for name, frame in {"order_lines": orders, "stock": stock, "events": events}.items():
        mixed = frame if shuffle is None else frame.sample(frac=1, random_state=shuffle)
        mixed.to_parquet(data / f"{name}.parquet", index=False)
    return data


def test_order_lines_become_daily_sales_without_returns(tmp_path: Path) -> None:
    orders = cafe_orders()
    run(cafe(tmp_path / "data", orders), tmp_path / "work")
    sold = orders[orders["units"] >= 0].assign(date=orders["ordered_at"].dt.normalize())
    expected = sold.groupby(["sku", "location", "date"], as_index=False)["units"].sum()
    sales = table(tmp_path / "work", "sales")
    assert sales["sku"].tolist() == expected["sku"].tolist()
    assert sales["date"].tolist() == expected["date"].tolist()
    np.testing.assert_allclose(sales["units_sold"], expected["units"], rtol=1e-12)


def test_the_price_of_a_period_is_what_a_unit_brought_on_average(tmp_path: Path) -> None:
    orders = cafe_orders()
    run(cafe(tmp_path / "data", orders), tmp_path / "work", period="W-MON")
    priced = orders[(orders["units"] >= 0) & orders["unit_price"].notna()]
    week = priced["ordered_at"].dt.to_period("W-SUN").dt.start_time
    key = [priced["sku"], priced["location"], week]
    worth = (priced["units"] * priced["unit_price"]).groupby(key).sum()
    expected = worth / priced["units"].groupby(key).sum()
    sales = table(tmp_path / "work", "sales").set_index(["sku", "location", "date"])
    np.testing.assert_allclose(sales["unit_price"].dropna(), expected, rtol=1e-9)


def test_weeks_begin_on_monday_and_hold_what_their_days_held(tmp_path: Path) -> None:
    run(cafe(tmp_path / "data", cafe_orders()), tmp_path / "days")
    intake = run(tmp_path / "data", tmp_path / "weeks", period="W-MON")
    days, weeks = table(tmp_path / "days", "sales"), table(tmp_path / "weeks", "sales")
    assert (weeks["date"].dt.day_of_week == 0).all()
    assert intake.as_of.weekday() == 6
    days["date"] = days["date"].dt.to_period("W-SUN").dt.start_time
    expected = days.groupby(["sku", "location", "date"])["units_sold"].sum()
    np.testing.assert_allclose(weeks["units_sold"], expected, rtol=1e-12)


def test_daily_sales_given_as_such_add_up_to_the_same_weeks(tmp_path: Path) -> None:
    run(cafe(tmp_path / "data", cafe_orders()), tmp_path / "days")
    run(tmp_path / "data", tmp_path / "weeks", period="W-MON")
    (tmp_path / "again").mkdir()
    (tmp_path / "days" / "tables" / "sales.parquet").rename(tmp_path / "again" / "sales.parquet")
    run(tmp_path / "again", tmp_path / "again_weeks", period="W-MON")
    columns = ["sku", "location", "date", "units_sold"]
    pd.testing.assert_frame_equal(
        table(tmp_path / "again_weeks", "sales")[columns],
        table(tmp_path / "weeks", "sales")[columns],
    )


def test_a_week_of_stock_keeps_the_last_count_and_the_mean_share(tmp_path: Path) -> None:
    run(cafe(tmp_path / "data", cafe_orders()), tmp_path / "days")
    run(tmp_path / "data", tmp_path / "weeks", period="W-MON")
    days, weeks = table(tmp_path / "days", "stock"), table(tmp_path / "weeks", "stock")
    days["week"] = days["date"].dt.to_period("W-SUN").dt.start_time
    by_week = days.sort_values("date").groupby(["sku", "location", "week"])
    np.testing.assert_array_equal(weeks["on_hand"], by_week["on_hand"].last())
    np.testing.assert_allclose(weeks["in_stock_share"], by_week["in_stock_share"].mean())
    assert set(days["in_stock_share"]) == {0.0, 1.0}


def test_events_become_views_carts_and_searches(tmp_path: Path) -> None:
    orders = cafe_orders()
    run(cafe(tmp_path / "data", orders), tmp_path / "work")
    browsing = table(tmp_path / "work", "browsing")
    assert browsing[["views", "add_to_carts", "searches"]].sum().tolist() == [1500, 750, 750]
    day = orders["ordered_at"].dt.normalize()
    visitors = orders.groupby(["sku", day])["order_id"].nunique()
    np.testing.assert_array_equal(browsing["unique_visitors"], visitors)


@pytest.mark.parametrize("period", ["D", "W-MON"])
def test_rows_in_another_order_give_the_same_files(tmp_path: Path, period: str) -> None:
    orders = cafe_orders()
    for name, shuffle in {"one": 1, "two": 2}.items():
        run(cafe(tmp_path / name, orders, shuffle), tmp_path / f"work_{name}", period=period)
    one, two = (contents(tmp_path / f"work_{name}" / "tables") for name in ("one", "two"))
    assert one.keys() == two.keys()
    assert one == two


def test_nothing_after_as_of_is_seen(tmp_path: Path) -> None:
    orders = cafe_orders()
    as_of = date(2024, 2, 14)
    data = cafe(tmp_path / "data", orders)
    (data / "prices.csv").write_text(
        "sku,start_date,unit_price,announced_at\nmilk,2024-03-01,2,2024-02-14\n"
        "milk,2024-03-01,3,2024-02-15\nmilk,2024-03-01,4,\nmilk,2024-02-14,5,\n"
    )
    (data / "purchase_orders.csv").write_text(
        "po_id,sku,units_ordered,ordered_at,received_at,units_received\n"
        "1,milk,5,2024-02-01,2024-02-14,5\n2,milk,5,2024-02-01,2024-02-15,4\n"
        "3,milk,5,2024-02-15,,\n"
    )
    intake = run(data, tmp_path / "work", as_of=as_of)
    assert intake.as_of == as_of
    late = (orders["ordered_at"] >= pd.Timestamp("2024-02-15")).sum()
    assert intake.tables["order_lines"].rows_set_aside == late
    assert table(tmp_path / "work", "sales")["date"].max() == pd.Timestamp(as_of)
    assert sorted(table(tmp_path / "work", "prices")["unit_price"]) == [2, 5]
    bought = table(tmp_path / "work", "purchase_orders").set_index("po_id")
    assert bought.index.tolist() == ["1", "2"]
    assert bought["units_received"].fillna(-1).tolist() == [5, -1]
    assert pd.isna(bought.loc["2", "received_at"])


def test_a_disruption_that_begins_later_is_not_known_yet(tmp_path: Path) -> None:
    data = cafe(tmp_path / "data", cafe_orders())
    (data / "suppliers.csv").write_text(
        "supplier_id,status,status_since,disrupted_until\n"
        "mill,disrupted,2024-02-01,2024-05-01\ndairy,disrupted,2024-03-20,2024-05-01\n"
    )
    run(data, tmp_path / "work", as_of=date(2024, 3, 1))
    status = table(tmp_path / "work", "suppliers").set_index("supplier_id")["status"]
    assert status["mill"] == "disrupted"
    assert pd.isna(status["dairy"])


def test_identifiers_are_texts_however_they_are_stored(tmp_path: Path) -> None:
    (tmp_path / "numbers").mkdir()
    numbers = pd.DataFrame({"sku": [7, 12], "date": ["2024-05-01"] * 2, "units_sold": [1, 2]})
    numbers.astype({"sku": float}).to_parquet(tmp_path / "numbers" / "sales.parquet")
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "sales.csv").write_text(
        "SKU , Date,units_sold\n 007,20240501,1\n7,2024-05-01 09:30,2\n"
    )
    for name, expected in {"numbers": ["12", "7"], "texts": ["007", "7"]}.items():
        run(tmp_path / name, tmp_path / f"work_{name}")
        sales = table(tmp_path / f"work_{name}", "sales")
        assert sales["sku"].tolist() == expected
        assert sales["location"].tolist() == ["default"] * 2
        assert sales["date"].tolist() == [pd.Timestamp("2024-05-01")] * 2


def test_times_keep_what_the_clock_on_the_wall_showed(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    evening = pd.Timestamp("2024-05-01 23:30", tz="Europe/Paris")
    lines = pd.DataFrame({"order_id": ["1"], "sku": ["tea"], "units": [1.0]})
    lines.assign(ordered_at=evening).to_parquet(data / "order_lines.parquet")
    run(data, tmp_path / "zoned")
    (data / "order_lines.parquet").unlink()
    (data / "order_lines.csv").write_text(
        "order_id,sku,units,ordered_at\n1,tea,1,2024-05-01T23:30:00+09:00\n"
    )
    run(data, tmp_path / "offset")
    for work in ("zoned", "offset"):
        assert table(tmp_path / work, "sales")["date"].tolist() == [pd.Timestamp("2024-05-01")]


def test_folder_names_above_the_data_say_nothing_about_it(tmp_path: Path) -> None:
    data = tmp_path / "date=1999-01-01" / "sku=x [1]*"
    data.mkdir(parents=True)
    (data / "sales.csv").write_text("sku,date,units_sold\ntea,2024-05-01,1\n")
    intake = run(data, tmp_path / "work")
    assert intake.as_of == date(2024, 5, 1)
    assert intake.tables["sales"].extra_columns == ()
    assert table(tmp_path / "work", "sales")["sku"].tolist() == ["tea"]


def test_refused_rows_are_kept_as_they_came_with_their_reason(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    good = "".join(f"tea,2024-01-{day:02},{day}\n" for day in range(1, 29))
    (data / "sales.csv").write_text(
        f"sku,date,units_sold\n{good}jam,2024-01-01,lots\njam,2024-01-02,-1\n,2024-01-03,1\n"
        "tea,2024-01-01,99\ntea,2024-01-02,2\nham\n"
    )
    intake = run(data, tmp_path / "work", max_share=0.5)
    refused = pd.read_parquet(tmp_path / "work" / "quarantine" / "sales.parquet")
    assert intake.rows_quarantined == len(refused) == 7
    reason = refused.set_index(["sku", "units_sold"])["reason"]
    assert reason["jam", "lots"].startswith("units_sold: expected a number ≥ 0")
    assert reason["jam", "-1"].startswith("units_sold: expected a number ≥ 0")
    assert "contradict" in reason["tea", "99"]
    assert "contradict" in reason["tea", "1"]
    assert "copy of another row" in reason["tea", "2"]
    assert refused["reason"].str.contains("line: expected as many values .*row 35: ham").any()
    assert refused["reason"].str.startswith("sku: expected").any()


def test_further_texts_of_products_are_kept_as_attributes(tmp_path: Path) -> None:
    data = cafe(tmp_path / "data", cafe_orders())
    (data / "products.csv").write_text(
        "sku,name,roast,weight\nbeans,Beans,dark,1.5\nmilk,Milk,,1\n"
    )
    intake = run(data, tmp_path / "work")
    products = table(tmp_path / "work", "products").set_index("sku")
    assert products.loc["beans", "roast"] == "dark"
    assert intake.tables["products"].extra_columns == ("weight",)


def test_canonical_files_carry_units_and_every_column_of_the_contract(tmp_path: Path) -> None:
    intake = run(cafe(tmp_path / "data", cafe_orders()), tmp_path / "work")
    tables = INPUT_TABLES | DERIVED_TABLES
    for name, report in intake.tables.items():
        if name == "events":
            assert report.path is None  # nobody reads them but what is made of them
            continue
        schema = pq.ParquetDataset(report.path).schema
        assert schema.remove_metadata().equals(
            arrow_schema(tables[name]).remove_metadata(), check_metadata=True
        ), name
    assert json.loads(intake.to_json())["tables"]["sales"]["derived_from"] == "order_lines"


def test_a_run_leaves_no_table_of_an_earlier_one(tmp_path: Path) -> None:
    data = cafe(tmp_path / "data", cafe_orders())
    run(data, tmp_path / "work")
    (data / "stock.parquet").unlink()
    run(data, tmp_path / "work")
    assert not (tmp_path / "work" / "tables" / "stock.parquet").exists()
    assert not (tmp_path / "work" / "staging.duckdb").exists()


def test_control_characters_never_reach_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "sales.csv").write_text("sku,date,units_sold\n\x1b[31mtea,2024-01-01,\x1b[2J\n")
    with pytest.raises(ContractError) as caught:
        run(tmp_path, tmp_path / "work")
    assert "\x1b" not in str(caught.value)


def test_the_last_count_of_a_day_wins_and_its_counts_share_the_day(tmp_path: Path) -> None:
    data = cafe(tmp_path / "data", cafe_orders())
    (data / "stock.parquet").unlink()
    (data / "stock.csv").write_text(
        "sku,location,date,observed_at,on_hand,in_stock_share\n"
        "milk,corner,2024-01-05,2024-01-05 18:00,0,\nmilk,corner,2024-01-05,2024-01-05 09:00,8,\n"
        "milk,corner,2024-01-06,,0,true\n"
    )
    run(data, tmp_path / "work")
    stock = table(tmp_path / "work", "stock")
    assert stock["on_hand"].tolist() == [0, 0]
    assert stock["in_stock_share"].tolist() == [0.5, 1.0]


def test_a_value_of_a_strange_type_is_named_not_a_crash(tmp_path: Path) -> None:
    odd = [{"a": 1}, [1, 2], b"\x00", pd.Timestamp("2024-01-01"), "many"]
    for number, value in enumerate(odd):
        data = tmp_path / str(number)
        data.mkdir()
        sales = {"sku": ["tea"], "date": [pd.Timestamp("2024-01-01")], "units_sold": [value]}
        pd.DataFrame(sales).to_parquet(data / "sales.parquet")
        with pytest.raises(ContractError, match="column units_sold: expected a number"):
            run(data, tmp_path / "work")
