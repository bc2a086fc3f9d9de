"""Whatever happens to a night, readers have a whole one, and the next run needs no hand.

The short form of `make soak`: real processes, killed, starved and misled.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from benchmarks.soak.checker import problems, served_run
from benchmarks.soak.faults import FAULTS, Fault, message_of, try_fault
from benchmarks.soak.kills import kill_nights
from benchmarks.soak.lab import Lab, Shop, command, free_port, open_lab
from benchmarks.soak.planted import SECRETS, files_with_secrets, run_with_secrets
from tests.flows.corner_shop import SETTINGS, corner_shop

pytestmark = pytest.mark.slow

CLOCK = "2024-04-08T02:00:00"
NIGHTS = (  # as-of, local time, zone
    ("2024-02-27", "2024-02-28T02:00:00", "UTC"),
    ("2024-02-29", "2024-03-01T02:00:00", "UTC"),
    ("2024-03-09", "2024-03-10T02:30:00", "America/New_York"),  # an hour that there was not
    ("2024-03-30", "2024-03-31T00:10:00", "Pacific/Kiritimati"),  # a day ahead of the machine
    ("2024-03-31", "2024-02-20T02:00:00", "UTC"),  # the clock was set back by weeks
)
SHORT = (
    "the model store is locked",
    "a pickle lies among the champion's files",
    "the input is cut off",
    "the input never comes",
    "no file may grow beyond 16 KiB",
)


@pytest.fixture(scope="module")
def lab(prefect_server: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    from prefect.settings import PREFECT_API_URL

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PREFECT_API_URL", str(PREFECT_API_URL.value()))
        with open_lab(tmp_path_factory.mktemp("lab")) as opened:
            yield opened


@dataclass(frozen=True)
class LeapYear:
    """A corner shop trained at the end of February of a leap year, and its nights since."""

    shop: Shop
    codes: dict[str, int]
    wrong: dict[str, list[str]]


@pytest.fixture(scope="module")
def leap_year(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> LeapYear:
    root = tmp_path_factory.mktemp("shop")
    shop = Shop(corner_shop(root / "data"), root / "out", root / "shop.toml")
    shop.config.write_text(f"{SETTINGS}retrain_every_days = 60\n")
    codes, wrong = {}, {}
    for day, clock, zone in NIGHTS:
        before = served_run(shop.out)
        arguments = shop.nightly(f"--as-of={day}", "--force=days are left out in this test")
        ended = lab.run(arguments, clock=clock, environment={"TZ": zone})
        codes[clock] = ended.code
        wrong[clock] = problems(shop.out, settled=True)
        if ended.code or served_run(shop.out) == before:
            wrong[clock].append(ended.said)
    return LeapYear(shop, codes, wrong)


@pytest.fixture(scope="module")
def shop(leap_year: LeapYear) -> Shop:
    return leap_year.shop


@pytest.mark.parametrize("clock", [clock for _, clock, _ in NIGHTS])
def test_calendars_and_clocks_keep_no_night_from_being_served(
    leap_year: LeapYear, clock: str
) -> None:
    assert leap_year.codes[clock] == 0, leap_year.wrong[clock]
    assert leap_year.wrong[clock] == []


def test_a_clock_a_year_behind_refuses_sales_of_the_far_future(lab: Lab, shop: Shop) -> None:
    before = served_run(shop.out)
    ended = lab.run(shop.nightly("--as-of=2024-03-31"), clock="2023-02-01T02:00:00")
    assert ended.code == 3, ended.said
    assert "column date" in message_of(ended)
    assert served_run(shop.out) == before


def test_a_night_killed_at_any_moment_leaves_a_whole_one_served(lab: Lab, shop: Shop) -> None:
    found = kill_nights(lab, shop, CLOCK, kills=4, seed=11)
    assert found.wrong == []
    assert found.landed == 4
    assert found.half_published == found.lost == 0


@pytest.mark.parametrize("fault", [f for f in FAULTS if f.name in SHORT], ids=lambda f: f.name)
def test_a_fault_is_told_plainly_and_the_next_night_is_served(
    lab: Lab, shop: Shop, fault: Fault
) -> None:
    seen = try_fault(lab, shop, fault, CLOCK)
    assert seen.wrong == ()


def test_of_two_nights_at_once_one_is_served_and_one_says_so(lab: Lab, shop: Shop) -> None:
    one = lab.start(shop.nightly(), clock=CLOCK)
    two = lab.start(shop.nightly(), clock=CLOCK)
    ended = sorted((one.wait(), two.wait()), key=lambda run: run.code)
    assert [run.code for run in ended] == [0, 1], [run.said for run in ended]
    assert "another run is working in" in message_of(ended[1])
    assert problems(shop.out, settled=True) == []


def test_no_secret_is_written_anywhere(lab: Lab, shop: Shop, tmp_path: Path) -> None:
    ended = run_with_secrets(lab, shop, CLOCK)
    assert [run.code for run in ended] == [0, 1], [run.said for run in ended]
    assert files_with_secrets(shop.out, lab.folder, Path(os.environ["PREFECT_HOME"])) == []
    (tmp_path / "log").write_text(f"connected with {SECRETS['alerts']}")
    assert files_with_secrets(tmp_path) == [str(tmp_path / "log")]


def test_the_checker_sees_what_it_is_there_for(shop: Shop, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(shop.out, out, symlinks=True)
    assert problems(out, settled=True) == []
    part = next((out / "latest" / "forecasts").glob("*.parquet"))
    part.write_bytes(part.read_bytes()[:100])
    (out / "thresholds" / "as_of_date=2024-01-01" / "run_id=nobody").mkdir(parents=True)
    told = " · ".join(problems(out, settled=True))
    assert "forecasts cannot be read" in told
    assert "orphan" in told


def test_without_its_prefect_server_a_night_ends_with_a_message(shop: Shop) -> None:
    before = served_run(shop.out)
    dead = f"http://127.0.0.1:{free_port()}/api"
    ended = command(shop.nightly(), environment={"PREFECT_API_URL": dead}, patience=120)
    assert ended.code == 1
    assert ended.plain, ended.said
    assert "the Prefect server cannot be reached" in message_of(ended)
    assert served_run(shop.out) == before
