"""A folder of a real S3 server as source and output: readers never see half a night."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path

import fsspec
import pandas as pd
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from flows.alert_store import open_store as open_alerts
from flows.cli import app
from flows.ingest import ingest
from flows.remote import open_remote
from flows.remote_input import mirrored
from flows.remote_output import RemoteOutput, open_output
from flows.remote_state import bring_state, keep_state
from flows.rolling_back import roll_back
from flows.settings import Settings
from flows.settings_sections import PathSettings
from flows.sources import InputPlace, find_sources
from stockalert.errors import OutputError, SourceError, UsageError
from stockalert.served import previous_night, read_pointer, read_served, served_runs
from tests.flows.conftest import Season
from tests.flows.corner_shop import SECOND_NIGHT, SETTINGS
from tests.flows.grocery_shop import healthy_shop
from tests.flows.remote_publisher import TABLES, publish_small_night, run_of
from tests.servers.s3 import SECRET_KEY, files_of_server

MONDAY = date(2024, 4, 1)
OPTIONS = {"period": "D", "as_of": None, "today": date(2024, 6, 1), "max_share": 0.01}


def output(bucket: str, cache: Path) -> RemoteOutput:
    return open_output(f"{bucket}/out", cache)


def objects(bucket: str, below: str = "") -> list[str]:
    root = bucket.removeprefix("s3://")
    return [name.removeprefix(f"{root}/") for name in files_of_server().find(f"{root}/{below}")]


def served_by(bucket: str) -> str:
    return json.loads(files_of_server().cat_file(f"{bucket}/out/_latest.json"))["run_id"]


def upload(folder: Path, url: str) -> None:
    for file in folder.rglob("*"):
        if file.is_file():
            files_of_server().put_file(str(file), f"{url}/{file.relative_to(folder)}")


def test_tables_of_a_bucket_are_those_of_the_directory(bucket: str, tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    shop.mkdir()
    healthy_shop(shop)
    upload(shop, f"{bucket}/data")
    here = ingest(shop, tmp_path / "a", **OPTIONS)
    place = InputPlace(f"{bucket}/data", cache=tmp_path / "cache")
    there = ingest(place, tmp_path / "b", **OPTIONS)
    assert there.tables.keys() == here.tables.keys()
    for table, report in here.tables.items():
        if report.path is not None:
            told = pq.read_table(there.tables[table].path)
            assert told.equals(pq.read_table(report.path)), table


def test_only_what_has_changed_is_copied_again(bucket: str, tmp_path: Path) -> None:
    for name, text in {"sales/a.csv": "one", "sales/b.csv": "two", "stock.csv": "old"}.items():
        files_of_server().pipe_file(f"{bucket}/data/{name}", text.encode())
    copy = tmp_path / "copy"
    mirrored(f"{bucket}/data", copy)
    first = {file: file.stat().st_ino for file in copy.rglob("*.csv")}
    files_of_server().pipe_file(f"{bucket}/data/stock.csv", b"new")  # as long as before
    files_of_server().rm(f"{bucket}/data/sales/b.csv")
    (copy / "sales" / "a.csv.part").write_text("left by a run that died")
    mirrored(f"{bucket}/data", copy)
    assert (copy / "stock.csv").read_text() == "new"
    assert (copy / "sales" / "a.csv").stat().st_ino == first[copy / "sales" / "a.csv"]
    assert sorted(file.name for file in (copy / "sales").iterdir()) == ["a.csv"]
    written = files_of_server().info(f"{bucket}/data/stock.csv")["LastModified"].timestamp()
    assert (copy / "stock.csv").stat().st_mtime == pytest.approx(written)


def test_what_is_no_table_is_named_and_stays_there(bucket: str, tmp_path: Path) -> None:
    for name in ("sales.csv", "saels.csv", "notes/todo.txt", "_work/sales.csv", "sales/../x.csv"):
        files_of_server().pipe_file(f"{bucket}/data/{name}", b"sku,date,units_sold\n")
    place = InputPlace(f"{bucket}/data", cache=tmp_path / "cache")
    found, notes = find_sources(place)
    assert list(found) == ["sales"]
    assert [note.partition(" is not read")[0] for note in notes] == ["notes", "saels.csv"]
    copied = {file.name for file in tmp_path.rglob("*") if file.is_file()}
    assert copied == {"sales.csv", "_lock", "_mirror.json"}


def test_any_store_that_fsspec_knows_will_do(tmp_path: Path) -> None:
    shelf = tmp_path / "shelf"
    (shelf / "stock").mkdir(parents=True)
    (shelf / "stock" / "a.csv").write_text("old")
    for text in ("old", "new"):
        (shelf / "stock" / "a.csv").write_text(text)
        os.utime(shelf / "stock" / "a.csv", (len(text), ord(text[0])))
        mirrored(f"file://{shelf}", tmp_path / "shelf copy")
        assert (tmp_path / "shelf copy" / "stock" / "a.csv").read_text() == text
    memory = fsspec.filesystem("memory")
    memory.pipe_file("/shop/sales.csv", b"sku,date,units_sold\nsalt,2024-01-01,2\n")
    mirrored("memory://shop", tmp_path / "copy")
    assert (tmp_path / "copy" / "sales.csv").read_text().endswith("salt,2024-01-01,2\n")
    place = open_output("memory://out", tmp_path)
    run_id = publish_small_night(place, MONDAY)
    assert json.loads(memory.cat_file("/out/_latest.json"))["run_id"] == run_id
    memory.rm("/", recursive=True)


def test_a_store_that_cannot_be_used_is_told_in_plain_words(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UsageError, match=f"no data directory {bucket}/nowhere"):
        find_sources(InputPlace(f"{bucket}/nowhere", cache=tmp_path))
    with pytest.raises(UsageError, match="holds a user, a password or options") as told:
        open_remote("ftp://shop:hunter2@files.example/data")
    assert "hunter2" not in str(told.value)
    with pytest.raises(UsageError, match=r"cannot use nosuch://x: Protocol not known"):
        open_remote("nosuch://x")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(SourceError, match=f"cannot use {bucket}/data: Could not connect"):
        find_sources(InputPlace(f"{bucket}/data", cache=tmp_path))


def test_a_reader_of_the_bucket_never_sees_a_mixed_or_missing_night(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = output(bucket, tmp_path)
    publish_small_night(place, MONDAY)
    seen, problems = set(), []

    files, root = files_of_server(), f"{bucket}/out".removeprefix("s3://")

    def look(*_: object) -> None:
        try:
            night = json.loads(files.cat_file(f"{root}/_latest.json"))
            for table in reversed(night["tables"].values()):  # the last uploaded first
                found = pq.read_table(f"{root}/{table['path']}", filesystem=files)
                assert found.num_rows == table["rows"]
                assert set(found["run_id"].to_pylist()) == {night["run_id"]}
            seen.add(night["run_id"])
        except BaseException as error:
            problems.append(repr(error))

    monkeypatch.setattr("flows.remote_output.report", look)  # between any two uploads
    for day in range(1, 6):
        publish_small_night(place, MONDAY + timedelta(days=day), keep_days=3)
        look()
    assert problems == []
    assert seen == {run_of(MONDAY + timedelta(days=day)) for day in range(6)}
    kept = {run_of(MONDAY + timedelta(days=day)) for day in range(2, 6)}
    left = {name.split("run_id=")[1].split("/")[0] for name in objects(bucket) if "run_id=" in name}
    assert left == kept, "old nights leave the bucket, as they leave the work copy"
    assert {name.split("/")[2] for name in objects(bucket, "out/_nights")} == kept


def test_an_upload_that_is_killed_leaves_the_last_night_served(bucket: str, tmp_path: Path) -> None:
    place = output(bucket, tmp_path / "mine")
    first = publish_small_night(place, MONDAY)
    tuesday, wednesday = MONDAY + timedelta(days=1), MONDAY + timedelta(days=5)
    _kill_in_mid_upload(bucket, tmp_path / "mine", tuesday)
    dead = [name for name in objects(bucket) if run_of(tuesday) in name]
    assert 2 <= len(dead) < 2 + len(TABLES), "it died in the middle"
    assert served_by(bucket) == first
    for cache in ("mine", "another machine"):
        here = output(bucket, tmp_path / cache)
        here.local.mkdir(parents=True, exist_ok=True)
        here.pull(None, datetime(2024, 4, 2, 4))
        assert read_pointer(here.local).run_id == first
        assert served_runs(here.local) == {first}
        assert set(read_served(here.local, "thresholds")["run_id"].to_pylist()) == {first}
    assert dead == [name for name in objects(bucket) if run_of(tuesday) in name], "it may be alive"
    second = publish_small_night(place, wednesday)
    assert served_by(bucket) == second
    assert [name for name in objects(bucket) if run_of(tuesday) in name] == [], "days later"
    assert previous_night(place.local, wednesday + timedelta(days=1)).run_id == second


def _kill_in_mid_upload(bucket: str, cache: Path, day: date) -> None:
    """Start a publisher of tables of many megabytes and kill it once two objects are there."""
    command = [sys.executable, "-m", "tests.flows.remote_publisher"]
    publisher = subprocess.Popen(
        [*command, f"{bucket}/out", str(cache), str(day), "1500000"],
        cwd=Path(__file__).parents[2],
        env=os.environ,
    )
    root, end = bucket.removeprefix("s3://"), time.monotonic() + 60
    files = files_of_server()
    while time.monotonic() < end and publisher.poll() is None:
        names = [name for name in files.find(f"{root}/out") if run_of(day) in name]
        if len(names) >= 2:
            break
    publisher.kill()
    assert publisher.wait(20) < 0, "it ended before it was killed"


def test_a_machine_with_an_empty_cache_goes_on_where_another_stopped(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flows.remote_output.KEPT_HERE", 3)
    one, two = output(bucket, tmp_path / "one"), output(bucket, tmp_path / "two")
    days = [MONDAY + timedelta(days=day) for day in range(6)]
    for day in days:
        publish_small_night(one, day)
    publish_small_night(one, days[-1], run_id="20240406T050000-again")
    two.local.mkdir(parents=True)
    assert two.pull(days[-1], datetime(2024, 4, 11)) is True
    assert read_pointer(two.local).run_id == "20240406T050000-again"
    assert previous_night(two.local, days[-1]).run_id == run_of(days[-2])
    assert len(served_runs(two.local)) == 3, "not the whole history"
    assert two.pull(days[1], datetime(2024, 4, 11)) is False
    assert previous_night(two.local, days[1]).run_id == run_of(days[0])
    assert (two.local / "latest" / "summary.json").read_text() == "{}"

    next_day = MONDAY + timedelta(days=11)
    publish_small_night(two, next_day)
    assert served_by(bucket) == run_of(next_day)
    assert one.pull(None, datetime(2024, 4, 13)) is True
    assert set(read_served(one.local, "alerts")["run_id"].to_pylist()) == {run_of(next_day)}


def test_the_night_that_a_rollback_would_serve_is_fetched_however_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flows.remote_output.KEPT_HERE", 2)
    one, two = (open_output("memory://rolled/out", tmp_path / name) for name in ("one", "two"))
    for day in range(5):
        publish_small_night(one, MONDAY + timedelta(days=day))
    one.serve(run_of(MONDAY))
    publish_small_night(one, MONDAY + timedelta(days=5))
    two.local.mkdir(parents=True)
    two.pull(None, datetime(2024, 4, 11))
    assert read_pointer(two.local).run_id == run_of(MONDAY + timedelta(days=5))
    assert roll_back(two.local).run_id == run_of(MONDAY)
    fsspec.filesystem("memory").rm("/rolled", recursive=True)


def test_of_two_publishers_the_second_stops_and_changes_nothing(
    bucket: str, tmp_path: Path
) -> None:
    one, two = output(bucket, tmp_path / "one"), output(bucket, tmp_path / "two")
    publish_small_night(one, MONDAY)
    late = _Late(two.remote, two.local, meanwhile=one)
    with pytest.raises(OutputError, match="which another machine published meanwhile"):
        publish_small_night(late, MONDAY, run_id="20240402T060000-late")
    assert served_by(bucket) == "20240402T050000-quick"
    assert "20240402T060000-late" not in served_runs(two.local)
    assert read_pointer(two.local).run_id == run_of(MONDAY)


class _Late(RemoteOutput):
    """A publisher that is overtaken between its start and its end."""

    def __init__(self, remote: object, local: Path, meanwhile: RemoteOutput) -> None:
        super().__init__(remote, local)  # type: ignore[arg-type]
        object.__setattr__(self, "meanwhile", meanwhile)

    def push(self, night: object) -> None:
        publish_small_night(self.meanwhile, MONDAY, run_id="20240402T050000-quick")  # type: ignore[attr-defined]
        super().push(night)  # type: ignore[arg-type]


def test_a_bucket_that_was_emptied_begins_anew(bucket: str, tmp_path: Path) -> None:
    place = output(bucket, tmp_path)
    publish_small_night(place, MONDAY)
    files_of_server().rm(f"{bucket}/out", recursive=True)
    publish_small_night(place, MONDAY + timedelta(days=1))
    assert served_runs(place.local) == {run_of(MONDAY + timedelta(days=1))}


def test_a_pointer_that_leads_out_of_the_folder_is_refused(bucket: str, tmp_path: Path) -> None:
    place = output(bucket, tmp_path / "cache")
    publish_small_night(place, MONDAY)
    text = files_of_server().cat_file(f"{bucket}/out/_latest.json").decode()
    for bad in (text.replace("thresholds/as_of", "../../thresholds/as_of"), "{", '{"run_id": 3}'):
        files_of_server().pipe_file(f"{bucket}/out/_latest.json", bad.encode())
        with pytest.raises(OutputError, match=r"cannot read s3://.*_latest.json"):
            place.pull(None, datetime(2024, 4, 2))


def test_the_alerts_memory_travels_with_the_output(bucket: str, tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    there.mkdir()
    remote = open_remote(f"{bucket}/out")
    with open_alerts(here) as alerts:
        alerts.acknowledge("salt low", datetime(2024, 5, 1), "Ann", datetime(2024, 4, 1))
        keep_state(remote, here)  # while it is in use
    bring_state(remote, there, moved=False)
    with open_alerts(there) as alerts:
        assert alerts.acknowledgements()["salt low"].made_by == "Ann"
        alerts.acknowledge("rice low", datetime(2024, 5, 1), "Bob", datetime(2024, 4, 1))
    bring_state(remote, there, moved=False)
    with open_alerts(there) as alerts:
        assert set(alerts.acknowledgements()) == {"salt low", "rice low"}


@pytest.mark.slow
def test_a_night_from_bucket_to_bucket_is_the_night_from_disk_to_disk(
    *,
    season: Season,
    bucket: str,
    s3_environment: Mapping[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from flows.refresh import refresh

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    config = tmp_path / "settings.toml"
    config.write_text(f'{SETTINGS}\n[paths]\ntracking_uri = "sqlite:///{season.out}/mlflow.db"\n')
    upload(season.data, f"{bucket}/data")
    refresh(season.data, tmp_path / "out", SECOND_NIGHT, config)
    night = refresh(f"{bucket}/data", f"{bucket}/out", SECOND_NIGHT, config)

    pointer = json.loads(files_of_server().cat_file(f"{bucket}/out/_latest.json"))
    assert pointer["run_id"] == night.summary["run_id"]
    for table in ("thresholds", "forecasts", "order_proposals"):
        path = f"{bucket}/out/{pointer['tables'][table]['path']}"
        there = pd.read_parquet(path, partitioning=None)
        here = pd.read_parquet(tmp_path / "out" / "latest" / table)
        pd.testing.assert_frame_equal(there, here, check_exact=True)
    kept = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    kept += [files_of_server().cat_file(name) for name in files_of_server().find(bucket)]
    assert not [text for text in kept if SECRET_KEY.encode() in text]


def test_an_output_in_a_bucket_needs_a_model_store_that_outlives_the_machine(
    bucket: str, tmp_path: Path
) -> None:
    from flows.clock import now
    from flows.run import open_run

    for uri in ("", "postgresql://store/mlflow"):
        settings = Settings(paths=PathSettings(tracking_uri=uri))
        opened = open_run(tmp_path, f"{bucket}/out", settings=settings, as_of=None, now=now())
        with pytest.raises(UsageError, match=r"set paths.tracking_uri to an MLflow server"), opened:
            pass


def test_commands_that_look_at_a_directory_refuse_an_address_and_pull_gives_them_one(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = CliRunner().invoke(app, ["compare", "1", "2", "--out", f"{bucket}/out"])
    assert result.exit_code == 2
    assert "expected a directory" in result.output
    publish_small_night(output(bucket, tmp_path / "elsewhere"), MONDAY)
    monkeypatch.setenv("STOCKALERT_PATHS__CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))
    result = CliRunner().invoke(app, ["pull", "--out", f"{bucket}/out"])
    assert result.exit_code == 0, result.output
    folder = Path(result.stdout.strip())
    assert folder.is_relative_to(tmp_path / "cache")
    assert set(read_served(folder, "thresholds")["run_id"].to_pylist()) == {run_of(MONDAY)}
    publish_small_night(output(bucket, tmp_path / "elsewhere"), MONDAY + timedelta(days=1))
    result = CliRunner().invoke(app, ["rollback", "--out", f"{bucket}/out"])
    assert result.exit_code == 0, result.output
    assert served_by(bucket) == read_pointer(folder).run_id == run_of(MONDAY)
    result = CliRunner().invoke(app, ["pull", "--out", f"{bucket}/nothing"])
    assert result.exit_code == 1
    assert "holds no published night" in result.stderr
