"""Real nights that a guard refuses: what is served, what is kept, what is told, what force does."""

from __future__ import annotations

import json
import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey
from prefect.client.schemas.sorting import ArtifactSort
from typer.testing import CliRunner

from features.panel import Panel, measure_file
from flows.alert_store import open_store
from flows.cli import app
from flows.refresh import refresh
from flows.refused import MOST_KEPT, prune_refused
from flows.run import Run
from flows.shop import stored_panel
from stockalert.errors import GuardError
from stockalert.served import read_pointer
from tests.flows.conftest import Season, served
from tests.flows.corner_shop import SECOND_NIGHT

pytestmark = pytest.mark.slow

NEXT = SECOND_NIGHT + timedelta(days=1)
LOST = [("item 11", "north"), ("item 11", "south"), ("kiwi", "default")]


@pytest.fixture
def shop(season: Season, tmp_path: Path) -> tuple[Path, Path]:
    """Data and output directory of the season, to break and to publish into."""
    data, out = tmp_path / "data", tmp_path / "out"
    shutil.copytree(season.data, data)
    # Alerts of its own: other tests let nights of the season fail.
    shutil.copytree(season.out, out, symlinks=True, ignore=shutil.ignore_patterns("alerts.db*"))
    return data, out


def _config(season: Season, tmp_path: Path, guard: str = "") -> Path:
    # The store of the season keeps its place; only what is published goes elsewhere.
    uri = f'[paths]\ntracking_uri = "sqlite:///{season.out}/mlflow.db"\nmetrics_file = "run.prom"\n'
    path = tmp_path / "settings.toml"
    path.write_text(season.config.read_text() + uri + guard)
    return path


def _ten_times_the_lead_time(data: Path) -> None:
    """A supplier file in hours instead of days, with orders that say the same."""
    suppliers = pd.read_parquet(data / "suppliers.parquet")
    suppliers.assign(lead_time_days=suppliers["lead_time_days"] * 10).to_parquet(
        data / "suppliers.parquet"
    )
    (data / "purchase_orders.parquet").unlink()


def test_a_refused_night_leaves_what_is_served_and_is_kept_for_inspection(
    season: Season, shop: tuple[Path, Path], tmp_path: Path
) -> None:
    data, out = shop
    _ten_times_the_lead_time(data)
    before, pointer = served(out), (out / "_latest.json").read_text()
    with pytest.raises(GuardError) as told:
        refresh(data, out, NEXT, _config(season, tmp_path))
    assert told.value.exit_code == 5
    pd.testing.assert_frame_equal(served(out), before)
    assert (out / "_latest.json").read_text() == pointer
    message = str(told.value)
    assert f"the night of {SECOND_NIGHT}" in message
    assert "share changed: " in message
    assert "rows: 1 of" in message, "purchase orders are gone"
    worst = max(before["reorder_point"])
    assert f" {worst:.0f} " in message.replace("\n", " "), "the rows that would have moved most"
    (kept,) = (out / "_refused").iterdir()
    assert str(kept) in message
    refused = pd.read_parquet(kept / "thresholds.parquet")
    assert (refused["protection_days"] > 40).any()
    record = json.loads((kept / "summary.json").read_text())
    tripped = {finding["guard"] for finding in record["guards"] if finding["tripped"]}
    assert {"share changed", "rows"} <= tripped
    assert tripped == {finding.guard for finding in told.value.findings if finding.tripped}
    assert record["stages"][0]["name"] == "find the champion"
    assert _open_alerts(out) == ["publish_refused"]
    page = _last_page("refused-night-report")
    assert "| share changed |" in page
    assert "data:image/png;base64" in page
    assert "stockalert_last_run_published 0\n" in (out / "run.prom").read_text()
    _publish_by_force(season, shop, tmp_path)


def _publish_by_force(season: Season, shop: tuple[Path, Path], tmp_path: Path) -> None:
    data, out = shop
    reason = "the farm is moving overseas"
    night = refresh(data, out, NEXT, _config(season, tmp_path), force=reason)
    assert read_pointer(out).as_of_date == NEXT
    stored = json.loads((out / "latest" / "summary.json").read_text())
    assert stored["forced"]["reason"] == reason
    assert "share changed" in stored["forced"]["guards"]
    assert any(reason in note for note in night.summary["notes"])
    assert "stockalert_last_run_published 1\n" in (out / "run.prom").read_text()
    assert "| publish |" in _last_page("night-report")
    assert _open_alerts(out) == [], "a published night clears it"


def _last_page(key: str) -> str:
    wanted = ArtifactFilter(key=ArtifactFilterKey(any_=[key]))
    with get_client(sync_client=True) as client:
        found = client.read_artifacts(artifact_filter=wanted, sort=ArtifactSort.CREATED_DESC)
    return found[0].data


def _open_alerts(out: Path) -> list[str]:
    with open_store(out) as store:
        return [row["kind"] for row in store.operational()]


def test_guards_that_are_switched_off_refuse_nothing(
    season: Season, shop: tuple[Path, Path], tmp_path: Path
) -> None:
    data, out = shop
    _ten_times_the_lead_time(data)
    refresh(data, out, NEXT, _config(season, tmp_path, "[guard]\nenabled = false\n"))
    assert read_pointer(out).as_of_date == NEXT


def test_a_day_loaded_in_part_is_refused_and_the_next_whole_night_is_published(
    season: Season, shop: tuple[Path, Path], tmp_path: Path
) -> None:
    data, out = shop
    whole = pd.read_parquet(data / "sales.parquet")
    part = whole.assign(
        units_sold=whole["units_sold"].where(whole["date"] != pd.Timestamp(NEXT), 90.0)
    )
    part.to_parquet(data / "sales.parquet")
    config = _config(season, tmp_path)
    with pytest.raises(GuardError, match="units sold on Monday 2024-04-01"):
        refresh(data, out, NEXT, config)
    whole.to_parquet(data / "sales.parquet")
    night = refresh(data, out, NEXT, config)
    assert read_pointer(out).as_of_date == NEXT
    guards = {finding["guard"] for finding in night.summary["guards"]}
    assert guards == {"coverage", "share changed", "jump", "missing", "rows", "units", "stale"}
    assert not any(finding["tripped"] for finding in night.summary["guards"])


def test_a_night_that_could_not_forecast_enough_is_kept_named_and_forced(
    season: Season, shop: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk loses the end of a file of the run, between two steps."""
    data, out = shop

    def panel_that_is_cut_off(run: Run, as_of: date) -> Panel:
        panel = stored_panel(run, as_of)
        path = measure_file(run.workspace.work / "panels" / "all", "views")
        path.write_bytes(path.read_bytes()[: -4 * panel.n_periods * 2])
        return panel

    monkeypatch.setattr("flows.refresh.stored_panel", panel_that_is_cut_off)
    config = _config(season, tmp_path, "[scale]\nblock_series = 2\n")
    before = served(out).set_index(["sku", "location"])["reorder_point"]
    with pytest.raises(GuardError) as told:
        refresh(data, out, NEXT, config)
    assert told.value.exit_code == 5
    assert [f.guard for f in told.value.findings if f.tripped] == ["not forecast"]
    assert "not forecast: 3 of 25 skus at a location could not be forecast" in str(told.value)
    assert "kiwi" in str(told.value)
    assert read_pointer(out).as_of_date == SECOND_NIGHT
    (kept,) = (out / "_refused").iterdir()
    _names_what_was_lost(json.loads((kept / "summary.json").read_text()))

    night = refresh(data, out, NEXT, config, force="the disk is being replaced")
    assert read_pointer(out).as_of_date == NEXT
    assert night.summary["forced"] == {
        "reason": "the disk is being replaced",
        "guards": "not forecast",
    }
    _names_what_was_lost(json.loads((night.folder / "summary.json").read_text()))
    now = served(out).set_index(["sku", "location"])["reorder_point"]
    assert now[LOST[:2]].tolist() == before[LOST[:2]].tolist(), "as last forecast"


def _names_what_was_lost(summary: dict[str, Any]) -> None:
    named = summary["not forecast"]
    assert [(row["sku"], row["location"]) for row in named] == LOST
    assert all("cut off" in row["reason"] for row in named)


def test_sales_that_stopped_coming_are_refused(
    season: Season, shop: tuple[Path, Path], tmp_path: Path
) -> None:
    data, out = shop
    late = SECOND_NIGHT + timedelta(days=5)
    for name in ("sales", "stock"):
        frame = pd.read_parquet(data / f"{name}.parquet")
        frame[frame["date"] <= pd.Timestamp(SECOND_NIGHT)].to_parquet(data / f"{name}.parquet")
    arguments = {"--data": data, "--out": out, "--config": _config(season, tmp_path)}
    words = [str(word) for pair in arguments.items() for word in pair]
    told = CliRunner().invoke(app, ["refresh", *words, "--as-of", str(late)])
    assert told.exit_code == 5, told.output
    assert f"last day in sales is {SECOND_NIGHT}, 5 days before" in told.stderr
    assert "--force REASON" in told.stderr
    assert read_pointer(out).as_of_date == SECOND_NIGHT


def test_settings_changed_on_purpose_may_move_every_threshold(
    season: Season, shop: tuple[Path, Path], tmp_path: Path
) -> None:
    data, out = shop
    config = _config(season, tmp_path, "[service]\nlevel = 0.6\n")
    night = refresh(data, out, NEXT, config)
    assert any("the settings have changed since" in note for note in night.summary["notes"])
    assert (served(out)["service_level"] == 0.6).all()


def test_only_the_last_refused_nights_are_kept(tmp_path: Path) -> None:
    for day in range(1, 13):
        (tmp_path / "_refused" / f"202603{day:02d}T010000-aaaaaa").mkdir(parents=True)
    today = SECOND_NIGHT.replace(year=2026, month=3, day=12)
    prune_refused(tmp_path, keep_days=400, today=today)
    kept = sorted(folder.name[:8] for folder in (tmp_path / "_refused").iterdir())
    assert len(kept) == MOST_KEPT
    assert kept[-1] == "20260312"
    prune_refused(tmp_path, keep_days=3, today=today)
    assert sorted(f.name[:8] for f in (tmp_path / "_refused").iterdir())[0] == "20260309"
