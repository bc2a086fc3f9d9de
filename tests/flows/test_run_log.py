"""Logs people and programs can read; stages with time and memory; metrics a collector can read."""

from __future__ import annotations

import json
import math
import os
import re
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from flows.cli import app
from flows.metrics_file import metrics_text, write_metrics
from flows.progress import report, show_progress
from flows.promotion import Outcome
from flows.report import print_training
from flows.run import Run
from flows.run_log import LOG_VARIABLE, as_json, chosen, log, measured, recorded, stages
from flows.settings import Settings, load_settings
from flows.summary_page import page_of
from flows.workspace import Workspace
from models.acceptance import Verdict
from stockalert.errors import UsageError

MIDNIGHT = datetime(2026, 3, 1, 1, 30)

SUMMARY = {
    "run_id": "20260301T013000-abcdef",
    "as_of": "2026-02-28",
    "rows read": 966_345,
    "rows quarantined": 3,
    "notes": ["stock: 2 of 25 skus have no row", "<script>alert(1)</script>"],
    "thresholds": 2301,
    "threshold churn": 0.18,
    "coverage recent": 0.941,
    "cost at risk": math.inf,
    "units at risk": None,
    "guards": [
        {
            "guard": "share changed",
            "figure": 0.12,
            "limit": 0.5,
            "tripped": False,
            "text": "few",
            "remedy": "",
        },
        {
            "guard": "jump",
            "figure": 0.2,
            "limit": 0.05,
            "tripped": True,
            "text": "one row",
            "remedy": "look",
            "rows": [{"sku": "a|b <i>`", "location": "shop", "previous": 2.0, "tonight": 9e3}],
        },
    ],
    "stages": [
        {"name": "publish", "seconds": 1.5, "cpu_seconds": 1.0, "peak_mib": 300.0},
        {"name": "publish", "seconds": 2.5, "cpu_seconds": 1.0, "peak_mib": 200.0},
        {"name": 'odd "name"\\\n', "seconds": 0.1, "cpu_seconds": 0.1, "peak_mib": 10.0},
    ],
}


def test_a_stage_is_measured_by_clock_processor_and_memory() -> None:
    with recorded():
        with measured("fill"):
            shelf = np.ones(30_000_000)
            shelf *= 2.0
        del shelf
        with pytest.raises(KeyError), measured("break"):
            raise KeyError("nothing there")
        fill, broken = stages()
    assert stages() == [], "a record ends with its block"
    assert fill["name"] == "fill"
    assert 0 < fill["cpu_seconds"] <= fill["seconds"] * os.cpu_count() + 0.1
    assert fill["peak_mib"] >= 230, "an array of thirty million doubles takes 229 MiB"
    assert (fill["ended"], broken["ended"]) == ("done", "failed")


def test_a_finished_stage_is_one_line_for_people_and_one_object_for_programs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for form in ("text", "json"):
        with chosen(form), show_progress():
            report("reading tables", 0, 2)
            report("reading tables", 2, 2)
    text, line = capsys.readouterr().err.splitlines()
    assert re.fullmatch(r"reading tables: done in \d+\.\d s", text)
    record = json.loads(line)
    assert (record["event"], record["stage"], record["level"]) == (
        "stage",
        "reading tables",
        "info",
    )
    assert record["seconds"] >= 0
    datetime.fromisoformat(record["time"])


def test_the_form_is_chosen_once_and_left_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(LOG_VARIABLE, "text")
    with chosen("json"):
        assert os.environ[LOG_VARIABLE] == "json"
    assert os.environ[LOG_VARIABLE] == "text"
    assert load_settings() == load_settings(), "the variable is no setting"
    monkeypatch.setenv(LOG_VARIABLE, "xml")
    with pytest.raises(UsageError, match="expected text or json, found 'xml'"), show_progress():
        pass


def test_an_error_is_one_json_object_when_asked_for(tmp_path: Path) -> None:
    arguments = ["--log-format", "json", "validate", "--data", str(tmp_path / "none")]
    told = CliRunner().invoke(app, arguments)
    assert told.exit_code == 2
    (line,) = told.stderr.splitlines()
    record = json.loads(line)
    assert (record["level"], record["event"], record["exit_code"]) == ("error", "failed", 2)
    assert "none" in record["message"]
    plain = CliRunner().invoke(app, arguments[2:])
    assert plain.stderr.startswith("stockalert: ")


def test_a_figure_without_an_end_is_null_in_every_programs_json() -> None:
    told = as_json("night", **{**SUMMARY, "share": math.nan})
    record = json.loads(told, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    assert (record["cost at risk"], record["share"]) == (None, None)


def test_a_training_by_itself_is_one_object_with_its_reason(
    capsys: pytest.CaptureFixture[str],
) -> None:
    outcome = Outcome("3", "run", Verdict(True, "promoted: cheaper"), ("one note",))
    with chosen("json"):
        print_training(outcome, "the champion is 7 days old")
    told = json.loads(capsys.readouterr().out)
    assert (told["model_version"], told["why"]) == ("3", "the champion is 7 days old")
    with chosen("text"):
        print_training(outcome, "the champion is 7 days old")
    assert capsys.readouterr().out.startswith("trained: the champion is 7 days old\none note\n")


def test_a_message_of_several_lines_stays_one_line_of_json(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with chosen("json"):
        log("odd", 'two\nlines of "text" é', level="warning", path=Path("a"))
    (line,) = capsys.readouterr().err.splitlines()
    assert json.loads(line)["message"] == 'two\nlines of "text" é'


def parsed(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """An independent reader of the Prometheus text format, strict about what it allows."""
    assert text.endswith("\n")
    types: dict[str, str] = {}
    found = {}
    label = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"'
    sample = re.compile(
        r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(" + label + r"(?:," + label + r")*)\})? (\S+)"
    )
    for line in text.split("\n")[:-1]:
        if line.startswith("# HELP "):
            assert line.split(" ")[2] not in types, "a metric is told once"
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert kind in {"gauge", "counter"}
            types[name] = kind
        else:
            match = sample.fullmatch(line)
            assert match, line
            name, labels, value = match.groups()
            assert name in types, "the type comes before the value"
            pairs = re.findall(r'([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"', labels or "")
            key = name, tuple(pairs)
            assert key not in found, "the same series twice"
            found[key] = float(value.replace("+Inf", "inf").replace("-Inf", "-inf"))
    return found


def test_the_metrics_file_is_what_prometheus_reads() -> None:
    found = parsed(metrics_text(SUMMARY, at=MIDNIGHT, published=False))
    assert found["stockalert_thresholds", ()] == 2301
    assert found["stockalert_last_run_published", ()] == 0
    assert found["stockalert_last_run_timestamp_seconds", ()] == MIDNIGHT.timestamp()
    assert found["stockalert_guard_tripped", (("guard", "jump"),)] == 1
    assert found["stockalert_guard_limit", (("guard", "share changed"),)] == 0.5
    assert found["stockalert_stage_seconds", (("stage", "publish"),)] == 4.0, "tried twice"
    assert found["stockalert_stage_peak_mebibytes", (("stage", "publish"),)] == 300.0
    assert found["stockalert_cost_at_risk", ()] == math.inf
    assert not any(name == "stockalert_units_at_risk" for name, _ in found)
    assert ("stage", r"odd \"name\"\\\n") in {pair for _, labels in found for pair in labels}


def _run(out: Path, metrics_file: str) -> Run:
    settings = Settings(paths={"metrics_file": metrics_file})
    return Run(out, Workspace(out, "run", MIDNIGHT), settings, None)


def test_the_metrics_file_is_replaced_in_one_step_and_never_fails_a_night(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_metrics(_run(tmp_path, ""), SUMMARY, published=True)
    assert list(tmp_path.iterdir()) == []
    for published in (True, False):
        write_metrics(_run(tmp_path, "metrics/stockalert.prom"), SUMMARY, published=published)
    (file,) = (tmp_path / "metrics").iterdir()
    assert parsed(file.read_text())["stockalert_last_run_published", ()] == 0
    (tmp_path / "in the way").touch()
    write_metrics(_run(tmp_path, "in the way/stockalert.prom"), SUMMARY, published=True)
    assert "cannot be written" in capsys.readouterr().err


def test_the_page_has_tables_and_a_figure_and_shows_names_as_they_are() -> None:
    page = page_of(SUMMARY)
    assert "| rows read | 966,345 |" in page
    assert "| jump | 0.2 | 0.05 | yes |" in page
    assert "| publish | 1.5 | 1.0 | 300 |" in page
    picture = re.search(r"!\[[^]]+\]\(data:image/png;base64,([A-Za-z0-9+/=]+)\)", page)
    assert picture
    assert picture[1].startswith("iVBORw0KGgo")
    assert "<script>" not in page
    assert r"a\|b \<i\>\`" in page, "a pipe in a name would break its table"
    assert "![" not in page_of({"rows read": 1}), "nothing to draw"
