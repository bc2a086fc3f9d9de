from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from stockalert.errors import ContractError, OutputError
from stockalert.publishing import prune, publish_night, serve_night
from stockalert.served import (
    night_before,
    previous_night,
    read_pointer,
    read_served,
    served_runs,
)

MIDNIGHT = datetime(2026, 3, 31, 1, 30)


def _tables(reorder_point: float) -> dict[str, pa.Table]:
    skus = ["mug", "plate", "vase"]
    return {
        "thresholds": pa.table({"sku": skus, "reorder_point": [reorder_point] * 3}),
        "forecasts": pa.table({"sku": skus, "q500": [reorder_point] * 3}),
        "quarantine/sales": pa.table({"sku": ["?"], "reason": [f"run {reorder_point:g}"]}),
    }


def _publish(out: Path, number: int, *, as_of: date = date(2026, 3, 30)) -> Path:
    return publish_night(
        out,
        _tables(float(number)),
        as_of_date=as_of,
        run_id=f"run-{number}",
        created_at=MIDNIGHT + timedelta(days=number),
        valid_until=MIDNIGHT + timedelta(days=number + 2),
        model_version="4",
        settings_fingerprint="00ff00ff00ff00ff",
    )


def _history(out: Path) -> set[str]:
    return {folder.name.removeprefix("run_id=") for folder in out.glob("thresholds/*/run_id=*")}


def test_the_pointer_names_every_table_with_rows_and_path(tmp_path: Path) -> None:
    _publish(tmp_path, 1)
    pointer = json.loads((tmp_path / "_latest.json").read_text())
    assert list(pointer) == [
        "as_of_date",
        "run_id",
        "model_version",
        "settings_fingerprint",
        "created_at",
        "valid_until",
        "tables",
    ]
    thresholds = pointer["tables"]["thresholds"]
    assert thresholds["path"] == "thresholds/as_of_date=2026-03-30/run_id=run-1"
    assert thresholds["rows"] == 3
    assert (tmp_path / thresholds["path"] / "part-0.parquet").is_file()
    assert set(pointer["tables"]) == {"thresholds", "forecasts", "quarantine/sales"}


def test_pandas_duckdb_and_polars_read_the_served_table_with_exactly_its_columns(
    tmp_path: Path,
) -> None:
    _publish(tmp_path, 1)
    folder = tmp_path / "latest" / "thresholds"
    columns = ["sku", "reorder_point"]
    assert list(pd.read_parquet(folder).columns) == columns
    with duckdb.connect() as con:
        assert list(con.execute(f"select * from '{folder}/*.parquet'").df().columns) == columns
    assert pl.read_parquet(folder).columns == columns
    assert pl.read_parquet(f"{folder}/*.parquet").columns == columns
    assert read_served(tmp_path, "thresholds").column_names == columns


def test_latest_is_the_last_night_and_the_folder_is_the_history_of_all(tmp_path: Path) -> None:
    _publish(tmp_path, 1, as_of=date(2026, 3, 29))
    _publish(tmp_path, 2, as_of=date(2026, 3, 30))
    _publish(tmp_path, 3, as_of=date(2026, 3, 30))
    assert set(pd.read_parquet(tmp_path / "latest" / "thresholds")["reorder_point"]) == {3.0}
    history = pd.read_parquet(tmp_path / "thresholds")
    nights = history.groupby(["as_of_date", "run_id"], observed=True).size()
    assert nights.to_dict() == {
        ("2026-03-29", "run-1"): 3,
        ("2026-03-30", "run-2"): 3,
        ("2026-03-30", "run-3"): 3,
    }
    with duckdb.connect() as con:
        query = f"select count(distinct run_id) from '{tmp_path}/thresholds/**/*.parquet'"
        assert con.execute(query).fetchall() == [(3,)]
    assert pl.read_parquet(tmp_path / "thresholds")["run_id"].n_unique() == 3


def test_an_output_directory_can_be_moved_as_a_whole(tmp_path: Path) -> None:
    _publish(tmp_path / "here", 1)
    (tmp_path / "here").rename(tmp_path / "there")
    assert read_served(tmp_path / "there", "forecasts").num_rows == 3
    assert len(pd.read_parquet(tmp_path / "there" / "latest" / "quarantine" / "sales")) == 1


def test_a_run_is_published_once(tmp_path: Path) -> None:
    _publish(tmp_path, 1)
    with pytest.raises(OutputError, match="run-1 is already published"):
        _publish(tmp_path, 1)
    assert read_pointer(tmp_path).run_id == "run-1"


@pytest.mark.parametrize("run_id", ["", "../run", "_hidden", "a/b", ".dot"])
def test_a_run_id_that_is_no_folder_name_is_refused(tmp_path: Path, run_id: str) -> None:
    with pytest.raises(OutputError, match="run_id"):
        publish_night(
            tmp_path,
            _tables(1.0),
            as_of_date=date(2026, 3, 30),
            run_id=run_id,
            created_at=MIDNIGHT,
            valid_until=MIDNIGHT,
            model_version=None,
            settings_fingerprint="",
        )


def test_reading_before_the_first_night_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="no published night; run refresh first"):
        read_served(tmp_path, "thresholds")


def test_a_table_that_the_night_lacks_is_named(tmp_path: Path) -> None:
    _publish(tmp_path, 1)
    with pytest.raises(OutputError, match="no table alerts, only forecasts"):
        read_served(tmp_path, "alerts")


def test_an_output_path_that_is_a_file_is_one_clear_message(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(OutputError, match="cannot write to"):
        _publish(tmp_path / "out", 1)


def test_a_night_that_fails_half_way_leaves_the_last_one_served(tmp_path: Path) -> None:
    _publish(tmp_path, 1)
    (tmp_path / "zebra").write_text("in the way")
    tables = _tables(2.0) | {"zebra": pa.table({"sku": ["mug"]})}
    with pytest.raises(OutputError, match="what was served before still is"):
        publish_night(
            tmp_path,
            tables,
            as_of_date=date(2026, 3, 31),
            run_id="run-2",
            created_at=MIDNIGHT,
            valid_until=MIDNIGHT,
            model_version=None,
            settings_fingerprint="",
        )
    assert read_pointer(tmp_path).run_id == "run-1"
    assert served_runs(tmp_path) == {"run-1"}
    _publish(tmp_path, 3)
    assert _history(tmp_path) == {"run-1", "run-3"}


def test_a_rollback_serves_an_older_night_and_keeps_the_newer_in_the_history(
    tmp_path: Path,
) -> None:
    _publish(tmp_path, 1)
    _publish(tmp_path, 2)
    serve_night(tmp_path, "run-1")
    assert set(read_served(tmp_path, "thresholds")["reorder_point"].to_pylist()) == {1.0}
    assert set(pd.read_parquet(tmp_path / "latest" / "thresholds")["reorder_point"]) == {1.0}
    assert _history(tmp_path) == {"run-1", "run-2"}
    with pytest.raises(OutputError, match="never been served"):
        serve_night(tmp_path, "run-9")


def test_old_nights_are_removed_but_never_the_one_served(tmp_path: Path) -> None:
    for number in (1, 2, 3):
        _publish(tmp_path, number)
    serve_night(tmp_path, "run-1")
    removed = prune(tmp_path, keep_days=30, today=date(2026, 12, 1))
    assert removed == ["run-2", "run-3"]
    assert _history(tmp_path) == {"run-1"}
    assert read_served(tmp_path, "forecasts").num_rows == 3
    assert not list(tmp_path.glob("_staging"))


def test_a_night_published_yesterday_is_kept_however_old_its_sales_are(tmp_path: Path) -> None:
    _publish(tmp_path, 1, as_of=date(2017, 12, 31))
    _publish(tmp_path, 2, as_of=date(2017, 12, 31))
    assert prune(tmp_path, keep_days=30, today=date(2026, 4, 3)) == []


def test_without_symbolic_links_the_pointer_is_a_plain_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(1, "symbolic links are not possible here")

    with monkeypatch.context() as patch:
        patch.setattr(os, "symlink", refuse)
        _publish(tmp_path, 1)
        _publish(tmp_path, 2)
    assert not (tmp_path / "_latest.json").is_symlink()
    assert set(read_served(tmp_path, "thresholds")["reorder_point"].to_pylist()) == {2.0}
    _publish(tmp_path, 3)
    assert (tmp_path / "_latest.json").is_symlink()
    assert set(pd.read_parquet(tmp_path / "latest" / "thresholds")["reorder_point"]) == {3.0}
    assert _history(tmp_path) == {"run-1", "run-2", "run-3"}


PUBLISH_FOR_EVER = """
import itertools, sys
from datetime import date, datetime, timedelta
from pathlib import Path
import pyarrow as pa
from stockalert.publishing import publish_night

for number in itertools.count(int(sys.argv[2])):
    columns = {"thresholds": "reorder_point", "forecasts": "q500"}
    publish_night(
        Path(sys.argv[1]),
        {name: pa.table({column: [float(number)] * 2000}) for name, column in columns.items()},
        as_of_date=date(2026, 3, 30),
        run_id=f"run-{number}",
        created_at=datetime(2026, 3, 31) + timedelta(days=number),
        valid_until=datetime(2026, 4, 2) + timedelta(days=number),
        model_version=None,
        settings_fingerprint="",
    )
"""


def _publisher(out: Path, first: int) -> subprocess.Popen[bytes]:
    root = str(Path(__file__).parents[2])
    command = [sys.executable, "-c", PUBLISH_FOR_EVER, str(out), str(first)]
    return subprocess.Popen(command, cwd=root, env=os.environ | {"PYTHONPATH": root})


def _wait_for_run(out: Path, first: int, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        if any(int(run.removeprefix("run-")) >= first for run in served_runs(out)):
            return
        time.sleep(0.005)
    pytest.fail("the publisher ended by itself")


@pytest.mark.slow
def test_a_publish_killed_at_any_moment_leaves_one_whole_night_served(tmp_path: Path) -> None:
    for attempt, delay in enumerate((0.0, 0.004, 0.017)):
        first = 1000 * (attempt + 1)
        process = _publisher(tmp_path, first)
        _wait_for_run(tmp_path, first, process)
        time.sleep(delay)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        number = float(read_pointer(tmp_path).run_id.removeprefix("run-"))
        assert number >= first
        for table, column in (("thresholds", "reorder_point"), ("forecasts", "q500")):
            assert read_served(tmp_path, table)[column].to_pylist() == [number] * 2000
            linked = pd.read_parquet(tmp_path / "latest" / table)
            assert linked[column].tolist() == [number] * 2000
    before = served_runs(tmp_path)
    _publish(tmp_path, 9999)
    assert _history(tmp_path) == served_runs(tmp_path) == before | {"run-9999"}
    assert not (tmp_path / "_staging").exists()


READ_FOR_EVER = """
import json, sys
from pathlib import Path
import pyarrow.parquet as pq

out, how, enough = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])

def of(folder):
    table = pq.read_table(folder, partitioning=None)
    numbers = set(table.column(table.num_columns - 1).to_pylist())
    assert (table.num_rows, len(numbers)) == (500, 1), ("half a table", folder, table.num_rows)
    return numbers.pop()

seen = []
while not enough.exists():
    if how == "pointer":
        pointer = json.loads((out / "_latest.json").read_text())
        paths = [out / table["path"] for table in pointer["tables"].values()]
        assert all(table["rows"] == 500 for table in pointer["tables"].values())
        night = float(pointer["run_id"].removeprefix("run-"))
    elif how == "night":
        folder = (out / "latest").resolve()
        paths = [folder / "thresholds", folder / "forecasts"]
        night = float(json.loads((folder / "summary.json").read_text())["number"])
    else:
        paths, night = [out / "latest" / "thresholds"], None
    found = {of(path) for path in paths} | ({night} - {None})
    assert len(found) == 1, ("mixed night", how, found)
    seen.append(found.pop())
assert seen == sorted(seen), "a reader went back in time"
print(len(seen), len(set(seen)))
"""


@pytest.mark.slow
def test_readers_never_see_a_half_or_mixed_night_during_two_hundred_publishes(
    tmp_path: Path,
) -> None:
    out, enough = tmp_path / "out", tmp_path / "enough"
    _publish_wide(out, 1)
    command = [sys.executable, "-c", READ_FOR_EVER, str(out)]
    readers = [
        subprocess.Popen([*command, how, str(enough)], stdout=subprocess.PIPE, text=True)
        for how in ("pointer", "night", "link")
    ]
    try:
        for number in range(2, 202):
            _publish_wide(out, number)
            prune(out, keep_days=100, today=(MIDNIGHT + timedelta(days=number)).date())
    finally:
        enough.touch()
        told = [reader.communicate(timeout=60)[0] for reader in readers]
    assert [reader.returncode for reader in readers] == [0, 0, 0]
    for reads, nights in (map(int, line.split()) for line in told):
        assert reads >= nights > 10, "the readers were there while nights changed"
    assert len(_history(out)) == 101


def _publish_wide(out: Path, number: int) -> None:
    columns = {"thresholds": "reorder_point", "forecasts": "q500"}
    publish_night(
        out,
        {name: pa.table({column: [float(number)] * 500}) for name, column in columns.items()},
        as_of_date=(MIDNIGHT + timedelta(days=number - 1)).date(),
        run_id=f"run-{number}",
        created_at=MIDNIGHT + timedelta(days=number),
        valid_until=MIDNIGHT + timedelta(days=number + 2),
        model_version=None,
        settings_fingerprint="",
        files={"summary.json": json.dumps({"number": number})},
    )


def test_files_of_a_run_are_part_of_its_night(tmp_path: Path) -> None:
    _publish_wide(tmp_path, 7)
    assert json.loads((tmp_path / "latest" / "summary.json").read_text()) == {"number": 7}
    for name in ("../summary.json", "_latest.json", "thresholds", "a/b.json"):
        with pytest.raises(OutputError, match="file name"):
            publish_night(
                tmp_path,
                {},
                as_of_date=date(2026, 3, 30),
                run_id="run-8",
                created_at=MIDNIGHT,
                valid_until=MIDNIGHT,
                model_version=None,
                settings_fingerprint="",
                files={name: "{}"},
            )
    assert read_pointer(tmp_path).run_id == "run-7"


def test_the_night_before_the_one_served_is_never_removed(tmp_path: Path) -> None:
    for number in (1, 2, 3):
        _publish(tmp_path, number, as_of=date(2026, 3, 28 + number))
    assert prune(tmp_path, keep_days=1, today=date(2027, 1, 1)) == ["run-1"]
    assert _history(tmp_path) == {"run-2", "run-3"}
    assert night_before(tmp_path, read_pointer(tmp_path)).run_id == "run-2"


def test_a_removal_that_is_killed_leaves_no_night_without_its_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in (1, 2, 3):
        _publish(tmp_path, number)

    def die(self: Path, target: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", die)
        with pytest.raises(KeyboardInterrupt):
            prune(tmp_path, keep_days=1, today=date(2027, 1, 1))
    assert served_runs(tmp_path) == {"run-2", "run-3"}
    prune(tmp_path, keep_days=1000, today=date(2027, 1, 1))
    assert _history(tmp_path) == {"run-2", "run-3"}


def test_the_night_that_a_date_replaces(tmp_path: Path) -> None:
    assert previous_night(tmp_path, date(2026, 4, 1)) is None
    for number in (1, 2, 3):
        _publish(tmp_path, number, as_of=date(2026, 3, 28 + number))
    assert previous_night(tmp_path, date(2026, 4, 1)).run_id == "run-3"
    assert previous_night(tmp_path, date(2026, 3, 31)).run_id == "run-2", "a rerun of the last"
    serve_night(tmp_path, "run-1")
    assert previous_night(tmp_path, date(2026, 4, 1)).run_id == "run-1", "what readers have now"
    (tmp_path / "latest").unlink()
    assert previous_night(tmp_path, date(2026, 4, 1)).run_id == "run-3", "nothing is served"


@pytest.mark.slow
def test_two_publishers_take_turns(tmp_path: Path) -> None:
    publishers = [_publisher(tmp_path, 1), _publisher(tmp_path, 5000)]
    try:
        for first, process in zip((1, 5000), publishers, strict=True):
            _wait_for_run(tmp_path, first, process)
    finally:
        for process in publishers:
            process.kill()
            process.wait()
    _publish(tmp_path, 9999)
    assert _history(tmp_path) == served_runs(tmp_path)


def _in_batches(rows: list[float], *, then: Exception | None = None) -> pa.RecordBatchReader:
    def batches() -> Iterator[pa.RecordBatch]:
        for at in range(0, len(rows), 2):
            yield from pa.table({"reorder_point": rows[at : at + 2]}).to_batches()
        if then is not None:
            raise then

    return pa.RecordBatchReader.from_batches(
        pa.schema([("reorder_point", pa.float64())]), batches()
    )


def _publish_thresholds(out: Path, number: int, table: pa.RecordBatchReader) -> None:
    publish_night(
        out,
        {"thresholds": table},
        as_of_date=date(2026, 3, 30),
        run_id=f"run-{number}",
        created_at=MIDNIGHT,
        valid_until=MIDNIGHT,
        model_version=None,
        settings_fingerprint="0",
    )


def test_a_table_in_batches_is_published_with_all_its_rows(tmp_path: Path) -> None:
    _publish_thresholds(tmp_path, 1, _in_batches([1.0, 2.0, 3.0]))
    assert read_served(tmp_path, "thresholds")["reorder_point"].to_pylist() == [1.0, 2.0, 3.0]
    assert read_pointer(tmp_path).tables["thresholds"].rows == 3


def test_a_table_that_breaks_off_while_it_is_written_leaves_what_is_served(tmp_path: Path) -> None:
    _publish(tmp_path, 1)
    broken = _in_batches([1.0, 2.0, 3.0], then=ContractError("table thresholds: a bad row"))
    with pytest.raises(ContractError, match="a bad row"):
        _publish_thresholds(tmp_path, 2, broken)
    assert read_pointer(tmp_path).run_id == "run-1"
    assert _history(tmp_path) == {"run-1"}
    assert not (tmp_path / "_staging").exists()
