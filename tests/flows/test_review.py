"""A review of real nights: their forecasts against sales, empty shelves, and when to train anew."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flows.clock import now
from flows.drifting import why_drifting
from flows.nightly import look_for_champion
from flows.review import review
from flows.review_past import nights_between, spaced
from flows.review_report import Review
from flows.run import open_run
from flows.settings import Settings, load_settings
from flows.steps import read_tables
from models.registry import champion
from models.tracking_store import open_store
from stockalert.errors import OutputError, UsageError
from stockalert.publishing import publish_night
from tests.flows.conftest import Season
from tests.flows.corner_shop import FIRST_NIGHT, SECOND_NIGHT

pytestmark = pytest.mark.slow

LAST = date(2024, 4, 7)
EMPTY = pd.Timestamp("2024-04-03")


@pytest.fixture(scope="module")
def past(season: Season, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The season's nights, in an output directory of their own."""
    out = tmp_path_factory.mktemp("past") / "out"
    shutil.copytree(season.out, out, symlinks=True, ignore=shutil.ignore_patterns("_*lock"))
    return out


@pytest.fixture(scope="module")
def data(season: Season, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shop's tables; item 05 in the north is sold out on three days of the last week."""
    folder = tmp_path_factory.mktemp("later") / "data"
    shutil.copytree(season.data, folder)
    for name, column in (("stock", "in_stock_share"), ("sales", "units_sold")):
        table = pd.read_parquet(folder / f"{name}.parquet")
        item = (table["sku"] == "item 05") & (table["location"] == "north")
        days = table["date"].between(EMPTY, EMPTY + pd.Timedelta(days=2))
        table.loc[item & days, column] = 0.0
        table.to_parquet(folder / f"{name}.parquet", index=False)
    return folder


@pytest.fixture(scope="module")
def told(past: Path, data: Path, season: Season) -> Review:
    before = (past / "_latest.json").read_text()
    found = review(past, data, None, season.config)
    assert (past / "_latest.json").read_text() == before, "a review publishes nothing"
    return found


def test_coverage_is_that_of_a_loop_over_published_files(
    told: Review, past: Path, data: Path
) -> None:
    sales = pd.read_parquet(data / "sales.parquet").set_index(["sku", "location", "date"])
    sold = sales["units_sold"].to_dict()
    stock = pd.read_parquet(data / "stock.parquet")
    seen = {(sku, where) for sku, where in zip(stock["sku"], stock["location"], strict=True)}
    hits, rows = 0, 0
    always = pd.MultiIndex.from_product([["item 00"], ["north"]])
    assert not seen & set(always), (
        "item 00 in the north has no stock rows: its sales are its demand"
    )
    for night in spaced(nights_between(past, FIRST_NIGHT, SECOND_NIGHT), 7):
        forecasts = pd.read_parquet(past / night.tables["forecasts"].path)
        for row in forecasts[forecasts["sku"] == "item 00"].itertuples():
            end = night.as_of_date + timedelta(days=int(row.horizon_days))
            if row.location == "north" and row.horizon_days in (7, 14) and end <= LAST:
                days = pd.date_range(night.as_of_date + timedelta(days=1), end)
                demand = sum(sold.get(("item 00", "north", day), 0.0) for day in days)
                hits, rows = hits + (demand <= row.q900), rows + 1
    assert rows == 3, "two horizons of the first night are over, one of the second"
    one = pd.read_parquet(told.folder / "coverage_by_night.parquet")
    of_all = one[(one["grouping"] == "all") & (one["level"] == 0.9)]
    assert of_all["rows"].sum() >= rows
    assert sorted(of_all["as_of"].astype(str)) == [str(FIRST_NIGHT), str(SECOND_NIGHT)]
    assert (one["below"] <= one["at_or_below"]).all()
    assert (one["at_or_below"] <= one["rows"]).all()
    members = one[one["grouping"] == "abc_class"].groupby("level")["rows"].sum()
    assert (members == one[one["grouping"] == "all"].groupby("level")["rows"].sum()).all()
    assert 0 <= hits <= rows


def test_an_empty_shelf_is_found_with_a_cause(told: Review) -> None:
    found = told.tables["stock_outs"]
    assert len(found) == 1
    row = found.iloc[0]
    assert (row["sku"], row["location"], row["day"], row["periods"]) == (
        "item 05",
        "north",
        EMPTY,
        3,
    )
    assert row["ended"]
    assert row["units_lost"] > 0
    assert row["cause"] in told.tables["stock_outs"].columns or row["cause"] == "unexplained"
    assert pd.Timestamp(row["decided_on"]) == pd.Timestamp(FIRST_NIGHT)
    service = told.tables["service"].set_index("abc_class")
    assert service.loc["all", "units_lost"] >= row["units_lost"]
    assert service.loc[["A", "B", "C"], "series"].sum() == service.loc["all", "series"] == 25
    assert 0 < service.loc["all", "fill_rate"] < 1


def test_a_review_is_kept_as_files_and_in_mlflow(told: Review, past: Path) -> None:
    names = {file.name for file in told.folder.iterdir()}
    tables = {f"{name}.parquet" for name in told.tables}
    assert names == {*tables, "review.png", "summary.json"}
    kept = json.loads((told.folder / "summary.json").read_text())
    assert (kept["kind"], kept["last"]) == ("review", str(LAST))
    run = open_store(past).client.get_run(told.run_id)
    assert run.info.status == "FINISHED"
    assert run.data.metrics["stock_outs"] == 1
    assert run.data.metrics["fill_rate"] == pytest.approx(kept["figures"]["fill_rate"])
    assert any("too few to tell" in sentence for sentence in told.words)


def test_a_quarter_looks_back_thirteen_weeks(past: Path, data: Path, season: Season) -> None:
    found = review(past, data, None, season.config, quarter=True)
    assert found.words[0] == "reviewed 2024-01-08 to 2024-04-07"
    assert json.loads((found.folder / "summary.json").read_text())["kind"] == "quarterly review"


def test_the_night_remembers_its_input(past: Path, season: Season) -> None:
    assert "reviewed" in review(past, None, SECOND_NIGHT, season.config).words[0]
    night = past / "latest" / "data.txt"
    assert night.read_text().strip() == str(season.data)
    kept = night.read_text()
    night.unlink()
    with pytest.raises(UsageError, match="does not say where its input is; give --data"):
        review(past, None, None, season.config)
    night.write_text(kept)


def test_nothing_published_is_nothing_to_review(
    prefect_server: None, tmp_path: Path, season: Season
) -> None:
    with pytest.raises(OutputError, match="no night published for a day before"):
        review(tmp_path / "out", season.data, None, season.config)


def reason(season: Season, past: Path, data: Path, settings: Settings) -> str:
    """Why `nightly` of the last day would train, from these tables."""
    now_ = replace_settings(settings)
    with open_run(data, past, settings=now_, as_of=LAST, now=now()) as run:
        found, why = look_for_champion.fn(run, read_tables.fn(run))
        assert found is not None
    return why


def replace_settings(settings: Settings) -> Settings:
    """Let age alone be no reason."""
    model = settings.model.model_copy(update={"retrain_every_days": 90})
    return settings.model_copy(update={"model": model})


def test_a_shop_as_usual_is_no_reason_to_train(season: Season, past: Path, data: Path) -> None:
    assert reason(season, past, data, load_settings(season.config)) == ""


def test_a_feed_that_goes_missing_is_a_reason_to_train(
    season: Season, past: Path, data: Path, tmp_path: Path
) -> None:
    shutil.copytree(data, tmp_path / "data")
    (tmp_path / "data" / "browsing.parquet").unlink()
    why = reason(season, past, tmp_path / "data", load_settings(season.config))
    assert "inputs that it reads are there no longer, such as " in why


def test_quantiles_that_no_longer_cover_are_a_reason_to_train(
    season: Season, past: Path, data: Path, tmp_path: Path
) -> None:
    """Four weekly nights of a champion whose quantiles were a fifth of what they should be."""
    reigning, settings = champion(past), load_settings(season.config)
    reigning = replace(reigning, tags={**reigning.tags, "trained_until": "2024-02-25"})
    wanted = settings.review.model_copy(update={"max_share_drifted": 1.0})
    settings = settings.model_copy(update={"review": wanted})
    out = tmp_path / "out"
    for week in range(4):
        publish_shrunken(past, out, SECOND_NIGHT - timedelta(weeks=4 - week), reigning.version)
        with open_run(data, out, settings=settings, as_of=LAST, now=now()) as run:
            why = why_drifting(run, read_tables.fn(run), reigning)
        if week < 3:
            assert why == "", "fewer nights do not tell a miss from chance"
    assert re.search(r"of outcomes lay within the quantile of 0\.\d+ that it published", why)


def publish_shrunken(past: Path, out: Path, as_of: date, version: str) -> None:
    """Publish the tables of a real night once more, for another day, with smaller quantiles."""
    tables = {}
    for name in ("thresholds", "forecasts"):
        table = pq.read_table(past / "latest" / name, partitioning=None)
        frame = table.to_pandas(date_as_object=False)
        quantiles = [column for column in frame if re.fullmatch(r"q\d+", column)]
        tables[name] = pa.Table.from_pandas(frame.assign(**frame[quantiles] * 0.2))
    moment = datetime.combine(as_of, time(2))
    publish_night(
        out,
        tables,
        as_of_date=as_of,
        run_id=f"night-{as_of}",
        created_at=moment,
        valid_until=moment,
        model_version=version,
        settings_fingerprint="",
    )
