"""Real nights of a shop that orders: approved lines count, rejected ones rest, files leave."""

from __future__ import annotations

import csv
import email
import email.policy
import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from flows.cli import app
from flows.order_book import open_book
from flows.service_desk import tell
from flows.settings import load_settings
from flows.subscriptions import open_register
from tests.flows.conftest import served
from tests.servers.web import WebServer, web_server

pytestmark = pytest.mark.slow

NIGHTS = (date(2024, 2, 28), date(2024, 2, 29), date(2024, 3, 1))
SKUS = ("apple", "bread", "=cheese", "dates")
DAYS = pd.date_range("2024-01-01", NIGHTS[-1])

SETTINGS = """\
[guard]
enabled = false
[order.auto_approve]
enabled = true
classes = ["A", "B", "C"]
formula = true
max_line_value = 60.0
[service_desk]
voucher_limit = 2.0
"""


def _shop(data: Path, stock: list[float], seen: pd.DataFrame | None = None) -> None:
    """Write four groceries that sell ten a day, from a farm and a dairy."""
    data.mkdir(exist_ok=True)
    sales = pd.MultiIndex.from_product([SKUS, DAYS], names=["sku", "date"]).to_frame(index=False)
    rng = np.random.default_rng(2)
    sales = sales.assign(location="main", units_sold=rng.poisson(10, len(sales)).astype(float))
    on_hand = pd.DataFrame({"sku": SKUS, "now": stock}).assign(location="main")
    on_hand = on_hand.merge(pd.DataFrame({"date": DAYS}), how="cross")
    before = on_hand["date"] < pd.Timestamp(NIGHTS[0])
    on_hand["on_hand"] = on_hand.pop("now").where(~before, 50.0)
    products = {
        "sku": SKUS,
        "name": ["Äpfel 🍏", "Bread <b>", "=Cheese()", "Dates"],
        "category": "food",
        "supplier_id": ["farm/../x", "farm/../x", "dairy", "dairy"],
        "unit_cost": [0.1, 2.0, 0.2, 3.0],
        "unit_price": [1.0, 4.0, 1.5, 5.0],
        "case_pack": 6.0,
    }
    suppliers = {
        "supplier_id": ["farm/../x", "dairy"],
        "lead_time_days": [4.0, 6.0],
        "email": ["farm@example.org", None],
    }
    tables = {
        "sales": sales,
        "stock": on_hand,
        "products": pd.DataFrame(products),
        "suppliers": pd.DataFrame(suppliers),
    }
    for name, frame in (tables | ({} if seen is None else {"purchase_orders": seen})).items():
        frame.to_parquet(data / f"{name}.parquet", index=False)


@dataclass(frozen=True)
class Week:
    """What three nights published, and what was typed between them."""

    out: Path
    first: dict[str, pd.DataFrame]
    second: dict[str, pd.DataFrame]
    third: dict[str, pd.DataFrame]
    typed: dict[str, Result]
    files: Path
    web: WebServer
    config: Path


@pytest.fixture(scope="module")
def week(prefect_server: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Week]:
    from flows.nightly import nightly

    folder = tmp_path_factory.mktemp("orders")
    data, out, files = folder / "data", folder / "out", folder / "files"
    config = folder / "settings.toml"
    config.write_text(SETTINGS)
    typed: dict[str, Result] = {}

    def run(*words: object) -> Result:
        with patch.dict(os.environ):  # what a command sets there is gone afterwards
            return CliRunner().invoke(app, [str(word) for word in words])

    def night(day: date) -> dict[str, pd.DataFrame]:
        nightly(data, out, day, config)
        names = ("thresholds", "order_proposals", "cash_plan", "availability")
        return {name: served(out, name).set_index(served(out, name).columns[0]) for name in names}

    with web_server() as web:
        _shop(data, [0.0] * 4)
        first = night(NIGHTS[0])
        typed["list"] = run("orders", "list", "--out", out)
        with open_book(out) as book:
            book.enter_approved_by_rule(out)
        lines = _proposed(out)
        typed["approve"] = run("orders", "approve", lines["bread"][:6], "--out", out, "--by", "ann")
        typed["reject"] = run("orders", "reject", lines["dates"], "--out", out, "--why", "too many")
        typed["unknown"] = run("orders", "approve", "zzz", "--out", out)
        typed["nothing"] = run("orders", "approve", "--out", out)
        typed["subscribe"] = run("subscribe", "--out", out, "--sku", "bread", "--to", web.address())
        typed["twice"] = run("subscribe", "--out", out, "--sku", "bread", "--to", web.address())
        typed["no address"] = run("subscribe", "--out", out, "--sku", "bread", "--to", "ann")
        typed["no item"] = run("subscribe", "--out", out, "--sku", "kiwi", "--to", "a@b.org")
        for form in ("pdf", "mail", "csv"):
            typed[form] = run(
                *("orders", "export", "--out", out, "--to", files, "--format", form, "--again")
            )
        typed["again"] = run("orders", "export", "--out", out, "--to", files)
        second = night(NIGHTS[1])
        seen = (
            first["order_proposals"]
            .reset_index()
            .assign(
                po_id="PO-1", units_ordered=lambda f: f["units"], ordered_at=pd.Timestamp(NIGHTS[1])
            )
        )
        seen = seen[seen["sku"] != "dates"]
        names = ["po_id", "sku", "location", "supplier_id", "units_ordered", "ordered_at"]
        _shop(data, [0.0, 50.0, 0.0, 0.0], seen[names])
        third = night(NIGHTS[2])
        yield Week(out, first, second, third, typed, files, web, config)


def _proposed(out: Path) -> dict[str, str]:
    from flows.order_book import proposed

    lines = proposed(out)
    return dict(zip(lines["sku"], lines["line_id"], strict=True))


def test_a_night_proposes_groups_plans_cash_and_says_what_can_be_had(week: Week) -> None:
    orders = week.first["order_proposals"]
    assert sorted(orders.index) == sorted(SKUS)
    assert set(orders["order_day"].astype(str)) == {"2024-02-29"}
    approved = orders[orders["auto_approved"]]
    assert (approved["cost"] <= 60).all()
    assert {"apple", "=cheese"} == set(approved.index)
    assert approved["reason"].str.contains("approved by rule").all()
    assert len(week.first["cash_plan"]) == 13
    desk = week.first["availability"]
    assert set(desk["status"]) == {"out"}
    assert desk["expected_restock_date"].notna().all()
    assert desk["voucher"].max() == 2.0


def test_what_is_approved_is_on_order_and_not_proposed_again(week: Week) -> None:
    first, second = week.first["order_proposals"], week.second
    for sku in ("apple", "bread", "=cheese"):
        assert second["thresholds"].loc[sku, "on_order"] == first.loc[sku, "units"]
    assert not {"apple", "bread", "=cheese"} & set(
        second["order_proposals"].query("kind == 'due'").index
    )


def test_a_rejected_line_rests(week: Week) -> None:
    assert "dates" not in week.second["order_proposals"].index
    assert week.second["thresholds"].loc["dates", "order_quantity"] > 0, "it is still due"


def test_a_purchase_order_takes_the_place_of_the_line_it_shows(week: Week) -> None:
    first, third = week.first["order_proposals"], week.third["thresholds"]
    for sku in ("apple", "bread", "=cheese"):
        assert third.loc[sku, "on_order"] == first.loc[sku, "units"], "once, not twice"


def test_the_command_line_shows_decides_and_refuses_in_plain_words(week: Week) -> None:
    typed = week.typed
    assert typed["list"].exit_code == 0
    assert "position 0 is at or below the reorder point" in typed["list"].stdout
    assert "approved: 1 lines" in typed["approve"].stdout
    assert "rejected: 1 lines" in typed["reject"].stdout
    for name, words in (
        ("unknown", "line 'zzz': expected one line of that id, found none"),
        ("nothing", "name lines, --supplier or --all"),
        ("no address", "expected an e-mail address"),
        ("no item", "no item 'kiwi'"),
    ):
        assert typed[name].exit_code == 2, name
        assert words in typed[name].stderr


def test_every_decision_is_kept_with_who_when_and_why(week: Week) -> None:
    with open_book(week.out) as book:
        audit = book.audit()
    assert set(audit["by"]) >= {"rule", "ann"}
    assert "too many" in set(audit["why"])
    assert (week.out / "orders.db").stat().st_mode & 0o077 == 0, "its owner's alone"


def test_files_leave_one_per_supplier_and_names_are_not_trusted(week: Week) -> None:
    names = sorted(path.name for path in week.files.iterdir())
    assert len([name for name in names if name.endswith(".pdf")]) == 2
    assert all("/" not in name and ".." not in name for name in names)
    (table,) = week.files.glob("*.csv")
    rows = list(csv.DictReader(io.StringIO(table.read_text(encoding="utf-8"))))
    assert {row["sku"] for row in rows} == {"apple", "bread", "'=cheese"}
    assert {row["name"] for row in rows} == {"Äpfel 🍏", "Bread <b>", "'=Cheese()"}
    mails = [
        email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        for path in sorted(week.files.glob("*.eml"))
    ]
    assert {mail["To"] for mail in mails} == {"farm@example.org", None}
    assert any("Äpfel 🍏" in mail.get_content() for mail in mails)
    assert "supplier dairy has no e-mail address" in week.typed["mail"].stdout
    for path in week.files.glob("*.pdf"):
        assert path.read_bytes().startswith(b"%PDF")
    assert "nothing to export" in week.typed["again"].stdout, "exported once"


def test_who_waits_is_told_once_when_the_item_is_back(week: Week) -> None:
    assert "registered" in week.typed["subscribe"].stdout
    assert "already registered" in week.typed["twice"].stdout
    told = [call for call in week.web.calls if call.path == "/hook"]
    assert len(told) == 1
    assert "is available again at main" in str(told[0].body)
    settings, at = load_settings(week.config), datetime(2024, 3, 2, 8)
    before = len(week.web.calls)
    tell(week.out, settings, at=at)
    assert len(week.web.calls) == before


def test_a_subscriber_that_cannot_be_reached_waits_and_stops_nobody(week: Week) -> None:
    settings, at = load_settings(week.config), datetime(2024, 3, 2, 9)
    with open_register(week.out) as register:
        register.add("bread", "", "someone@example.org", at=at)
        register.add("bread", "main", week.web.address("/other"), at=at)
    before = len(week.web.calls)
    week.web.mode = "refuses"
    problems = tell(week.out, settings, at=at)
    assert any("no mailto:// address in alerts.urls" in problem for problem in problems)
    week.web.mode = "up"
    calls = len(week.web.calls)
    tell(week.out, settings, at=at)
    with open_register(week.out) as register:
        left = register.waiting()
    assert left["address"].tolist() == ["someone@example.org"]
    assert len(week.web.calls) == calls + 1 > before


def test_a_run_that_died_while_sending_is_not_repeated(week: Week) -> None:
    settings, at = load_settings(week.config), datetime(2024, 3, 2, 10)
    with open_register(week.out) as register:
        register.add("bread", "", week.web.address("/died"), at=at)
        number = register.waiting()["subscription"].iloc[-1].item()
        register.mark(number, "sending", at=at)
    calls = len(week.web.calls)
    assert any("may or may not have arrived" in said for said in tell(week.out, settings, at=at))
    assert len(week.web.calls) == calls


def test_a_stress_test_publishes_nothing(week: Week) -> None:
    from flows.stressing import stress

    before = (week.out / "_latest.json").read_text()
    data = week.config.parent / "data"
    (test,) = stress(
        data,
        week.out,
        ["strike:supplier=dairy,days=20"],
        as_of=NIGHTS[2],
        config=week.config,
        days=28,
    )
    assert (week.out / "_latest.json").read_text() == before
    kept = pd.read_parquet(test.path)
    assert sorted(kept["sku"]) == ["=cheese", "dates"]
    assert (kept["lost_units_stress"] >= kept["lost_units_normal"]).all()
    assert (kept["stress_reorder_point"] > kept["reorder_point"]).all()
    assert test.figure.read_bytes().startswith(b"\x89PNG")
