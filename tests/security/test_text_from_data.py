"""Names that come from data stay names: in spreadsheets, in mails, in paths, in settings."""

from __future__ import annotations

import ast
from datetime import datetime
from pathlib import Path

import pytest

from benchmarks.soak.fuzz import DOORS, Count, exports, fuzz, orders
from flows.alerting_messages import Writer
from flows.alerting_samples import trial
from flows.settings import load_settings
from stockalert.errors import UsageError
from stockalert.exports import TARGETS

ROOT = Path(__file__).parents[2]
FORMULAS = ("=1+1", "+1", "-1", "@A1", "\t=1", "\r=1", "ok\r=1", "ok\n=1")


@pytest.mark.parametrize("target", sorted(TARGETS))
def test_no_export_lets_a_name_run_in_a_spreadsheet(target: str) -> None:
    points = [3.0] * len(FORMULAS)
    exports({"skus": list(FORMULAS), "location": "shop", "target": target, "points": points})


def test_no_order_file_lets_a_name_run_in_a_spreadsheet() -> None:
    orders([*FORMULAS, "../../outside", "/etc/passwd"])


def test_no_other_module_writes_csv_about_data() -> None:
    """A new CSV writer must be added here, and tested above."""
    found = set()
    for package in ("stockalert", "features", "models", "flows"):
        for file in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Attribute) and node.attr in ("to_csv", "write_csv"):
                    found.add(str(file.relative_to(ROOT)))
                if isinstance(node, ast.Attribute) and ast.unparse(node) == "csv.writer":
                    found.add(str(file.relative_to(ROOT)))
    assert found == {
        "flows/order_files.py",
        "stockalert/exports/files.py",
        "models/tracking.py",  # scores and importances: names of features and baselines
    }


@pytest.mark.parametrize("language", ["en", "fr"])
def test_mark_up_and_template_words_from_data_are_letters_in_a_mail(language: str) -> None:
    name = "<script>alert(1)</script>{{ 7 * 7 }}{% raw %}"
    figures = ("on_hand", "on_order", "reorder_point", "lead_time_days", "units_at_risk")
    alert = {
        "fingerprint": "0" * 16,
        **{"kind": "stocked_out", "severity": "critical", "order_by_date": "2024-04-09"},
        **dict.fromkeys(("sku", "name", "location", "message", "to_do"), name),
        **dict.fromkeys(figures, 1.0),
        "money_at_risk": 1.0,
    }
    context = trial(datetime(2024, 4, 8), language) | {"kind": "digest", "alerts": [alert]}
    message = Writer(language)("key", context)
    assert "<script" not in message.html
    assert "&lt;script&gt;alert(1)" in message.html
    assert "49" not in message.text
    assert "{{ 7 * 7 }}" in message.text


@pytest.mark.parametrize(
    ("toml", "word"),
    [
        ('[sources."sales; DROP TABLE x"]\nurl = "postgresql://h/d"', "sources"),
        ('[sources.sales]\nurl = "file:///etc/passwd"', "postgresql://"),
        ('[sources.sales]\nurl = "postgresql://u:pass@h/d"', "password"),
        ('[calendar]\ncountry = "../x"', "country"),
        ('[paths]\nmetrics_file = "/var/lib/x.prom"', "a path below OUT"),
        ('[paths]\nmetrics_file = "a/../../x.prom"', "a path below OUT"),
        ('[paths]\nmetrics_file = "./_latest.prom"', "a path below OUT"),
        ('[paths]\nmetrics_file = "latest/x.prom"', "a path below OUT"),
        ('[paths]\nmetrics_file = "orders.db"', "a path below OUT"),
        ('[paths]\ntracking_uri = "http://u:p@h:5000"', "MLFLOW_TRACKING_PASSWORD"),
        ('language = "../../x"', "language"),
    ],
)
def test_settings_that_reach_elsewhere_are_refused(tmp_path: Path, toml: str, word: str) -> None:
    file = tmp_path / "shop.toml"
    file.write_text(toml)
    with pytest.raises(UsageError, match=word):
        load_settings(file)


def test_doors_that_are_knocked_at_by_chance_hold() -> None:
    count, many_files = Count(), ("tables", "nights")
    fuzz(0.02, count, seed_by_name=True, doors=[door for door in DOORS if door not in many_files])
    fuzz(0.005, count, seed_by_name=True, doors=many_files)
    assert count.findings == []
    assert count.tracebacks == 0
    assert sum(count.cases.values()) >= 250
