"""A run within a day: sales end with the last whole day, all else counts up to the moment."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from flows.ingest import ingest
from flows.intake import Intake
from flows.refresh import Night, refresh
from stockalert.errors import UsageError
from tests.flows.conftest import Season, served
from tests.flows.corner_shop import SECOND_NIGHT
from tests.servers.web import web_server

NOON = datetime(2024, 4, 1, 12, 30)
TODAY = pd.Timestamp("2024-04-01")
TABLES = ("thresholds", "forecasts", "order_proposals")


def taken_in(data: Path, folder: Path, moment: datetime | None, **options: object) -> Intake:
    asked = {"period": "D", "as_of": None, "today": date(2024, 6, 1), "max_share": 0.01}
    return ingest(data, folder, moment=moment, **{**asked, **options})


def canonical(folder: Path, name: str) -> pd.DataFrame:
    table = pq.read_table(folder / "tables" / f"{name}.parquet")
    return table.to_pandas(date_as_object=False)


def little_shop(data: Path, **tables: dict[str, list[object]]) -> Path:
    """Ten days of bread, sold today as well, and the tables that matter here."""
    data.mkdir()
    days = pd.date_range("2024-03-23", "2024-04-01")
    frames = {"sales": {"sku": "bread", "date": days, "units_sold": 2.0}, **tables}
    for name, columns in frames.items():
        pd.DataFrame(columns).to_parquet(data / f"{name}.parquet")
    return data


def at(*clocks: str) -> list[pd.Timestamp]:
    return [pd.Timestamp(f"2024-04-01 {clock}") for clock in clocks]


def test_sales_end_with_the_last_whole_day(tmp_path: Path) -> None:
    data = little_shop(tmp_path / "data")
    assert taken_in(data, tmp_path, NOON).as_of == date(2024, 3, 31)
    assert canonical(tmp_path, "sales")["date"].max() == pd.Timestamp("2024-03-31")
    late = taken_in(data, tmp_path, datetime(2024, 4, 4, 8))
    assert late.as_of == date(2024, 4, 1), "days without a feed are not days without sales"
    assert (late.eve, late.last_day) == (date(2024, 4, 3), date(2024, 4, 4))
    with pytest.raises(UsageError, match=r"--as-of 2024-04-01 must be a day before that of --now"):
        taken_in(data, tmp_path, NOON, as_of=date(2024, 4, 1))


def test_the_last_count_before_the_moment_is_what_is_in_stock(tmp_path: Path) -> None:
    counts = {
        "sku": "bread",
        "date": [pd.Timestamp("2024-03-31"), TODAY, TODAY, TODAY, TODAY],
        "observed_at": [pd.NaT, *at("09:00", "12:30", "12:31"), pd.NaT],
        "on_hand": [40.0, 30.0, 20.0, 10.0, 0.0],
    }
    data = little_shop(tmp_path / "data", stock=counts)
    taken_in(data, tmp_path, NOON)
    stock = canonical(tmp_path, "stock").set_index("date")["on_hand"]
    assert stock.to_dict() == {pd.Timestamp("2024-03-31"): 40.0, TODAY: 20.0}
    taken_in(data, tmp_path, None, as_of=date(2024, 3, 31))
    assert canonical(tmp_path, "stock")["on_hand"].tolist() == [40.0]


@pytest.mark.parametrize("as_text", [False, True], ids=["timestamps", "texts"])
def test_orders_and_receipts_count_by_their_time_of_day(tmp_path: Path, as_text: bool) -> None:
    orders = pd.DataFrame(
        {
            "po_id": ["early", "late", "came early", "came late", "gone late", "of the day"],
            "sku": "bread",
            "units_ordered": 10.0,
            "ordered_at": [*at("12:00", "13:00"), *[TODAY - pd.Timedelta(days=3)] * 3, TODAY],
            "received_at": [pd.NaT, pd.NaT, *at("08:00", "15:00"), pd.NaT, pd.NaT],
            "units_received": [np.nan, np.nan, 10.0, 10.0, np.nan, np.nan],
            "cancelled_at": [pd.NaT] * 4 + at("16:00") + [pd.NaT],
        }
    )
    told = orders.astype({name: str for name in orders if as_text and name.endswith("_at")})
    data = little_shop(tmp_path / "data", purchase_orders=dict(told.replace("NaT", None)))
    taken_in(data, tmp_path, NOON)
    known = canonical(tmp_path, "purchase_orders").set_index("po_id")
    assert sorted(known.index) == ["came early", "came late", "early", "gone late", "of the day"]
    assert known["received_at"].dropna().to_dict() == {"came early": TODAY}
    assert known["units_received"].notna().sum() == 1
    assert known["cancelled_at"].isna().all()


def test_the_last_day_of_browsing_is_the_last_twenty_four_hours(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    seconds = rng.integers(0, 6 * 86400, 4000)
    events = pd.DataFrame(
        {
            "occurred_at": pd.Timestamp("2024-03-27") + pd.to_timedelta(seconds, unit="s"),
            "session_id": [f"visit {n}" for n in range(len(seconds))],
            "event": "view",
            "sku": "bread",
        }
    )
    data = little_shop(tmp_path / "data", events=dict(events))
    taken_in(data, tmp_path, NOON)
    views = canonical(tmp_path, "browsing").set_index("date")["views"]
    ages = (pd.Timestamp(NOON) - events["occurred_at"]) // pd.Timedelta(hours=24)
    for back in range(4):
        day = pd.Timestamp("2024-03-31") - pd.Timedelta(days=back)
        assert views[day] == ((ages == back) & (events["occurred_at"] <= NOON)).sum()


def test_a_morning_is_no_fall_in_interest_and_a_rush_is_a_rise(tmp_path: Path) -> None:
    """By noon 30 % of a usual day has been seen of each item, of cake three times as much."""
    days = pd.date_range("2024-03-01", "2024-04-01")
    items = ["bread", *(f"item {n}" for n in range(98)), "cake"]
    browsing = pd.MultiIndex.from_product([items, days], names=["sku", "date"]).to_frame(
        index=False
    )
    browsing["views"] = 100.0
    today = browsing["date"] == TODAY
    browsing.loc[today, "views"] = np.where(browsing.loc[today, "sku"] == "cake", 90.0, 30.0)
    data = little_shop(tmp_path / "data", browsing=dict(browsing))
    taken_in(data, tmp_path, NOON)
    told = canonical(tmp_path, "browsing").set_index(["sku", "date"])["views"]
    last = pd.Timestamp("2024-03-31")
    assert told["bread", last] == pytest.approx(100, abs=1)
    assert told["cake", last] == pytest.approx(160, abs=1)
    inner = told.drop([pd.Timestamp("2024-02-29"), last], level="date")
    assert np.allclose(inner, 100), "days before keep their totals"
    assert told.index.get_level_values("date").max() == last


def day_of_the_shop(season: Season, data: Path, *, retold: bool) -> Path:
    """The corner shop on Monday, as known in the evening; `retold`: another afternoon."""
    data.mkdir()
    for file in season.data.glob("*.parquet"):
        if file.stem != "browsing":
            frame = pd.read_parquet(file)
            _with_afternoon(file.stem, frame, retold).to_parquet(data / file.name)
    _events(season, retold).to_parquet(data / "events.parquet")
    return data


def _with_afternoon(name: str, frame: pd.DataFrame, retold: bool) -> pd.DataFrame:
    if name == "stock":
        frame = frame[frame["date"] <= "2024-03-31"].drop(columns="in_stock_share")
        last = frame[frame["date"] == "2024-03-31"].assign(date=TODAY)
        counted = [
            last.assign(on_hand=on_hand, observed_at=when)
            for when, on_hand in zip(
                at("12:00", "17:00"), (4.0, 77.0 if retold else 3.0), strict=True
            )
        ]
        return pd.concat([frame, *counted])
    if name == "purchase_orders":
        n = 3 if retold else 1
        placed = [*at("11:00"), *at("15:00", "16:00", "16:30")[:n]]
        new = pd.DataFrame(
            {
                "po_id": [f"today {i}" for i in range(n + 1)],
                "sku": "item 03",
                "location": "north",
                "supplier_id": "mill",
                "units_ordered": 12.0,
                "ordered_at": placed,
            }
        )
        frame = pd.concat([frame[frame["ordered_at"] < TODAY], new])
        is_open = frame["received_at"].isna() | (frame["received_at"] >= TODAY)
        came = at("14:00")[0] if retold else at("18:00")[0]
        frame["received_at"] = frame["received_at"].mask(is_open, came)
        return frame
    if name == "sales" and retold:
        return frame.assign(units_sold=frame["units_sold"] * np.where(frame["date"] >= TODAY, 9, 1))
    return frame


def _events(season: Season, retold: bool) -> pd.DataFrame:
    rng = np.random.default_rng(11)
    views = pd.read_parquet(season.data / "browsing.parquet")
    views = views[(views["date"] >= "2024-03-01") & (views["date"] <= TODAY)]
    each = views.loc[views.index.repeat(views["views"].astype(int))]
    when = each["date"] + pd.to_timedelta(rng.integers(0, 86400, len(each)), unit="s")
    events = pd.DataFrame({"occurred_at": when, "sku": each["sku"], "event": "view"})
    later = events["occurred_at"] > NOON
    if retold:
        events = events[~later | (rng.random(len(events)) < 0.2)]
    events = events.reset_index(drop=True)
    return events.assign(session_id=[f"visit {n}" for n in events.index])


@pytest.fixture(scope="module")
def noon(season: Season, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Night]:
    """Publish the shop's Monday noon, by the champion of the season."""
    folder = tmp_path_factory.mktemp("noon")
    config = folder / "settings.toml"
    store = f'\n[paths]\ntracking_uri = "sqlite:///{season.out}/mlflow.db"\n'
    config.write_text(season.config.read_text() + store)
    days = {
        retold: day_of_the_shop(season, folder / f"day {retold}", retold=retold)
        for retold in (False, True)
    }

    def publish(
        out: str,
        *,
        retold: bool = False,
        moment: datetime | None = NOON,
        data: Path | None = None,
        more: str = "",
    ) -> Night:
        as_of, chosen = SECOND_NIGHT if moment is None else None, config
        if more:
            chosen = folder / f"{out}.toml"
            chosen.write_text(config.read_text() + more)
        return refresh(data or days[retold], folder / out, as_of, chosen, moment)

    return publish


@pytest.mark.slow
def test_nothing_after_the_moment_changes_a_bit(noon: Callable[..., Night]) -> None:
    told, retold = noon("told").folder, noon("retold", retold=True).folder
    for table in TABLES:
        left, right = pd.read_parquet(told / table), pd.read_parquet(retold / table)
        pd.testing.assert_frame_equal(left, right, check_exact=True)


@pytest.mark.slow
def test_todays_stock_orders_and_views_count_at_once(
    season: Season, noon: Callable[..., Night]
) -> None:
    evening = noon("day", moment=None)
    night = pd.read_parquet(evening.folder / "thresholds").set_index(["sku", "location"])
    midday = noon("day")
    table = served(midday.folder.parents[1]).set_index(["sku", "location"])
    assert midday.summary["run_id"] != evening.summary["run_id"]
    assert midday.summary["as_of"] == evening.summary["as_of"] == str(SECOND_NIGHT)
    counted = [key for key in table.index if key not in {("item 00", "north"), ("kiwi", "default")}]
    assert (table.loc[counted, "on_hand"] == 4).all()
    assert (night.loc[counted, "on_hand"] != 4).any()
    ordered = ("item 03", "north")
    assert table.loc[ordered, "on_order"] - night.loc[ordered, "on_order"] == 12
    due = table["inventory_position"] <= table["reorder_point"]
    due &= table["reorder_point"] > 0
    assert set(pd.to_datetime(table.loc[due, "order_by_date"])) == {TODAY}, (
        "what is due is due today"
    )
    by_night, by_day = (pd.read_parquet(n.folder / "forecasts") for n in (evening, midday))
    assert not by_night.equals(by_day), "views speak as well"
    kept = json.loads((midday.folder / "intake.json").read_text())
    assert kept["moment"] == "2024-04-01 12:30:00"
    assert (season.out / "mlflow.db").exists()
    assert not (midday.folder.parents[1] / "mlflow.db").exists(), "nothing is trained"


REPLENISHED, SOLD_OUT, LOW = (("item 04", "north"), ("item 05", "north"), ("item 06", "north"))
TALKED_OF = "item 07"


def busy_morning(season: Season, data: Path) -> Path:
    """A Monday that begins with plenty of all but one item, and a rush on another's page."""
    day_of_the_shop(season, data, retold=False)
    stock = pd.read_parquet(data / "stock.parquet")
    stock = stock[stock["date"] < TODAY]
    counts = stock[stock["date"] == "2024-03-31"].assign(date=TODAY, observed_at=at("08:00")[0])
    keys = pd.MultiIndex.from_frame(counts[["sku", "location"]])
    counts["on_hand"] = np.where(keys.isin([REPLENISHED]), 0.0, 500.0)
    later = counts[keys.isin([REPLENISHED, SOLD_OUT, LOW])].assign(observed_at=at("12:00")[0])
    noon_of = {REPLENISHED[0]: 500.0, SOLD_OUT[0]: 0.0, LOW[0]: 1.0}
    later["on_hand"] = later["sku"].map(noon_of)
    pd.concat([stock, counts, later]).to_parquet(data / "stock.parquet")
    orders = pd.read_parquet(data / "purchase_orders.parquet")
    orders[orders["received_at"] < TODAY].to_parquet(data / "purchase_orders.parquet")
    events = pd.read_parquet(data / "events.parquet")
    seconds = pd.to_timedelta(np.arange(2000) * 5, unit="s")
    rush = pd.DataFrame({"occurred_at": at("09:00")[0] + seconds, "sku": TALKED_OF})
    rush = rush.assign(event="view", session_id=[f"rush {n}" for n in rush.index])
    pd.concat([events, rush], ignore_index=True).to_parquet(data / "events.parquet")
    return data


def open_alerts(night: Night) -> dict[tuple[str, str, str], str]:
    """The run that raised each alert, by kind, sku and location; item 00 is nowhere counted."""
    table = pd.read_parquet(night.folder / "alerts")
    table = table[table["sku"] != "item 00"]
    keys = zip(table["kind"], table["sku"], table["location"], strict=True)
    return dict(zip(keys, table["episode"], strict=True))


def little_of(alerts: dict[tuple[str, str, str], str]) -> set[tuple[str, str, str]]:
    return {key for key in alerts if key[0] in {"stocked_out", "reorder_now"}}


@pytest.mark.slow
def test_what_the_morning_brought_raises_and_clears_alerts_by_noon_in_one_run(
    season: Season, noon: Callable[..., Night], tmp_path: Path
) -> None:
    data = busy_morning(season, tmp_path / "data")
    with web_server() as web:
        more = f'\n[alerts]\nurls = ["{web.address()}"]\nimmediate_above = 0.0\n'
        opening = noon("alerts", data=data, more=more, moment=datetime(2024, 4, 1, 8, 30))
        heard = len(web.calls)
        midday = noon("alerts", data=data, more=more)
    before, after = open_alerts(opening), open_alerts(midday)
    out, low = "stocked_out", "reorder_now"
    assert little_of(before) == {(out, *REPLENISHED), (low, *REPLENISHED)}
    assert little_of(after) == {(out, *SOLD_OUT), (low, *SOLD_OUT), (low, *LOW)}
    rush = {("demand_spike", TALKED_OF, place) for place in ("north", "south")}
    assert rush <= after.keys()
    assert not rush & before.keys()
    assert all(after[key] == opening.summary["run_id"] for key in before.keys() & after.keys())
    told = [call.body for call in web.calls[heard:]]
    begun = {(a["kind"], a["sku"], a["location"]) for body in told for a in body["alerts"]}
    ended = {(a["kind"], a["sku"], a["location"]) for body in told for a in body["resolved"]}
    assert ("stocked_out", *SOLD_OUT) in begun
    assert ("stocked_out", *REPLENISHED) in ended
