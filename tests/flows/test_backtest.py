"""Backtests of a corner shop: as the nightly job would have run, blind to what came later."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import Result

from flows.backtest import backtest
from flows.backtest_report import Backtest
from flows.contenders import POLICIES
from models.tracking_store import open_store
from tests.flows.conftest import Season
from tests.flows.corner_shop import FIRST_NIGHT, corner_shop
from tests.flows.test_cli import assert_one_message, run

__all__ = ["run"]  # the fixture of the command line

pytestmark = pytest.mark.slow

LAST_DAY = date(2024, 4, 7)
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def played(season: Season, tmp_path_factory: pytest.TempPathFactory) -> Backtest:
    """Two weeks after the season's first night, on its data, with no model to begin with."""
    out = tmp_path_factory.mktemp("played")
    return backtest(season.data, out, start=FIRST_NIGHT + DAY, end=LAST_DAY, config=season.config)


@dataclass(frozen=True)
class Told:
    """The same backtest, told what came after the first night in two ways."""

    as_it_was: Backtest
    otherwise: Backtest


@pytest.fixture(scope="module")
def told(season: Season, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """Without stock figures, so that the demand of past days does not hang on later sales."""
    folder = tmp_path_factory.mktemp("told")
    found = {}
    for name, retold in {"as_it_was": False, "otherwise": True}.items():
        data = corner_shop(folder / name, retold=retold)
        (data / "stock.parquet").unlink()
        found[name] = backtest(
            data,
            folder / f"out {name}",
            start=FIRST_NIGHT - 13 * DAY,
            end=LAST_DAY,
            policies=[p for p in POLICIES if p != "perfect"],
            config=season.config,
        )
    return Told(**found)


def table(of: Backtest, name: str) -> pd.DataFrame:
    return pd.read_parquet(of.folder / f"{name}.parquet")


def test_the_first_night_decides_what_the_nightly_job_published(
    season: Season, played: Backtest
) -> None:
    points = table(played, "reorder_points")
    points = points[points["as_of_date"].astype(str) == str(FIRST_NIGHT)]
    points = points.pivot(index=["sku", "location"], columns="policy", values="reorder_point")
    published = season.thresholds.set_index(["sku", "location"]).loc[points.index]
    assert points["quantile"].tolist() == published["reorder_point"].tolist()
    formula = np.ceil(published["formula_reorder_point"] - 1e-9)
    assert points["formula"].tolist() == formula.tolist()
    assert points["formula-weekly"].tolist() == formula.tolist()
    static = np.ceil(published["static_reorder_point"] - 1e-9)
    assert points["static"].tolist() == static.tolist()


def test_what_came_later_changes_no_reorder_point_and_no_order_before_it(told: Told) -> None:
    one, two = (table(b, "reorder_points") for b in (told.as_it_was, told.otherwise))
    known = one["as_of_date"] <= FIRST_NIGHT
    assert known.sum() > 0
    pd.testing.assert_frame_equal(one[known], two[two["as_of_date"] <= FIRST_NIGHT])
    later = one["reorder_point"].to_numpy() != two["reorder_point"].to_numpy()
    assert later.any(), "the story was told otherwise, and the nights after it heard of it"
    orders = [table(b, "orders") for b in (told.as_it_was, told.otherwise)]
    # The night before the next morning still knows nothing of the new story.
    before = [o[o["night_before"] <= pd.Timestamp(FIRST_NIGHT + DAY)] for o in orders]
    assert len(before[0]) > 0
    pd.testing.assert_frame_equal(*(b.reset_index(drop=True) for b in before))


def test_every_policy_meets_the_same_demand_and_nobody_beats_foresight(played: Backtest) -> None:
    board = played.board[played.board["class"] == "all"]
    assert set(board["policy"]) == set(POLICIES)
    assert board["demanded_units"].nunique() == 1
    perfect = board[board["policy"] == "perfect"].iloc[0]
    assert perfect["lost_units"] <= board["lost_units"].min()
    rising = board[board["policy"] == "quantile"].sort_values("level")
    assert rising["average_stock_value"].is_monotonic_increasing
    assert rising["lost_units"].iloc[-1] <= rising["lost_units"].iloc[0]


def test_orders_obey_moq_and_random_lead_times_are_those_of_the_shop(played: Backtest) -> None:
    orders = table(played, "orders")
    bound = orders[orders["policy"] != "perfect"]
    assert len(bound)
    assert (bound["units"] >= 6).all()
    assert orders["lead_time_periods"].between(0, 40).all()


def test_weekly_nights_refresh_and_the_quarterly_formula_does_not(told: Told) -> None:
    points = table(told.as_it_was, "reorder_points")
    nights = points.groupby("policy")["as_of_date"].nunique()
    assert (nights == 4).all(), "a month of weekly nights"
    moved = points.groupby(["policy", "sku", "location"])["reorder_point"].nunique()
    most = moved.groupby("policy").max()
    assert most["formula"] == most["static"] == 1
    assert most["formula-weekly"] > 1
    assert most["quantile"] > 1


def test_everything_is_kept_in_one_folder_and_in_mlflow(played: Backtest) -> None:
    names = {file.name for file in played.folder.iterdir()}
    tables = {f"{n}.parquet" for n in ("kpis", "equal_stock", "reorder_points", "orders")}
    assert names == tables | {"trade_off.png", "settings.toml", "summary.txt"}
    assert not (played.folder.parents[1] / "_work").exists()
    store = open_store(played.folder.parents[1])
    logged = store.client.get_run(played.run_id)
    assert logged.info.status == "FINISHED"
    row = played.board.query("policy == 'quantile' and level == 0.95 and `class` == 'all'").iloc[0]
    metrics = logged.data.metrics
    assert metrics["quantile.lost_units"] == pytest.approx(row["lost_units"])
    assert metrics["perfect.average_stock_value"] > 0
    assert "trade_off.png" in {f.path for f in store.client.list_artifacts(played.run_id)}
    assert "nothing under way" in logged.data.tags["mlflow.note.content"]


def test_the_champion_of_before_is_used_and_nothing_of_the_nights_is_touched(
    season: Season,
) -> None:
    served = (season.out / "_latest.json").read_text()
    found = backtest(
        season.data,
        season.out,
        start=date(2024, 4, 1),
        end=LAST_DAY,
        policies=["quantile", "formula"],
        config=season.config,
    )
    assert set(found.board["policy"]) == {"quantile", "formula"}
    assert (season.out / "_latest.json").read_text() == served


def test_the_rules_of_shops_alone_need_no_model_and_little_history(
    season: Season, tmp_path: Path
) -> None:
    found = backtest(
        season.data,
        tmp_path,
        start=date(2023, 7, 3),
        end=date(2023, 7, 16),
        policies=["formula", "static"],
        config=season.config,
    )
    assert found.compared.empty or found.compared["ours"].isna().all()
    assert set(found.board["policy"]) == {"formula", "static"}
    assert open_store(tmp_path).client.search_model_versions() == []


@pytest.mark.parametrize(
    ("asked", "code", "words"),
    [
        (("2024-04-05", "2024-04-01"), 2, "--start 2024-04-05 lies after --end 2024-04-01"),
        (("2024-04-01", "2024-06-01"), 2, "sales are there from 2023-06-05 to 2024-04-07"),
        (("2021-04-01", "2024-04-01"), 2, "sales are there from 2023-06-05 to 2024-04-07"),
        (("2023-06-20", "2024-04-01"), 3, "before 2023-06-19 there is too little to learn from"),
    ],
    ids=["wrong way round", "after the sales", "before the sales", "too little before it"],
)
def test_days_that_cannot_be_replayed_are_refused_in_words(
    run: Callable[..., Result],
    season: Season,
    tmp_path: Path,
    *,
    asked: tuple[str, str],
    code: int,
    words: str,
) -> None:
    start, end = asked
    result = run(
        *("backtest", "--data", season.data, "--out", tmp_path / "out"),
        *("--start", start, "--end", end, "--config", season.config),
    )
    assert_one_message(result, code)
    assert words in result.stderr
    assert not (tmp_path / "out" / "backtest").exists()


def test_a_policy_that_there_is_not_is_named_with_those_that_there_are(
    run: Callable[..., Result], season: Season, tmp_path: Path
) -> None:
    result = run(
        *("backtest", "--data", season.data, "--out", tmp_path, "--policy", "luck"),
        *("--start", "2024-04-01", "--end", "2024-04-07"),
    )
    assert_one_message(result, 2)
    assert "no policy 'luck'; expected some of static, formula" in result.stderr


def test_two_versions_are_compared_in_money_on_the_same_days(
    run: Callable[..., Result], season: Season
) -> None:
    asked = ("compare", "1", "2", "--out", season.out, "--config", season.config)
    alone = run(*asked)
    assert alone.exit_code == 0, alone.output
    assert "add --data DIR" in alone.stdout
    both = run(*asked, "--data", season.data)
    assert both.exit_code == 0, both.output
    assert "cost of its stock, same days" in both.stdout
    told = " ".join(both.stdout.split())
    assert "with version 1 as champion, version 2 is promoted: routine retraining" in told
    assert "difference +0.00%" in told, "both were trained on the same days"
    swapped = " ".join(run(*asked[:1], "2", "1", *asked[3:], "--data", season.data).stdout.split())
    assert "with version 2 as champion, version 1 is promoted" in swapped


def test_a_version_that_there_is_not_is_told_with_those_that_there_are(
    run: Callable[..., Result], season: Season
) -> None:
    result = run("compare", "1", "99", "--out", season.out)
    assert_one_message(result, 2)
    assert "no model version or run '99'; versions are 1, 2" in result.stderr
