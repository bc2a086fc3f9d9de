"""A night that is missing is told once, and a schedule that finds a run at work stands back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from flows.alert_store import open_store
from flows.deployments import scheduled_nightly, scheduled_review, scheduled_watchdog
from flows.settings import Settings
from flows.watchdog import problem_of, watch
from flows.workspace import BusyError, open_workspace
from stockalert.errors import OutputError
from stockalert.publishing import publish_night
from tests.flows.grocery_shop import healthy_shop

SIX = timedelta(hours=6)
MORNING = datetime(2024, 4, 2, 6, 0)
UTC = ZoneInfo("UTC")


@pytest.fixture(autouse=True)
def machine_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Move this machine to a time zone; it begins in UTC."""

    def move(zone: str) -> None:
        monkeypatch.setenv("TZ", zone)
        time.tzset()

    move("UTC")
    yield move
    monkeypatch.undo()
    time.tzset()


def publish(out: Path, created: datetime, *, moment: str = "null") -> None:
    publish_night(
        out,
        {"thresholds": pa.table({"sku": ["bread"]})},
        as_of_date=created.date() - timedelta(days=1),
        run_id=f"run-{created:%Y%m%dT%H%M}",
        created_at=created,
        valid_until=created + timedelta(days=1),
        model_version=None,
        settings_fingerprint="",
        files={"intake.json": f'{{"moment": {moment}}}'},
    )


def open_kinds(out: Path) -> list[str]:
    with open_store(out) as store:
        return [str(found["kind"]) for found in store.operational()]


@pytest.mark.parametrize(
    ("created", "now", "there"),
    [
        (datetime(2024, 4, 2, 2, 20), MORNING, True),
        (datetime(2024, 4, 1, 23, 50), MORNING, True),
        (datetime(2024, 4, 1, 2, 20), MORNING, False),
        (datetime(2024, 4, 1, 2, 20), MORNING - timedelta(minutes=1), True),
        (datetime(2024, 4, 2, 9, 30), datetime(2024, 4, 2, 10), True),
    ],
    ids=["at night", "before midnight", "a day ago", "not due yet", "late, but there"],
)
def test_a_night_is_there_or_missed(
    tmp_path: Path, created: datetime, now: datetime, there: bool
) -> None:
    publish(tmp_path, created)
    assert (problem_of(tmp_path, by=SIX, now=now, zone=UTC) == "") is there


@pytest.mark.parametrize(
    ("created", "now", "there"),
    [
        ("2024-04-02 09:20", "2024-04-02 13:00", True),
        ("2024-04-02 09:20", "2024-04-03 12:59", True),
        ("2024-04-02 09:20", "2024-04-03 13:00", False),
        ("2024-04-02 00:50", "2024-04-02 13:00", False),
    ],
    ids=["02:20 in Denver", "not due yet", "due", "17:50 the day before"],
)
def test_a_shop_west_of_its_machine_is_watched_by_its_own_clock(
    tmp_path: Path, machine_in: Callable[[str], None], created: str, now: str, there: bool
) -> None:
    """Six in Denver (summer, UTC-6) is 13:00 in London (UTC+1), where the machine is."""
    machine_in("Europe/London")
    publish(tmp_path, datetime.fromisoformat(created))
    west = Settings(schedule={"time_zone": "America/Denver"})
    moment = datetime.fromisoformat(now)
    if there:
        assert "are served" in watch(tmp_path, west, by=SIX, now=moment)
        return
    with pytest.raises(OutputError, match=rf"by {moment:%Y-%m-%d} 06:00 America/Denver: the last"):
        watch(tmp_path, west, by=SIX, now=moment)


def test_a_machine_whose_clock_was_set_back_still_misses_a_night(tmp_path: Path) -> None:
    publish(tmp_path, datetime(2024, 4, 1, 2, 20))
    publish(tmp_path, datetime(2025, 4, 2, 2, 20))
    told = problem_of(tmp_path, by=SIX, now=MORNING, zone=UTC)
    assert "the last, of 2024-03-31, was published at 2024-04-01 02:20" in told
    assert "1 bear a time that is yet to come" in told
    publish(tmp_path, MORNING + timedelta(minutes=4))
    assert problem_of(tmp_path, by=SIX, now=MORNING, zone=UTC) == "", "clocks differ a little"


def test_a_refresh_within_the_day_is_no_night(tmp_path: Path) -> None:
    publish(tmp_path, datetime(2024, 4, 1, 2, 20))
    publish(tmp_path, datetime(2024, 4, 2, 5, 15), moment='"2024-04-02 05:15:00"')
    told = problem_of(tmp_path, by=SIX, now=MORNING, zone=UTC)
    assert "by 2024-04-02 06:00 UTC: the last, of 2024-03-31, was published at 2024-04-01" in told


def test_nothing_ever_published_is_missed_as_well(tmp_path: Path) -> None:
    assert problem_of(tmp_path, by=SIX, now=MORNING, zone=UTC).endswith("none ever was")


def test_a_missing_night_is_an_alert_until_there_is_one(tmp_path: Path) -> None:
    publish(tmp_path, datetime(2024, 4, 1, 2, 20))
    for hour in (0, 1):
        with pytest.raises(OutputError, match="no night was published") as told:
            watch(tmp_path, Settings(), by=SIX, now=MORNING + timedelta(hours=hour))
        assert told.value.exit_code == 1
        assert open_kinds(tmp_path) == ["night_missing"]
    publish(tmp_path, datetime(2024, 4, 2, 7, 30))
    assert "are served" in watch(tmp_path, Settings(), by=SIX, now=MORNING + timedelta(hours=2))
    assert open_kinds(tmp_path) == []


@pytest.mark.slow
def test_a_scheduled_run_stands_back_while_another_works(
    prefect_server: None, tmp_path: Path
) -> None:
    data, out = tmp_path / "data", tmp_path / "out"
    data.mkdir()
    healthy_shop(data)
    publish(out, datetime(2024, 4, 1, 2, 20))
    with open_workspace(out, now=MORNING):
        for function in (scheduled_nightly, scheduled_review):
            state = function(str(data), str(out), return_state=True)
            assert state.is_cancelled()
            assert "another run is working" in str(state.message)
        with pytest.raises(BusyError), open_workspace(out, now=MORNING):
            pass
    state = scheduled_watchdog(str(data), str(out), return_state=True)
    assert state.is_failed(), "a night of 2024 is long gone"
    assert "no night was published" in str(state.message)
