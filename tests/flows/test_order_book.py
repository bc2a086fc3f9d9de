"""The order book on a published night, without the flow around it: decide, hand over, tell once."""

from __future__ import annotations

import os
import sqlite3
from datetime import datetime
from pathlib import Path
from unittest.mock import patch

import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from flows.cli import app
from flows.order_book import open_book, proposed
from flows.order_files import write_orders
from flows.subscriptions import open_register
from stockalert.errors import OutputError
from stockalert.publishing import publish_night
from stockalert.purchasing.auto_approval import ApprovalRules
from stockalert.tables.arrow import to_arrow
from stockalert.tables.checks import check
from stockalert.tables.outputs import OUTPUT_TABLES
from tests.stockalert.purchasing_shop import AS_OF, evening

AT = datetime(2026, 4, 1, 7, 30)


def _publish(out: Path, run_id: str = "night-1", *, by_rule: bool = True) -> None:
    """Serve a night of three items; the cheap one is approved by rule."""
    products = pd.DataFrame(
        {
            "sku": ["mug", "=jug", "cup"],
            "supplier_id": ["ACME & Co/..", "BOLT", None],
            "unit_cost": [1.0, 40.0, 3.0],
        }
    )
    shop = evening(products, [1.0, 1.0, 1.0])
    rules = ApprovalRules(max_line_value=50.0) if by_rule else None
    orders = shop.orders(approval=rules).reset_index()
    frames = {"thresholds": shop.thresholds, "order_proposals": orders}
    tables = {
        name: to_arrow(check(frame, OUTPUT_TABLES[name]), OUTPUT_TABLES[name])
        for name, frame in frames.items()
    }
    publish_night(
        out,
        tables,
        as_of_date=AS_OF,
        run_id=run_id,
        created_at=AT,
        valid_until=AT,
        model_version="1",
        settings_fingerprint="0" * 16,
    )


def _run(*words: object) -> Result:
    with patch.dict(os.environ):  # what a command sets there is gone afterwards
        return CliRunner().invoke(app, [str(word) for word in words])


def test_lines_by_rule_enter_once_and_only_from_a_night_that_is_served(tmp_path: Path) -> None:
    with open_book(tmp_path) as book:
        assert book.enter_approved_by_rule(tmp_path) == 0, "nothing is served yet"
    _publish(tmp_path)
    with open_book(tmp_path) as book:
        assert [book.enter_approved_by_rule(tmp_path) for _ in range(3)] == [1, 0, 0]
        assert book.lines("approved")["sku"].tolist() == ["mug"]
        assert book.audit()[["state", "by"]].to_numpy().tolist() == [["approved", "rule"]]
    _publish(tmp_path, "night-2", by_rule=False)
    with open_book(tmp_path) as book:
        assert book.enter_approved_by_rule(tmp_path) == 0
        assert len(book.lines("approved")) == 1, "what was approved stays approved"


def test_people_decide_and_every_change_is_kept(tmp_path: Path) -> None:
    _publish(tmp_path)
    ids = dict(proposed(tmp_path)[["sku", "line_id"]].to_numpy().tolist())
    shown = _run("orders", "list", "--out", tmp_path)
    assert shown.exit_code == 0, shown.output
    assert "no known supplier" in shown.stdout
    assert "is at or below the reorder point" in shown.stdout
    done = _run("orders", "approve", ids["=jug"][:6], "--out", tmp_path, "--by", "ann")
    assert "approved: 1 lines (0 were already)" in done.stdout
    again = _run("orders", "approve", "--all", "--out", tmp_path, "--by", "ann")
    assert "approved: 1 lines (2 were already)" in again.stdout
    back = _run("orders", "reject", ids["mug"], "--out", tmp_path, "--by", "bob", "--why", "old")
    assert "rejected: 1 lines" in back.stdout
    with open_book(tmp_path) as book:
        book.enter_approved_by_rule(tmp_path)
        assert book.lines("rejected")["sku"].tolist() == ["mug"], "the rule does not overrule bob"
        audit = book.audit()
    told = audit[["by", "state", "why"]].to_numpy().tolist()
    assert ["bob", "rejected", "old"] in told
    assert len(told) == 4
    assert (tmp_path / "orders.db").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("approve",), "name lines, --supplier or --all"),
        (("approve", "zzz"), "line 'zzz': expected one line of that id, found none"),
        (("approve", ""), "expected one line of that id, found 3 of them"),
        (("reject", "--supplier", "GHOST"), "no line of supplier 'GHOST'"),
        (("export", "--to", "x", "--format", "xls"), "expected one of csv, pdf, mail, found 'xls'"),
    ],
)
def test_slips_are_told_in_plain_words(tmp_path: Path, words: tuple[str, ...], told: str) -> None:
    _publish(tmp_path)
    done = _run("orders", *words, "--out", tmp_path)
    assert done.exit_code == 2
    assert told in done.stderr


def test_without_a_night_or_with_a_broken_book_the_message_says_so(tmp_path: Path) -> None:
    assert "holds no published night" in _run("orders", "list", "--out", tmp_path).stderr
    (tmp_path / "orders.db").write_bytes(b"not a data base at all, but long enough to be read")
    with pytest.raises(OutputError, match="cannot use the order book"), open_book(tmp_path):
        pass


def test_approved_lines_are_exported_once_and_then_cannot_be_recalled(tmp_path: Path) -> None:
    _publish(tmp_path)
    folder = tmp_path / "files"
    first = _run("orders", "export", "--out", tmp_path, "--to", folder, "--format", "mail")
    assert first.exit_code == 0, first.output
    assert "supplier ACME & Co/.. has no e-mail address" in first.stdout
    (mail,) = folder.glob("*.eml")
    assert "/" not in mail.name
    assert ".." not in mail.name
    assert b"\nTo:" not in mail.read_bytes()
    assert "nothing to export" in _run("orders", "export", "--out", tmp_path, "--to", folder).stdout
    line = proposed(tmp_path).set_index("sku").loc["mug", "line_id"]
    refused = _run("orders", "reject", line, "--out", tmp_path)
    assert (refused.exit_code, "cancel it at the supplier" in refused.stderr) == (2, True)


def test_files_take_any_name_and_start_no_formula(tmp_path: Path) -> None:
    lines = pd.DataFrame(
        {
            "line_id": ["a", "b", "c"],
            "as_of": pd.Timestamp(AS_OF),
            "supplier_id": ["A/B", "A:B", None],
            "supplier_name": ["=cmd()", "Größe 🍏", None],
            "email": ["a@b.org", "a@b.org\nBcc: x@y.org", None],
            "sku": ["-1+2", "@x", "mug"],
            "name": ["Äpfel 🍏 <b>\n“x”", None, "=SUM(A1)"],
            "location": "main",
            "units": [6.0, 1.5, 2.0],
            "unit_cost": [1.0, float("nan"), 2.0],
            "cost": [6.0, float("nan"), 4.0],
            "order_day": pd.Timestamp("2026-04-01"),
            "expected_at": pd.Timestamp("2026-04-08"),
        }
    )
    (table,) = write_orders(lines, tmp_path, "csv")
    text = table.read_text()
    for cell in ("'=cmd()", "'-1+2", "'@x", "'=SUM(A1)"):
        assert cell in text
    pdfs, mails = (write_orders(lines, tmp_path, form) for form in ("pdf", "mail"))
    assert len({path.name for path in pdfs}) == 3, "A/B and A:B stay apart"
    assert all(path.read_bytes().startswith(b"%PDF") for path in pdfs)
    heads = [path.read_bytes().split(b"\n\n")[0] for path in mails]
    assert sum(b"To: a@b.org" in head for head in heads) == 1
    assert not any(b"Bcc" in head for head in heads)
    assert not list(tmp_path.glob(".*")), "nothing half-written is left"


def test_an_address_waits_once_per_item_and_place(tmp_path: Path) -> None:
    _publish(tmp_path)
    words = ("subscribe", "--out", tmp_path, "--sku", "mug", "--to")
    assert "registered for mug" in _run(*words, "ann@example.org").stdout
    assert "already registered" in _run(*words, "ann@example.org").stdout
    assert "expected an e-mail address" in _run(*words, "ann").stderr
    assert _run(*words, "carrier-pigeon://roof").exit_code == 2
    unknown = _run("subscribe", "--out", tmp_path, "--sku", "kiwi", "--to", "a@b.org")
    assert (unknown.exit_code, "no item 'kiwi'" in unknown.stderr) == (2, True)
    with open_register(tmp_path) as register:
        assert len(register.waiting()) == 1
    kept = sqlite3.connect(tmp_path / "service_desk.db")
    assert kept.execute("SELECT count(*) FROM subscriptions").fetchone() == (1,)
    kept.close()
