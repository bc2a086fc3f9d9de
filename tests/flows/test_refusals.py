"""A night that fails is an alert until one is published; the run's own error is what is raised."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from flows.alert_store import open_store
from flows.refusals import told_run
from flows.run import open_run
from flows.settings import Settings
from flows.workspace import BusyError, open_workspace
from stockalert.errors import (
    ChampionError,
    ContractError,
    GuardError,
    OutputError,
    SourceError,
    UsageError,
)

TWO = datetime(2024, 4, 2, 2, 0)
ADDRESS = "postgresql://planner:hunter2@127.0.0.1:1/mlflow"


def a_night(out: Path, error: Exception | None = None, *, moment: datetime | None = None) -> None:
    """A run that fails in the end, or does not."""
    settings = Settings()
    now = TWO + timedelta(hours=1)
    opened = open_run(out / "data", out, settings=settings, as_of=None, now=now, moment=moment)
    with told_run(opened, out, settings, now=now, moment=moment):
        if error is not None:
            raise error


def alerts(out: Path) -> list[tuple[str, str]]:
    with open_store(out) as store:
        return [(row["kind"], row["problem"]) for row in store.operational()]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            ContractError("table sales: 3 rows break it"),
            "code 3 and published nothing: table sales",
        ),
        (ChampionError("there is none"), "code 4 and published nothing: there is none"),
        (SourceError(f"lost {ADDRESS}"), "code 1 and published nothing: lost postgresql://*****"),
        (MemoryError(), "code 1 and published nothing: MemoryError: no reason given"),
        (ValueError("a\nb"), "code 1 and published nothing: ValueError: a"),
    ],
)
def test_a_night_that_fails_is_told_until_one_is_published(
    tmp_path: Path, error: Exception, words: str
) -> None:
    for _ in range(2):
        with pytest.raises(type(error)) as told:
            a_night(tmp_path, error)
        assert told.value is error
        ((kind, problem),) = alerts(tmp_path)
        assert kind == "night_failed"
        assert words in problem
        assert "hunter2" not in problem
    a_night(tmp_path)
    assert alerts(tmp_path) == []


def test_a_slip_of_the_pen_and_a_run_at_work_are_no_alerts(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        a_night(tmp_path, UsageError("no such option"))
    with open_workspace(tmp_path, now=TWO), pytest.raises(BusyError):
        a_night(tmp_path)
    assert alerts(tmp_path) == []


def test_a_refused_night_is_the_other_alert(tmp_path: Path) -> None:
    with pytest.raises(GuardError):
        a_night(tmp_path, GuardError("the guard refused this night"))
    assert alerts(tmp_path) == [("publish_refused", "the guard refused this night")]


def test_a_refresh_within_the_day_does_not_mend_a_missing_night(tmp_path: Path) -> None:
    noon = TWO.replace(hour=12)
    with pytest.raises(ContractError):
        a_night(tmp_path, ContractError("table stock: broken"), moment=noon)
    with pytest.raises(ContractError):
        a_night(tmp_path, ContractError("table sales: broken"))
    a_night(tmp_path, moment=noon)
    ((_, problem),) = alerts(tmp_path)
    assert "table sales" in problem
    with pytest.raises(ContractError):
        a_night(tmp_path, ContractError("table stock: broken"), moment=noon)
    a_night(tmp_path)
    assert alerts(tmp_path) == []


def test_a_directory_that_cannot_be_opened_is_told_where_alerts_can_be_kept(tmp_path: Path) -> None:
    (tmp_path / "_work").mkdir()
    (tmp_path / "_lock").mkdir()
    with pytest.raises(OutputError, match="cannot write"):
        a_night(tmp_path)
    ((kind, problem),) = alerts(tmp_path)
    assert (kind, "cannot write" in problem) == ("night_failed", True)


def test_an_alert_that_cannot_be_kept_hides_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "alerts.db").write_text("no data base at all " * 99)
    error = ChampionError("there is none")
    with pytest.raises(ChampionError) as told:
        a_night(tmp_path, error)
    assert told.value is error
    assert "could not be sent" in caplog.text
