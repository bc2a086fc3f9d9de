"""`stockalert rollback`: what is served goes back one night, and the next night goes on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from click.testing import Result
from typer.testing import CliRunner

from flows.cli import app
from flows.publication import previous_thresholds
from stockalert.publishing import publish_night
from stockalert.served import read_pointer, read_served

EVENING = datetime(2026, 3, 1, 22, 0)


def _publish(out: Path, day: int, *, clock: datetime | None = None) -> None:
    points = {"sku": ["mug", "pot"], "location": ["shop"] * 2, "reorder_point": [float(day)] * 2}
    publish_night(
        out,
        {"thresholds": pa.table(points)},
        as_of_date=date(2026, 3, day),
        run_id=f"night-{day}",
        created_at=clock or EVENING + timedelta(days=day),
        valid_until=EVENING + timedelta(days=day + 2),
        model_version="4",
        settings_fingerprint="",
    )


@pytest.fixture
def out(tmp_path: Path) -> Path:
    for day in (1, 2, 3):
        _publish(tmp_path, day)
    return tmp_path


@pytest.fixture
def rollback(out: Path) -> Callable[..., Result]:
    return lambda *more: CliRunner().invoke(app, ["rollback", "--out", str(out), *more])


def _points(out: Path) -> set[float]:
    return set(read_served(out, "thresholds")["reorder_point"].to_pylist())


def test_the_night_before_is_served_by_default_and_again_the_one_before(out, rollback) -> None:
    told = rollback()
    assert told.exit_code == 0, told.output
    assert "was served: night-3  as of 2026-03-03" in told.output
    assert "served now: night-2  as of 2026-03-02" in told.output
    assert "2 thresholds, model 4" in told.output
    assert _points(out) == {2.0}
    assert rollback().exit_code == 0
    assert _points(out) == {1.0}
    stuck = rollback()
    assert stuck.exit_code == 1
    assert "night-1 of 2026-03-01 is the first night" in stuck.output
    assert _points(out) == {1.0}


def test_any_night_can_be_named_and_a_wrong_name_changes_nothing(out, rollback) -> None:
    assert rollback("--to", "night-1").exit_code == 0
    assert _points(out) == {1.0}
    wrong = rollback("--to", "../night-9")
    assert wrong.exit_code == 2
    assert "the last are night-1, night-2, night-3" in wrong.output
    assert _points(out) == {1.0}


def test_the_list_marks_what_is_served_and_changes_nothing(out, rollback) -> None:
    rollback()
    lines = rollback("--list").output.splitlines()
    assert [line[:9] for line in lines[:3]] == ["  night-3", "* night-2", "  night-1"]
    assert _points(out) == {2.0}


def test_the_next_night_goes_on_from_what_is_served(out, rollback) -> None:
    rollback()
    before = previous_thresholds(out, date(2026, 3, 4))
    assert set(before["reorder_point"]) == {2.0}
    _publish(out, 4)
    assert read_pointer(out).run_id == "night-4"


def test_the_night_before_is_the_one_replaced_whatever_the_clock_said(out, rollback) -> None:
    _publish(out, 4, clock=EVENING + timedelta(days=400))  # a clock that was a year ahead
    _publish(out, 5)
    assert "served now: night-4" in rollback().output
    assert "served now: night-3" in rollback().output


def test_a_night_after_a_rollback_goes_back_to_what_it_replaced(out, rollback) -> None:
    rollback()
    _publish(out, 4)
    assert "served now: night-2" in rollback().output, "not to night-3, which was taken back"


def test_nights_without_a_record_of_what_they_replaced_go_by_their_times(out, rollback) -> None:
    for file in (out / "_nights").glob("*/replaces.txt"):
        file.unlink()
    assert "served now: night-2" in rollback().output
    (out / "_nights" / "night-2" / "replaces.txt").write_text("night-0")
    gone = rollback()
    assert gone.exit_code == 1
    assert "replaced run night-0, which is kept no longer" in gone.output


def test_nothing_published_is_one_message(tmp_path: Path) -> None:
    told = CliRunner().invoke(app, ["rollback", "--out", str(tmp_path / "new")])
    assert told.exit_code == 1
    assert "holds no published night" in told.output
