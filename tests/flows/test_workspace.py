"""One run at a time works in an output directory, and leaves nothing behind."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from flows.workspace import open_workspace
from stockalert.errors import OutputError

NOW = datetime(2026, 3, 1, 2, 30)


def test_scratch_of_a_dead_run_is_removed_and_ours_too(tmp_path: Path) -> None:
    dead = tmp_path / "_work" / "20260228T023000-aaaaaa"
    dead.mkdir(parents=True)
    with open_workspace(tmp_path, now=NOW) as workspace:
        assert workspace.work.is_dir()
        assert not dead.exists()
        assert workspace.run_id.startswith("20260301T023000-")
    assert not (tmp_path / "_work").exists()


def test_a_second_run_in_the_same_directory_is_refused_in_plain_words(tmp_path: Path) -> None:
    with (
        open_workspace(tmp_path, now=NOW),
        pytest.raises(OutputError, match="another run is working"),
        open_workspace(tmp_path, now=NOW),
    ):
        pass


def test_a_file_in_the_place_of_the_output_directory_is_named(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("not a folder")
    with (
        pytest.raises(OutputError, match="cannot write to the output directory"),
        open_workspace(tmp_path / "out", now=NOW),
    ):
        pass
