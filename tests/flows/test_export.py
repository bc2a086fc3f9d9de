"""Files for other systems: exact headers, safe text, whole files, and nothing lost in silence."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread

import pandas as pd
import pytest
from click.testing import Result
from typer.testing import CliRunner

from flows.cli import app
from tests.flows.served_shop import publish, thresholds

ODD_NAME = 'jam 20" "Ü",\nsecond line 🍓'
ROWS = [
    {"sku": "tea", "reorder_point": 20.0, "order_up_to_level": 32.0},
    {"sku": "tea", "location": "depot", "reorder_point": 5.0, "order_up_to_level": 9.0},
    {"sku": "rice", "reorder_point": 7.318, "order_up_to_level": 9.5},
    {"sku": ODD_NAME, "reorder_point": 3.0, "order_up_to_level": 3.0},
]

HEADERS = {
    "tryton": "product,location,type,min_quantity,target_quantity",
    "odoo17": "id,product_id/id,warehouse_id/id,location_id/id,product_min_qty,product_max_qty,"
    "qty_multiple,trigger",
    "odoo18": "id,product_id/id,warehouse_id/id,location_id/id,product_min_qty,product_max_qty,"
    "qty_multiple,trigger",
    "odoo19": "id,product_id/id,warehouse_id/id,location_id/id,product_min_qty,product_max_qty,"
    "replenishment_uom_id/id,trigger",
    "erpnext": "ID,reorder_levels.warehouse_group,reorder_levels.warehouse,"
    "reorder_levels.warehouse_reorder_level,reorder_levels.warehouse_reorder_qty,"
    "reorder_levels.material_request_type",
    "netsuite": "External ID,Location,Reorder Point,Preferred Stock Level,Safety Stock Level,"
    "Purchase Lead Time,Auto-Calculate Reorder Point,Auto-Calculate Preferred Stock Level",
    "d365": "dataAreaId,ItemNumber,CoverageSiteId,CoverageWarehouseId,CoverageWarehouseLocationId,"
    "CoverageItemBatchNumber,CoverageItemSerialNumber,CoverageInventoryStatusId,"
    "CoverageProductConfigurationId,CoverageProductColorId,CoverageProductSizeId,"
    "CoverageProductStyleId,CoverageProductVersionId,AreCoverageGroupSettingsOverridden,"
    "CoverageMethod,MinimumOnHandInventoryQuantity,MaximumOnHandInventoryQuantity,"
    "IsProcurementLeadTimeOverridden,ProcurementLeadTimeDays,IsProcumentLeadTimeUsingWorkingDays",
    "business-central": "Location Code,Item No.,Variant Code,Reordering Policy,Reorder Point,"
    "Maximum Inventory,Reorder Quantity,Minimum Order Quantity,Maximum Order Quantity,"
    "Safety Stock Quantity,Order Multiple,Lead Time Calculation",
    "woocommerce": "SKU,Low stock amount",
    "frepple": "item,location,roq minimum quantity,roq maximum quantity,"
    "safety stock minimum quantity,safety stock maximum quantity,service level,"
    "lead time deviation",
}

Run = Callable[..., Result]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return publish(tmp_path / "out", thresholds(ROWS))


@pytest.fixture
def run(out: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`stockalert export --out OUT …`; what it sets in the environment is gone afterwards."""
    for name in os.environ:
        monkeypatch.setenv(name, os.environ[name])
    return lambda *words: CliRunner().invoke(
        app, ["export", "--out", str(out), *(str(word) for word in words)]
    )


def exported(run: Run, file: Path, form: str, *words: object) -> list[dict[str, str]]:
    result = run("--format", form, file, *words)
    assert result.exit_code == 0, result.output
    return list(csv.DictReader(io.StringIO(file.read_bytes().decode(), newline="")))


def ids_file(folder: Path, text: str) -> Path:
    file = folder / "ids.csv"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize("form", HEADERS)
def test_the_header_is_the_targets_to_the_letter(run: Run, tmp_path: Path, form: str) -> None:
    company = ids_file(tmp_path, "dataAreaId\nusmf\n")
    words = ("--ids", company) if form == "d365" else ()
    exported(run, tmp_path / "x.csv", form, *words)
    text = (tmp_path / "x.csv").read_text(encoding="utf-8")
    assert text.splitlines()[0] == HEADERS[form]


@pytest.mark.parametrize("form", ["tryton", "odoo18", "netsuite", "business-central", "frepple"])
def test_names_with_quotes_lines_and_emoji_arrive_as_they_are(
    run: Run, tmp_path: Path, form: str
) -> None:
    rows = exported(run, tmp_path / "x.csv", form)
    assert len(rows) == len(ROWS)
    assert any(ODD_NAME in row.values() for row in rows)


def test_a_strict_system_gets_one_step_more_and_goods_by_weight_their_own_step(
    run: Run, tmp_path: Path
) -> None:
    rows = {
        row["product"] + row["location"]: row for row in exported(run, tmp_path / "x.csv", "tryton")
    }
    assert rows["teashop"]["min_quantity"] == "21"
    assert rows["riceshop"]["min_quantity"] == "7.32"
    assert rows["riceshop"]["target_quantity"] == "9.5"
    assert rows[f"{ODD_NAME}shop"]["min_quantity"] == "3"  # base stock: nothing to order at 3


def test_whole_number_fields_never_hold_fractions(run: Run, tmp_path: Path) -> None:
    rows = exported(run, tmp_path / "x.csv", "erpnext")
    figures = [
        row[f"reorder_levels.warehouse_reorder_{name}"] for row in rows for name in ("level", "qty")
    ]
    assert all(figure.isdigit() for figure in figures)
    amounts = exported(run, tmp_path / "y.csv", "woocommerce")
    assert {row["SKU"]: row["Low stock amount"] for row in amounts}["rice"] == "8"


def test_a_shop_with_one_shelf_gets_the_sum_over_locations(run: Run, tmp_path: Path) -> None:
    rows = exported(run, tmp_path / "x.csv", "woocommerce")
    assert [row["Low stock amount"] for row in rows if row["SKU"] == "tea"] == ["25"]


def test_all_warehouses_of_an_erpnext_item_go_together_or_not_at_all(
    out: Path, run: Run, tmp_path: Path
) -> None:
    rows = exported(run, tmp_path / "x.csv", "erpnext")
    tea = [row["ID"] for row in rows].index("tea")
    assert rows[tea + 1]["ID"] == ""
    assert rows[tea]["reorder_levels.warehouse"] == "depot"
    assert rows[tea + 1]["reorder_levels.warehouse"] == "shop"
    names = ids_file(tmp_path, "sku,location,warehouse\ntea,depot,=depot\n")
    rows = exported(run, tmp_path / "y.csv", "erpnext", "--ids", names)
    assert "tea" not in [row["ID"] for row in rows]
    about = json.loads((tmp_path / "y.csv.about.json").read_text())
    assert len(about["skipped"]) == 2


def test_a_name_that_a_spreadsheet_would_run_stays_behind_and_is_told(tmp_path: Path) -> None:
    danger = ["=HYPERLINK(1)", "+1", "-40 gloves", "@sum", "\tx", "\rx"]
    rows = [
        {"sku": sku, "reorder_point": 1.0, "order_up_to_level": 2.0} for sku in [*danger, "tea"]
    ]
    out = publish(tmp_path / "out", thresholds(rows))
    for form in HEADERS:
        file = tmp_path / f"{form}.csv"
        words = ["export", "--out", str(out), "--format", form, str(file)]
        result = CliRunner().invoke(app, words)
        assert result.exit_code == 0, result.output
        lines = csv.reader(io.StringIO(file.read_bytes().decode(), newline=""))
        fields = [field for line in lines for field in line]
        assert not any(field.startswith(("=", "+", "-", "@", "\t", "\r")) for field in fields)
        about = json.loads(Path(f"{file}.about.json").read_text())
        left = [row["sku"] for row in about["skipped"]]
        assert set(danger) <= set(left)
    result = CliRunner().invoke(app, [*words[:-1], str(file), "--allow-formulas"])
    assert result.exit_code == 0
    text = io.StringIO(file.read_bytes().decode(), newline="")
    assert set(danger) < {row["item"] for row in csv.DictReader(text)}


def test_the_targets_names_come_from_the_identifiers(run: Run, tmp_path: Path) -> None:
    """What names sku and location goes before what names one, and that before nothing."""
    names = ids_file(
        tmp_path,
        "sku,location,product_id/id,warehouse_id/id,location_id/id\n"
        "tea,,shop.tea_100,,\n,shop,,stock.warehouse0,stock.stock_location_stock\n"
        "tea,depot,,base.depot,base.depot_stock\n",
    )
    rows = exported(run, tmp_path / "x.csv", "odoo18", "--ids", names)
    tea = [row for row in rows if row["product_id/id"] == "shop.tea_100"]
    assert {row["warehouse_id/id"] for row in tea} == {"stock.warehouse0", "base.depot"}
    assert {row["location_id/id"] for row in tea} == {
        "stock.stock_location_stock",
        "base.depot_stock",
    }
    assert len({row["id"] for row in rows}) == len(ROWS)


def test_external_ids_are_the_same_every_night(run: Run, tmp_path: Path) -> None:
    first = exported(run, tmp_path / "x.csv", "odoo19")
    assert [row["id"] for row in first] == [
        row["id"] for row in exported(run, tmp_path / "y.csv", "odoo19")
    ]


def test_lots_from_the_data_directory_reach_who_can_be_told(run: Run, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    products = {"sku": ["tea", "rice"], "supplier_id": ["mill", "farm"], "moq": [10.0, None]}
    pd.DataFrame(products | {"case_pack": [4.0, None]}).to_parquet(data / "products.parquet")
    offered = {"sku": ["rice"], "supplier_id": ["farm"], "unit_cost": [1.0], "case_pack": [2.5]}
    pd.DataFrame(offered).to_csv(data / "supplier_items.csv", index=False)
    rows = exported(run, tmp_path / "x.csv", "business-central", "--data", data)
    told = {row["Item No."]: (row["Minimum Order Quantity"], row["Order Multiple"]) for row in rows}
    assert told == {"tea": ("10", "4"), "rice": ("0", "2.5"), ODD_NAME: ("0", "0")}


def test_a_row_without_the_identifier_it_needs_stays_behind(run: Run, tmp_path: Path) -> None:
    result = run("--format", "d365", tmp_path / "x.csv")
    assert "4 row(s) left out, no dataAreaId is known" in result.output


def test_shopify_gets_metafields_25_at_a_time_and_never_its_inventory_csv(tmp_path: Path) -> None:
    rows = [
        {"sku": str(n), "location": place, "reorder_point": 2.0, "order_up_to_level": 4.0}
        for n in range(1000, 1060)
        for place in ("shop", "web")
    ]
    out = publish(tmp_path / "out", thresholds(rows))
    words = ["export", "--out", str(out), "--format", "shopify"]
    assert CliRunner().invoke(app, [*words, str(tmp_path / "x.csv")]).exit_code == 2
    assert CliRunner().invoke(app, [*words, str(tmp_path / "x.jsonl")]).exit_code == 0
    calls = [json.loads(line) for line in (tmp_path / "x.jsonl").read_text().splitlines()]
    fields = [field for call in calls for field in call["variables"]["metafields"]]
    assert [len(call["variables"]["metafields"]) for call in calls] == [25, 25, 10]
    assert fields[0] == {
        "ownerId": "gid://shopify/ProductVariant/1000",
        "namespace": "replenishment",
        "key": "reorder_point",
        "type": "number_integer",
        "value": "4",
    }


def test_woocommerce_batches_want_product_numbers(run: Run, tmp_path: Path) -> None:
    names = ids_file(tmp_path, "sku,id\ntea,17\n")
    result = run("--format", "woocommerce", tmp_path / "x.json", "--ids", names)
    assert "2 row(s) left out, its product id is no number" in result.output
    batches = json.loads((tmp_path / "x.json").read_text())
    assert batches == [{"update": [{"id": 17, "low_stock_amount": 25}]}]


def test_a_reader_sees_a_whole_file_at_any_moment(run: Run, tmp_path: Path) -> None:
    """Forty exports beneath a reader that never stops reading."""
    file, stop = tmp_path / "x.csv", Event()
    exported(run, file, "tryton")
    whole, seen = file.read_bytes(), set()

    def read() -> None:
        while not stop.is_set():
            seen.add(file.read_bytes())

    reader = Thread(target=read)
    reader.start()
    for _ in range(40):
        exported(run, file, "tryton")
    stop.set()
    reader.join()
    assert seen == {whole}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "x.csv", "x.csv.about.json"]


def test_the_night_and_the_model_are_said(run: Run, tmp_path: Path) -> None:
    result = run("--format", "tryton", tmp_path / "x.csv")
    assert "4 rows of the night of 2026-03-31 (run night-1, model 3)" in result.output
    about = json.loads((tmp_path / "x.csv.about.json").read_text())
    assert (about["as_of_date"], about["run_id"], about["rows"]) == ("2026-03-31", "night-1", 4)
    assert "out of date" in result.output


WRONG = {
    "an unknown format": (["--format", "sap", "x.csv"], 2, "expected one of tryton"),
    "neither file nor url": (["--format", "tryton"], 2, "give a FILE"),
    "both": (["--format", "tryton", "x.csv", "--url", "https://a.example/b"], 2, "give a FILE"),
    "a url where there is none": (
        ["--format", "netsuite", "--url", "https://a.example"],
        2,
        "no --url",
    ),
    "a password in the url": (
        ["--format", "tryton", "--url", "http://u:secret@127.0.0.1/x"],
        2,
        "environment",
    ),
    "credentials in clear": (
        ["--format", "tryton", "--url", "http://shop.example/x"],
        2,
        "in clear",
    ),
    "another scheme": (["--format", "odoo19", "--url", "ftp://shop.example"], 2, "expected http"),
    "no credentials": (
        ["--format", "tryton", "--url", "http://127.0.0.1:1/x"],
        2,
        "TRYTON_PASSWORD",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_slip_is_one_plain_sentence(run: Run, monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    monkeypatch.delenv("TRYTON_USER", raising=False)
    words, code, said = WRONG[case]
    result = run(*words)
    assert result.exit_code == code, result.output
    assert said in result.stderr
    assert "secret" not in result.output
    assert len(result.stderr.strip().splitlines()) == 1


def test_identifiers_that_nobody_reads_are_refused(run: Run, tmp_path: Path) -> None:
    names = ids_file(tmp_path, "sku,productid\ntea,7\n")
    result = run("--format", "odoo18", tmp_path / "x.csv", "--ids", names)
    assert result.exit_code == 2
    assert "unknown column 'productid'" in result.stderr
    names = ids_file(tmp_path, "sku,product_id/id\ntea,a\ntea,b\n")
    result = run("--format", "odoo18", tmp_path / "x.csv", "--ids", names)
    assert "more than once" in result.stderr


def test_without_a_night_there_is_nothing_to_export(tmp_path: Path) -> None:
    words = [
        "export",
        "--out",
        str(tmp_path / "none"),
        "--format",
        "tryton",
        str(tmp_path / "x.csv"),
    ]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 1
    assert "no published night" in result.stderr
