"""The command line: one readable message, the right exit code, never a traceback."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest.mock import patch

import pandas as pd
import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from flows.cli import app
from flows.cli_options import job
from flows.environment import prepare_environment
from tests.flows.broken_directories import CASES, Case
from tests.flows.conftest import Season
from tests.flows.corner_shop import FIRST_NIGHT, SECOND_NIGHT
from tests.flows.grocery_shop import healthy_shop

Run = Callable[..., Result]


@pytest.fixture
def run() -> Iterator[Run]:
    """Run a command; what it sets in the environment is gone afterwards."""
    with patch.dict(os.environ):
        for name in [name for name in os.environ if name.startswith("STOCKALERT_")]:
            del os.environ[name]
        yield lambda *arguments: CliRunner().invoke(app, [str(part) for part in arguments])


def built(case: Case, folder: Path) -> Path:
    data = folder / "data"
    data.mkdir()
    case.build(data)
    return data


def named(*names: str) -> list[Case]:
    by_name = {case.name: case for case in CASES}
    return [by_name[name] for name in names]


def assert_one_message(result: Result, code: int) -> None:
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    lines = [line for line in result.stderr.splitlines() if line.startswith("stockalert: ")]
    assert len(lines) == 1, result.stderr


def assert_nothing_published(out: Path) -> None:
    assert not (out / "latest").exists()
    assert not (out / "_latest.json").exists()
    assert not [path for path in out.glob("*/as_of_date=*") if "quarantine" not in str(path)]
    assert not (out / "_work").exists()
    assert not (out / "_staging").exists()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_validate_ends_in_words_and_the_right_exit_code(
    run: Run, case: Case, tmp_path: Path
) -> None:
    data = built(case, tmp_path)
    asked = [] if case.as_of is None else ["--as-of", case.as_of]
    result = run("validate", "--data", data, *asked)
    assert "Traceback" not in result.output
    assert result.exit_code == (0 if case.expected == "runs" else case.expected), result.output
    if case.expected == 2:
        assert_one_message(result, 2)
    else:
        assert ("PROBLEM" in result.stdout) == (case.expected == 3)


@pytest.mark.slow
@pytest.mark.parametrize(
    "case",
    named(
        "an empty directory",
        "truncated parquet",
        "much text in numbers",
        "empty sales",
        "as-of before the first sale",
        "no data directory",
    ),
    ids=lambda case: case.name,
)
def test_a_night_on_broken_data_publishes_nothing(
    prefect_server: None, run: Run, case: Case, tmp_path: Path
) -> None:
    data, out = built(case, tmp_path), tmp_path / "out"
    asked = [] if case.as_of is None else ["--as-of", case.as_of]
    result = run("nightly", "--data", data, "--out", out, *asked)
    assert_one_message(result, int(case.expected))
    assert all(word in result.stderr for word in case.words)
    assert_nothing_published(out)


@pytest.mark.slow
@pytest.mark.parametrize(
    "case",
    named("a single day", "a single sku", "only zero sales", "an unknown supplier"),
    ids=lambda case: case.name,
)
def test_a_night_on_thin_data_is_published_and_says_what_it_lacks(
    prefect_server: None, run: Run, case: Case, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    result = run("nightly", "--data", built(case, tmp_path), "--out", out)
    assert result.exit_code == 0, result.output
    assert "note: nothing was trained, and every reorder point comes from the formula" in (
        result.stdout
    )
    assert all(word in result.stdout for word in case.words)
    table = pd.read_parquet(out / "latest" / "thresholds")
    assert table["sku"].tolist() == ["apple", "bread", "cheese", "dates"]
    assert set(table["method"]) == {"formula"}


def test_refused_rows_of_a_night_that_stops_are_kept(
    prefect_server: None, run: Run, tmp_path: Path
) -> None:
    (case,) = named("much text in numbers")
    out = tmp_path / "out"
    run("nightly", "--data", built(case, tmp_path), "--out", out)
    assert len(pd.read_parquet(out / "quarantine" / "sales")) == 50


def test_an_output_that_cannot_be_written_is_named_before_any_work(
    run: Run, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    healthy_shop(data)
    (tmp_path / "file").write_text("not a folder")
    result = run("nightly", "--data", data, "--out", tmp_path / "file" / "out")
    assert_one_message(result, 1)
    assert "cannot write to the output directory" in result.stderr


@pytest.mark.parametrize("command", ["train", "refresh", "nightly", "validate"])
def test_an_unknown_settings_key_is_a_usage_error(run: Run, command: str, tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text("[model]\nsede = 3\n")
    out = [] if command == "validate" else ["--out", tmp_path / "out"]
    result = run(command, "--data", tmp_path, *out, "--config", tmp_path / "settings.toml")
    assert_one_message(result, 2)
    assert "did you mean model.seed?" in result.stderr
    assert not (tmp_path / "out").exists()


def test_a_date_that_is_none_is_a_usage_error(run: Run, tmp_path: Path) -> None:
    result = run("train", "--data", tmp_path, "--out", tmp_path, "--as-of", "2024-13-01")
    assert result.exit_code == 2
    assert "2024-13-01" in result.stderr


@pytest.mark.slow
def test_refresh_without_a_champion_says_what_to_do(
    prefect_server: None, run: Run, tmp_path: Path
) -> None:
    healthy_shop(tmp_path)
    result = run("refresh", "--data", tmp_path, "--out", tmp_path / "out")
    assert_one_message(result, 4)
    assert "no model has been trained" in result.stderr
    assert "run `stockalert train` first" in result.stderr
    assert_nothing_published(tmp_path / "out")


@pytest.mark.slow
@pytest.mark.parametrize("command", ["refresh", "nightly"])
def test_hindsight_is_refused(season: Season, run: Run, command: str) -> None:
    options = ["--data", season.data, "--out", season.out, "--config", season.config]
    result = run(command, *options, "--as-of", FIRST_NIGHT.replace(day=10))
    assert_one_message(result, 4)
    assert "use a fresh --out to replay the past" in result.stderr


@pytest.mark.slow
def test_a_disk_that_fails_at_an_odd_moment_is_told_in_one_line(
    season: Season, run: Run, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "mlflow.db").write_text("not a data base")
    options = ["--data", season.data, "--out", out, "--config", season.config]
    result = run("train", *options, "--as-of", SECOND_NIGHT)
    assert_one_message(result, 1)
    assert "is not a SQLite database" in result.stderr


def test_every_setting_can_be_printed_as_a_file(run: Run) -> None:
    result = run("settings")
    assert result.exit_code == 0
    assert "retrain_every_days = 7" in result.stdout


def test_nothing_is_told_to_anyone_unless_the_user_wants_it() -> None:
    with patch.dict(os.environ, {"PREFECT_SERVER_API_HOST": "0.0.0.0"}, clear=True):
        prepare_environment()
        assert os.environ["DO_NOT_TRACK"] == "true"
        assert os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"
        assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"
        assert os.environ["PREFECT_SERVER_API_HOST"] == "0.0.0.0"


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        OSError(errno.ENOMEM, "Cannot allocate memory"),
        RuntimeError("can't start new thread"),
        ImportError("libXau.so.6.0.0: failed to map segment from shared object"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_short_memory_is_told_as_that_whatever_says_so(
    error: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    with patch.dict(os.environ), pytest.raises(typer.Exit) as ended, job(None, debug=False):
        raise error
    assert ended.value.exit_code == 1
    assert "stockalert: the machine's memory ran out" in capsys.readouterr().err
