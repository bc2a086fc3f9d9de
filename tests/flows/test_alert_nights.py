"""Alerts of real nights: decided from the input tables, published with them, told, looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from flows.alerting_night import deliver_alerts
from flows.alerting_steps import tell_alerts, with_alerts
from flows.cli import app
from flows.clock import now
from flows.ingest import ingest
from flows.publication import publish
from flows.refresh import forecast_and_decide
from flows.run import open_run
from flows.settings import Settings
from tests.flows.alert_nights import alert, publish_alerts
from tests.flows.corner_shop import FIRST_NIGHT, corner_shop
from tests.servers.smtp import mail_server
from tests.servers.web import web_server

TABLES = ("thresholds", "forecasts", "order_proposals", "alerts")


@dataclass
class Shop:
    """A corner shop whose stock a test sets, and its published alerts."""

    data: Path
    out: Path

    def stock(self, units: float) -> None:
        """Count so much of everything everywhere, on the night."""
        path = self.data / "stock.parquet"
        table = pd.read_parquet(path)
        tonight = table["date"] == pd.Timestamp(FIRST_NIGHT)
        table.loc[tonight, "on_hand"] = units
        table.loc[tonight, "in_stock_share"] = 1.0
        table.to_parquet(path)

    def night(self, settings: Settings, when: datetime) -> tuple[pd.DataFrame, dict]:
        """Run a night without a champion, as its steps do; the published alerts and the summary."""
        opened = open_run(self.data, self.out, settings=settings, as_of=FIRST_NIGHT, now=when)
        with opened as run:
            intake = ingest(
                run.data,
                run.workspace.work,
                period="D",
                as_of=FIRST_NIGHT,
                today=when.date(),
                max_share=0.01,
            )
            decided = with_alerts.fn(run, intake, forecast_and_decide.fn(run, intake, None))
            summary: dict = {"notes": []}
            frames = {name: decided.frames[name] for name in TABLES}
            publish(run, intake, frames, summary)
            tell_alerts.fn(run, summary)
        return pd.read_parquet(self.out / "latest" / "alerts"), summary


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    folder = tmp_path / "alert shop"
    data = corner_shop(folder / "data")
    products = pd.read_parquet(data / "products.parquet")
    products["planner"] = ["Ana", "Bob"] * 6 + ["Ana"]
    products.assign(unit_price=products["unit_cost"] * 2).to_parquet(data / "products.parquet")
    return Shop(data, folder / "out")


def test_a_night_publishes_alerts_tells_each_planner_and_new_stock_clears_them_in_one_run(
    shop: Shop,
) -> None:
    when = datetime(2024, 3, 25, 2)
    with mail_server() as mail, web_server() as web:
        urls = [mail.address("all@shop.example"), web.address()]
        settings = Settings(alerts={"urls": urls, "immediate_above": 1e9})
        shop.stock(1.0)
        low, summary = shop.night(settings, when)
        assert {"reorder_now", "stockout_risk_before_arrival"} <= set(low["kind"])
        assert summary["alert messages sent"] == 4
        subjects = sorted(str(one["Subject"]) for one in mail.mails)
        assert [subject.split(" for ")[1][:3] for subject in subjects] == ["Ana", "Bob"]
        shop.stock(5000.0)
        full, _ = shop.night(settings, when + timedelta(hours=1))
        short = full[full["kind"].isin(["reorder_now", "stocked_out"])]
        assert set(zip(short["sku"], short["location"], strict=True)) == {("item 00", "north")}
        kept = low.merge(full, on="fingerprint", suffixes=("", "_later"))
        assert (kept["episode"] == kept["episode_later"]).all()
        again = deliver_alerts(shop.out, settings, now=when + timedelta(hours=2))
        assert (again.sent, again.waiting, len(web.calls)) == (0, 0, 2)


def test_a_receiver_that_is_down_does_not_stop_a_night(shop: Shop) -> None:
    shop.stock(1.0)
    settings = Settings(alerts={"urls": ["json://127.0.0.1:1/", "nope://x"]})
    _, summary = shop.night(settings, datetime(2024, 3, 26, 2))
    notes = "\n".join(summary["notes"])
    assert "no connection" in notes
    assert "unknown scheme nope://" in notes
    assert summary["alert messages waiting"] > 0


@pytest.fixture
def told(tmp_path: Path) -> Callable[..., Result]:
    publish_alerts(tmp_path, 0, [alert("blue"), alert("red", name="Mug [bold]red\x1b[31m")])

    def run(*words: str, out: bool = True) -> Result:
        place = ["--out", str(tmp_path)] if out else []
        return CliRunner().invoke(app, ["alerts", *words, *place], env={"COLUMNS": "200"})

    return run


def test_alerts_are_listed_acknowledged_and_silenced(told: Callable[..., Result]) -> None:
    listed = told("list").output
    assert "Mug blue has reached" in listed
    assert "\x1b[31m" not in listed
    name = alert("blue")["fingerprint"]
    soon = f"{now() + timedelta(days=2):%Y-%m-%d}"
    assert "is acknowledged until" in told("ack", name[:6], "--until", soon, "--by", "Ana").output
    assert "1 alerts, 1 muted" in told("list").output
    assert "acknowledged" in told("list", "--all").output
    assert "silence 1 holds" in told("silence", "--sku", "r*", "--until", soon).output
    assert "0 alerts, 2 muted" in told("list").output
    assert "silence 1 is over" in told("silence", "--end", "1", "--until", soon).output
    assert "1 alerts, 1 muted" in told("list").output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("ack", "zzz", "--until", "2999-01-01"), "expected the fingerprint of one open alert"),
        (("ack", "a", "--until", "2001-01-01"), "expected a moment to come"),
        (("silence", "--until", "2999-01-01"), "expected at least one of --kind"),
        (("silence", "--end", "9", "--until", "2999-01-01"), "found 9"),
    ],
)
def test_slips_of_the_pen_are_explained(
    told: Callable[..., Result], words: tuple[str, ...], said: str
) -> None:
    done = told(*words)
    assert done.exit_code == 2
    assert said in done.output


def test_what_waits_is_delivered_by_command_and_an_address_can_be_tried(
    told: Callable[..., Result], tmp_path: Path
) -> None:
    with web_server() as web:
        config = tmp_path / "shop.toml"
        config.write_text(f'language = "fr"\n[alerts]\nurls = ["{web.address()}"]\n')
        done = told("deliver", "--config", str(config))
        assert "messages sent, 0 waiting" in done.output
        tried = told("test", web.address(), "--config", str(config), out=False)
        assert "sent to webhook" in tried.output
        assert web.calls[-1].body["title"] == "stockalert : ceci est un essai"
        web.mode = "refuses"
        assert told("test", web.address(), out=False).exit_code == 1
