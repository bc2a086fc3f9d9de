"""Reviews and refused rows are removed as nights are; what is served or not ours, never."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pandas as pd

from benchmarks.soak.fuzz_nights import NOW, formula_night, healthy_data, healthy_output
from flows.retention import prune_records
from stockalert.served import read_pointer

OLD, OLDER, YOUNG = "20240101T020000-abc123", "20231201T020000-abc123", "20240220T020000-abc123"


def _refused_rows(out: Path, run_id: str) -> Path:
    folder = out / "quarantine" / "sales" / f"as_of_date={run_id[:8]}" / f"run_id={run_id}"
    folder.mkdir(parents=True)
    (folder / "part-0.parquet").write_bytes(b"rows")
    return folder


def _review(out: Path, name: str) -> Path:
    folder = out / "reviews" / name
    folder.mkdir(parents=True)
    (folder / "summary.json").write_text("{}")
    return folder


def test_old_reviews_and_refused_rows_of_runs_that_published_nothing_go(tmp_path: Path) -> None:
    old = [_refused_rows(tmp_path, OLD), _review(tmp_path, OLDER), _review(tmp_path, OLD)]
    young = [_refused_rows(tmp_path, YOUNG), _review(tmp_path, YOUNG)]
    ours = _review(tmp_path, "1999 notes of the buyer")
    prune_records(tmp_path, keep_days=30, today=date(2024, 3, 1))
    assert not any(folder.exists() for folder in old)
    assert not old[0].parent.exists(), "an empty folder of a day"
    assert all(folder.exists() for folder in [*young, ours])


def test_the_last_review_stays_however_old(tmp_path: Path) -> None:
    first, last = _review(tmp_path, OLDER), _review(tmp_path, OLD)
    prune_records(tmp_path, keep_days=30, today=date(2034, 3, 1))
    assert not first.exists()
    assert last.exists()


def test_a_published_night_prunes_and_keeps_the_refused_rows_of_what_is_served(
    tmp_path: Path,
) -> None:
    out, data = tmp_path / "out", healthy_data(tmp_path / "data")
    shutil.copytree(healthy_output("D"), out, symlinks=True)
    stale = _refused_rows(out, "20210101T020000-abc123")
    sales = pd.read_parquet(data / "sales.parquet")
    sales.loc[0, "units_sold"] = -1.0
    sales.to_parquet(data / "sales.parquet")
    formula_night(data, out, period="D", now=NOW)
    assert not stale.exists()
    kept = out / read_pointer(out).tables["quarantine/sales"].path
    prune_records(out, keep_days=1, today=date(2034, 3, 1))
    assert len(pd.read_parquet(kept)) == 1
