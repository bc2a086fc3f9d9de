"""Data directories as a shop should never send them, each with what must become of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Literal, NamedTuple

import pandas as pd

from tests.flows.grocery_shop import healthy_sales, healthy_shop, promotions, write, write_csv

__all__ = ["CASES", "TODAY", "Case"]

TODAY = date(2024, 6, 30)


class Case(NamedTuple):
    """One directory: who builds it, the exit code or "runs", and words of the message or notes."""

    name: str
    build: Callable[[Path], None]
    expected: int | Literal["runs"]
    words: tuple[str, ...] = ()
    as_of: date | None = None


def sales_csv(**options: str) -> str:
    return healthy_sales().to_csv(index=False, date_format="%Y-%m-%d", **options)


def change(table: str, edit: Callable[[pd.DataFrame], pd.DataFrame]) -> Callable[[Path], None]:
    """Build a healthy shop and edit one table of it."""

    def build(data: Path) -> None:
        healthy_shop(data)
        write(data, table, edit(pd.read_parquet(data / f"{table}.parquet")))

    return build


def with_csv(text: str, encoding: str = "utf-8", table: str = "sales") -> Callable[[Path], None]:
    """Build a healthy shop whose sales come as the given text."""

    def build(data: Path) -> None:
        healthy_shop(data)
        write_csv(data, table, text, encoding)

    return build


def sales_with(column: str, value: object, rows: int) -> Callable[[Path], None]:
    """Build a healthy shop with a bad value in the first rows of its sales."""

    def edit(sales: pd.DataFrame) -> pd.DataFrame:
        values = sales[column].astype(object)
        values.iloc[:rows] = value
        text = values.astype(str) if isinstance(value, str) else values.infer_objects()
        return sales.assign(**{column: text})

    return change("sales", edit)


def nothing(data: Path) -> None:
    data.rmdir()


def a_file(data: Path) -> None:
    data.rmdir()
    data.write_text("sku,date\n")


def an_empty_directory(data: Path) -> None:
    del data


def misspelt_table(data: Path) -> None:
    write(data, "sale", healthy_sales())


def a_table_twice(data: Path) -> None:
    healthy_shop(data)
    (data / "sales.csv").write_text(sales_csv())


def a_mixed_folder(data: Path) -> None:
    (data / "sales").mkdir()
    healthy_sales().to_parquet(data / "sales" / "part-0.parquet")
    (data / "sales" / "part-1.csv").write_text(sales_csv())


def an_empty_folder(data: Path) -> None:
    (data / "sales").mkdir()


def truncated_parquet(data: Path) -> None:
    healthy_shop(data)
    whole = (data / "sales.parquet").read_bytes()
    (data / "sales.parquet").write_bytes(whole[: len(whole) // 2])


def text_called_parquet(data: Path) -> None:
    healthy_shop(data)
    (data / "sales.parquet").write_text(sales_csv())


def nothing_called_parquet(data: Path) -> None:
    healthy_shop(data)
    (data / "sales.parquet").write_bytes(b"")


def a_link_to_nowhere(data: Path) -> None:
    (data / "sales.parquet").symlink_to(data / "gone.parquet")


def a_link_to_a_file(data: Path) -> None:
    (data / "_store").mkdir()
    healthy_sales().to_parquet(data / "_store" / "today.parquet")
    (data / "sales.parquet").symlink_to(data / "_store" / "today.parquet")


def a_loop_of_links(data: Path) -> None:
    (data / "sales").mkdir()
    healthy_sales().to_parquet(data / "sales" / "part.parquet")
    (data / "sales" / "again").symlink_to(data / "sales", target_is_directory=True)


def nested_partitions(data: Path) -> None:
    for (sku, month), part in healthy_sales().groupby(["sku", lambda row: row % 3]):
        folder = data / "sales" / f"sku={sku}" / f"month={month}"
        folder.mkdir(parents=True)
        part.drop(columns="sku").to_parquet(folder / "part [1].parquet", index=False)


def partitions_in_csv(data: Path) -> None:
    for day, part in healthy_sales().groupby("date"):
        folder = data / "sales" / f"date={day:%Y-%m-%d}"
        folder.mkdir(parents=True)
        part.drop(columns="date").to_csv(folder / "part.csv", index=False)


def order_lines(units: float, ordered_at: str) -> pd.DataFrame:
    lines = healthy_sales().rename(columns={"units_sold": "units"}).drop(columns="date")
    return lines.assign(order_id=range(len(lines)), ordered_at=ordered_at, units=units)


def only_returns(data: Path) -> None:
    write(data, "order_lines", order_lines(-1.0, "2024-02-01 10:00:00"))


def mixed_time_zones(data: Path) -> None:
    lines = order_lines(2.0, "2024-02-01 23:30:00+02:00")
    lines.loc[::2, "ordered_at"] = "2024-02-01T23:30:00Z"
    lines.loc[::3, "ordered_at"] = "2024-02-01 23:30:00"
    write(data, "order_lines", lines)


def unknown_events(data: Path) -> None:
    healthy_shop(data)
    (data / "browsing.parquet").unlink()
    events = pd.DataFrame({"occurred_at": "2024-02-01 10:00:00", "session_id": range(200)})
    write(data, "events", events.assign(sku="apple", event=["teleport"] + ["view"] * 199))


def one_bad_promotion_of_many(data: Path) -> None:
    healthy_shop(data)
    many = pd.concat([promotions()] * 50, ignore_index=True)
    many.loc[0, "end_date"] = pd.Timestamp("2024-02-01")
    write(data, "promotions", many)


def stock_of_an_item_never_sold(data: Path) -> None:
    healthy_shop(data)
    stock = pd.read_parquet(data / "stock.parquet")
    write(data, "stock", pd.concat([stock, stock.head(1).assign(sku="eggs")]))


def sales_alone(data: Path) -> None:
    write(data, "sales", healthy_sales().drop(columns=["location", "unit_price"]))


def a_folder_named_like_a_file(data: Path) -> None:
    (data / "sales.parquet").mkdir()
    healthy_sales().to_parquet(data / "sales.parquet" / "part-0.parquet")
    (data / "sales.parquet" / "_SUCCESS").write_text("")


def again(table: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([table, table])


def contradict(table: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([table, table.head(1).assign(units_sold=99.0)])


_QUOTED_HEADER = sales_csv().replace("units_sold", "units sold", 1)

CASES: tuple[Case, ...] = (
    Case("no data directory", nothing, 2, ("no data directory",)),
    Case("a file for a directory", a_file, 2, ("is a file",)),
    Case("an empty directory", an_empty_directory, 3, ("sales or order_lines", "neither")),
    Case("a misspelt table", misspelt_table, 3, ("sale.parquet", "did you mean sales")),
    Case("a table twice", a_table_twice, 2, ("sales.parquet, sales.csv", "keep one")),
    Case("a folder of parquet and CSV", a_mixed_folder, 2, ("mixes parquet and CSV",)),
    Case("a folder without parts", an_empty_folder, 3, ("table sales", "found none")),
    Case("truncated parquet", truncated_parquet, 3, ("table sales", "sales.parquet", "broken")),
    Case("text called parquet", text_called_parquet, 3, ("table sales", "broken")),
    Case("an empty file called parquet", nothing_called_parquet, 3, ("table sales", "broken")),
    Case("a link to nowhere", a_link_to_nowhere, 3, ("table sales", "broken")),
    Case("a link to a file", a_link_to_a_file, "runs"),
    Case("a loop of links", a_loop_of_links, "runs"),
    Case("a folder named like a file", a_folder_named_like_a_file, "runs"),
    Case("nested partitions", nested_partitions, "runs", ("left out: month",)),
    Case("partitions in CSV", partitions_in_csv, "runs"),
    Case(
        "a missing column",
        change("sales", lambda t: t.drop(columns="units_sold")),
        3,
        ("table sales", "column units_sold", "'unit_price'"),
    ),
    Case(
        "a misspelt column",
        change("sales", lambda t: t.rename(columns={"units_sold": "unit_sold"})),
        3,
        ("column units_sold", "is it 'unit_sold'?"),
    ),
    Case("some text in numbers", sales_with("units_sold", "two", 2), "runs", ("quarantine",)),
    Case(
        "much text in numbers",
        sales_with("units_sold", "two", 50),
        3,
        ("table sales, column units_sold", "expected a number ≥ 0", "found 'two'", "50 bad rows"),
    ),
    Case("some negative units", sales_with("units_sold", -3.0, 2), "runs", ("quarantine",)),
    Case(
        "many negative units",
        sales_with("units_sold", -3.0, 50),
        3,
        ("table sales, column units_sold", "a number ≥ 0", "-3.0", "first bad rows"),
    ),
    Case("infinite units", sales_with("units_sold", float("inf"), 1), "runs", ("quarantine",)),
    Case("units that are no number", sales_with("units_sold", float("nan"), 1), "runs", ("1 of",)),
    Case("a null sku", sales_with("sku", None, 1), "runs", ("1 of 364 rows went to quarantine",)),
    Case("rows that contradict each other", change("sales", contradict), "runs", ("2 of 365",)),
    Case(
        "every row twice",
        change("sales", again),
        3,
        ("sku, location, date", "each key once", "364 bad rows of 728"),
    ),
    Case(
        "some dates of 1900",
        sales_with("date", pd.Timestamp("1900-01-01"), 1),
        "runs",
        ("quarantine",),
    ),
    Case(
        "all dates of 1900",
        sales_with("date", pd.Timestamp("1900-01-01"), 364),
        3,
        ("column date", "1990-01-01"),
    ),
    Case(
        "some dates of the far future",
        sales_with("date", pd.Timestamp("2124-01-01"), 1),
        "runs",
        ("quarantine",),
    ),
    Case(
        "all dates of the far future",
        sales_with("date", pd.Timestamp("2124-01-01"), 364),
        3,
        ("column date", "up to 2025-07-01"),
    ),
    Case(
        "sales of next month",
        sales_with("date", pd.Timestamp("2024-07-15"), 1),
        "runs",
        ("set aside",),
    ),
    Case("empty sales", change("sales", lambda t: t.head(0)), 3, ("table sales", "found none")),
    Case(
        "an empty stock table",
        change("stock", lambda t: t.head(0)),
        "runs",
        ("stock: the table is empty", "without a usable table stock"),
    ),
    Case("an empty CSV", with_csv(""), 3, ("table sales", "is empty")),
    Case("a CSV of one header", with_csv("sku,date,units_sold\n"), 3, ("found none",)),
    Case("UTF-16", with_csv(sales_csv(), "utf-16"), 3, ("UTF-8", "found UTF-16")),
    Case("UTF-16 without a mark", with_csv(sales_csv(), "utf-16-le"), 3, ("UTF-8", "zero bytes")),
    Case(
        "Latin-1",
        with_csv(sales_csv().replace("bread", "pâté"), "latin-1"),
        3,
        ("table sales", "UTF-8 text"),
    ),
    Case("a semicolon for a separator", with_csv(sales_csv(sep=";")), "runs"),
    Case("a tab for a separator", with_csv(sales_csv(sep="\t")), "runs"),
    Case("a separator nobody uses", with_csv(sales_csv(sep="^")), 3, ("column sku", "sku^date")),
    Case(
        "decimal commas",
        with_csv(sales_csv(sep=";").replace(".0;", ",0;")),
        3,
        ("column units_sold", "'0,0'"),
    ),
    Case(
        "days before months",
        with_csv(sales_csv().replace("2024-02-", "29/02/")),
        3,
        ("column date", "YYYY-MM-DD", "'29/02/01'"),
    ),
    Case(
        "a line too long",
        with_csv(sales_csv() + "apple,2024-04-01,main,1,2.5,surprise\n"),
        "runs",
        ("1 of 365 rows went to quarantine",),
    ),
    Case(
        "many lines too short",
        with_csv(sales_csv() + "apple\n" * 20),
        3,
        ("table sales", "as many values as the header", "20 bad rows of 384"),
    ),
    Case("a quote never closed", with_csv(sales_csv() + '"apple,1\n' * 3), 3, ("table sales",)),
    Case(
        "a column twice",
        with_csv(sales_csv().replace("location", "SKU", 1)),
        3,
        ("column 'SKU' twice",),
    ),
    Case("a header of other words", with_csv(_QUOTED_HEADER), 3, ("column units_sold",)),
    Case("a byte order mark", with_csv(sales_csv(), "utf-8-sig"), "runs"),
    Case("a single day", change("sales", lambda t: t[t["date"] == "2024-03-31"]), "runs"),
    Case("sales of one unknown item", sales_with("sku", "figs", 1), "runs", ("'figs'",)),
    Case("products twice", change("products", again), 3, ("table products", "each key once")),
    Case(
        "a promotion announced too late",
        change("promotions", lambda t: t.assign(announced_at=pd.Timestamp("2024-04-02"))),
        "runs",
        ("promotions: 4 rows were not yet known",),
    ),
    Case(
        "a share above one",
        change("promotions", lambda t: t.assign(discount=20.0)),
        3,
        ("table promotions, column discount", "a number in 0..1", "20.0"),
    ),
    Case("a CSV of blank lines", with_csv("\n\n\n"), 3, ("table sales", "is empty")),
    Case("a single sku", change("sales", lambda t: t[t["sku"] == "apple"]), "runs"),
    Case("an item never sold", stock_of_an_item_never_sold, "runs", ("'eggs'",)),
    Case("only zero sales", change("sales", lambda t: t.assign(units_sold=0.0)), "runs"),
    Case("only returns", only_returns, 3, ("order_lines", "at least one sale")),
    Case("mixed time zones", mixed_time_zones, "runs"),
    Case("an unknown event", unknown_events, "runs", ("events: 1 of 200",)),
    Case(
        "an unknown supplier",
        change("products", lambda t: t.assign(supplier_id="nobody")),
        "runs",
        ("supplier_id", "not in suppliers", "'nobody'"),
    ),
    Case(
        "a promotion that ends before it starts",
        change("promotions", lambda t: t.assign(end_date=pd.Timestamp("2024-02-01"))),
        3,
        ("table promotions", "end_date", "start_date"),
    ),
    Case("one such promotion of many", one_bad_promotion_of_many, "runs", ("promotions: 1 of",)),
    Case(
        "in stock, yes or no",
        change("stock", lambda t: t.assign(in_stock_share=True).drop(columns="on_hand")),
        "runs",
        ("on_hand",),
    ),
    Case("sales alone", sales_alone, "runs", ("without a usable table stock", "location")),
    Case(
        "columns of another system",
        change("sales", lambda t: t.assign(cashier="Kim", till=4)),
        "runs",
        ("sales: columns left out: cashier, till",),
    ),
    Case(
        "as-of before the first sale",
        healthy_shop,
        2,
        ("2023-12-31", "before the first sale, 2024-01-01"),
        date(2023, 12, 31),
    ),
    Case(
        "as-of long after the last sale",
        healthy_shop,
        "runs",
        ("30 days before as-of",),
        date(2024, 4, 30),
    ),
    Case("as-of after today", healthy_shop, "runs", ("after today",), date(2024, 7, 31)),
)
