"""The procedures of docs/operations.md, run as they are written, on a small shop.

Paths and addresses are put in; `git` and `make`, which would fetch another version, only tell that
they were called.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from prefect.settings import PREFECT_API_URL

from benchmarks.soak.checker import problems, served_run
from benchmarks.soak.fuzz_nights import NOW, formula_night, healthy_data, healthy_output
from flows.order_book import open_book
from models.tracking_store import REGISTERED_MODEL, open_store
from stockalert.errors import OutputError
from stockalert.served import read_served
from tests.flows.corner_shop import FIRST_NIGHT, SECOND_NIGHT, corner_shop
from tests.servers.postgresql import PostgreSQL

pytestmark = pytest.mark.slow

GUIDE = (Path(__file__).parents[1] / "docs" / "operations.md").read_text(encoding="utf-8")
DATABASES = ("mlflow", "prefect")
_ADDRESS = re.compile(r"postgresql://stockalert@127\.0\.0\.1:5432/(\w+)")
_FETCHES = '#!/bin/sh\necho "$(basename "$0") $*" >> fetched\n'


def blocks(section: str) -> list[str]:
    """Return the shell commands of one section of the guide, a text per block."""
    found = re.search(rf"^## {section}$(.*?)(?=^## |\Z)", GUIDE, re.MULTILINE | re.DOTALL)
    assert found, section
    return re.findall(r"```sh\n(.*?)```", found[1], re.DOTALL)


@dataclass(frozen=True)
class Place:
    """A machine that runs a small shop's nights: data, settings, output, two databases."""

    folder: Path
    server: PostgreSQL
    databases: dict[str, str]

    @property
    def out(self) -> Path:
        return self.folder / "out"

    def follow(self, block: str, *, out: Path | None = None, **environment: str) -> str:
        """Run the commands of a block; what they print."""
        out = out or self.out
        places = {"OUT": str(out), "DATA": str(self.folder / "data")}
        text = re.sub(r"\b(OUT|DATA)\b", lambda word: places[word[0]], block)
        text = _ADDRESS.sub(lambda word: self.server.url(self.databases[word[1]]), text)
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", text],
            cwd=self.folder,
            env={**self._environment(out), **environment},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, f"{text}\n{done.stdout}{done.stderr}"
        return done.stdout

    def _environment(self, out: Path) -> dict[str, str]:
        commands = [self.folder / "bin", Path(sys.executable).parent]
        commands += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PREFECT_", "MLFLOW_"))}
        return kept | {
            "PATH": os.pathsep.join([*map(str, commands), os.environ["PATH"]]),
            "PREFECT_HOME": str(self.folder / "prefect"),
            "STOCKALERT_PATHS__TRACKING_URI": f"sqlite:///{out / 'mlflow.db'}",
        }

    def ask(self, database: str, sql: str) -> list[tuple[object, ...]]:
        return self.server.run(sql, self.databases[database])


@pytest.fixture
def place(postgres: PostgreSQL, tmp_path: Path) -> Place:
    healthy_data(tmp_path / "data")
    shutil.copytree(healthy_output("D"), tmp_path / "out", symlinks=True)
    (tmp_path / "shop.toml").write_text("keep_days = 30\n")
    (tmp_path / "bin").mkdir()
    for name in ("git", "make"):
        (tmp_path / "bin" / name).write_text(_FETCHES)
        (tmp_path / "bin" / name).chmod(0o755)
    found = Place(tmp_path, postgres, {name: postgres.new_database() for name in DATABASES})
    for name in DATABASES:
        found.ask(name, "CREATE TABLE runs AS SELECT 'of last night' AS name")
    return found


def assert_next_night_publishes(place: Place, out: Path) -> None:
    before = served_run(out)
    formula_night(place.folder / "data", out, period="D", now=NOW)
    assert served_run(out) not in ("", before)
    assert problems(out, settled=True) == []


def test_a_restored_backup_serves_the_same_night_and_goes_on(place: Place) -> None:
    backup, restore = blocks("Backup and restore")
    run, thresholds = served_run(place.out), read_served(place.out, "thresholds")
    place.follow(backup)
    shutil.rmtree(place.out)
    for name in DATABASES:
        place.ask(name, "DROP TABLE runs")
    assert f"* {run}" in place.follow(restore)
    assert served_run(place.out) == run
    assert problems(place.out, settled=True) == []
    assert read_served(place.out, "thresholds").equals(thresholds)
    for name in DATABASES:
        assert place.ask(name, "SELECT name FROM runs") == [("of last night",)]
    assert_next_night_publishes(place, place.out)


def test_a_backup_moved_to_another_folder_serves_the_same_night_and_goes_on(place: Place) -> None:
    backup, restore = blocks("Backup and restore")
    run, there = served_run(place.out), place.folder / "elsewhere"
    place.follow(backup)
    place.out.rename(place.folder / "gone")
    assert f"* {run}" in place.follow(restore, out=there)
    assert problems(there, settled=True) == []
    assert read_served(there, "thresholds").num_rows == 2
    assert_next_night_publishes(place, there)


def test_an_upgrade_leaves_what_is_served_and_the_next_night_publishes(place: Place) -> None:
    (upgrade,) = blocks("Upgrade")
    *steps, of_a_server = upgrade.splitlines()
    assert "where you run a server" in of_a_server, "this shop runs none"
    run = served_run(place.out)
    open_store(place.out)
    place.follow("\n".join(steps))
    assert (place.folder / "fetched").read_text().splitlines() == ["git pull", "make setup"]
    assert open_store(place.out).client.get_registered_model(REGISTERED_MODEL)
    assert served_run(place.out) == run
    assert_next_night_publishes(place, place.out)


def test_damaged_files_of_ours_are_named_and_the_remedy_lets_the_next_night_publish(
    place: Place,
) -> None:
    def night() -> None:
        with open_book(place.out):  # which this short night does not ask
            formula_night(place.folder / "data", place.out, period="D", now=NOW)

    (forget,) = re.findall(r"`(rm -r .*?)`", GUIDE)
    for name in ("_latest.json", "alerts.db", "orders.db"):
        damaged, before = place.out / name, served_run(place.out)
        damaged.write_bytes(b"{ no file of ours any more" * 100)
        with pytest.raises(OutputError, match=name):
            night()
        if name == "_latest.json":
            place.follow(forget)
        else:
            assert f"{name}`" in GUIDE
            damaged.rename(place.folder / name)
        night()
        assert served_run(place.out) not in ("", before)
        assert problems(place.out, settled=False) == []


def test_a_first_night_a_forced_one_its_rollback_and_two_reviews(
    place: Place, prefect_server: None
) -> None:
    quick = {
        "PREFECT_API_URL": str(PREFECT_API_URL.value()),
        "STOCKALERT_MODEL__N_ESTIMATORS": "4",
        "OMP_NUM_THREADS": "1",
    }
    for folder in (place.out, place.folder / "data"):
        shutil.rmtree(folder)
    (place.folder / "shop.toml").unlink()
    corner_shop(place.folder / "whole")
    export_until(FIRST_NIGHT, place)
    (first,) = blocks("The first night")
    assert "the data keep the contract" in place.follow(first, **quick)
    night = served_run(place.out)
    assert set(read_served(place.out, "thresholds").to_pandas()["model_version"].dropna()) == {"1"}

    export_until(SECOND_NIGHT, place)
    force, rollback = blocks("Guards")
    place.follow(force, **quick)
    forced = served_run(place.out)
    assert forced not in ("", night)
    assert f"* {forced}" in place.follow(rollback, **quick)
    assert served_run(place.out) == night

    (reviews,) = blocks("Review")
    assert place.follow(reviews, **quick).count("Realised service") == 2
    assert len(list((place.out / "reviews").iterdir())) == 2
    assert problems(place.out, settled=False) == []


def export_until(day: date, place: Place) -> None:
    """What the shop's own system exports on the evening of a day."""
    (place.folder / "data").mkdir(exist_ok=True)
    for table in (place.folder / "whole").glob("*.parquet"):
        frame = pd.read_parquet(table)
        if "date" in frame:
            frame = frame[frame["date"] <= pd.Timestamp(day)]
        frame.to_parquet(place.folder / "data" / table.name, index=False)
