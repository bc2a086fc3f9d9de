"""Alerts reach a real mail server and a real web server: once, whatever happens on the way."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from flows import alerting_delivery, alerting_queue
from flows.alert_store import AlertStore, open_store
from flows.alerting import clear_operational, raise_operational
from flows.alerting_night import deliver_alerts
from flows.channels_apprise import load_apprise
from flows.settings import Settings
from tests.flows.alert_nights import NIGHT, alert, publish_alerts
from tests.servers.programs import free_port
from tests.servers.smtp import MailServer, mail_server
from tests.servers.web import WebServer, web_server

load_apprise()
LATER, FULL = timedelta(minutes=10), 2

# Python 3.12 and later warn of a fork beside threads: the servers have some.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def web() -> Iterator[WebServer]:
    with web_server() as server:
        yield server


def settings(*urls: str, language: str = "en", **alerts: Any) -> Settings:
    return Settings(language=language, alerts={"urls": urls, **alerts})


def text_of(mail: Any) -> str:
    return mail.get_body(("plain",)).get_content()


def in_a_process_that_dies(work: Callable[[], object]) -> None:
    """Run in a child that must end by SIGKILL."""
    child = os.fork()
    if child == 0:
        signal.alarm(100)
        try:
            work()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status)
    assert os.WTERMSIG(status) == signal.SIGKILL


def die(*args: object, **kwargs: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_planner_gets_one_digest_a_night_and_hears_when_it_is_over(
    tmp_path: Path, mail: MailServer
) -> None:
    chosen = settings(mail.address("ana@shop.example"))
    publish_alerts(tmp_path, 0, [alert("blue"), alert("red", money_at_risk=99.0)])
    deliver_alerts(tmp_path, chosen, now=NIGHT)
    deliver_alerts(tmp_path, chosen, now=NIGHT + LATER)
    (digest,) = mail.mails
    assert digest["To"] == "ana@shop.example"
    assert digest["Subject"] == "2 alerts for Ana, 111.50 at risk, 2026-03-01"
    assert text_of(digest).index("Mug red") < text_of(digest).index("Mug blue")
    html = digest.get_body(("html",)).get_content()
    assert "<th>Reorder point</th>" in html
    assert html.count("<tr") == 1 + 2 * 2
    publish_alerts(tmp_path, 1, [alert("red", money_at_risk=99.0)])
    deliver_alerts(tmp_path, chosen, now=NIGHT + timedelta(days=1))
    over = text_of(mail.mails[1])
    assert "Over:" in over
    assert "Mug blue" in over
    assert "red" not in over


def test_only_what_is_worth_it_goes_at_once_grouped_the_rest_waits_for_the_digest(
    tmp_path: Path, web: WebServer
) -> None:
    dear = [alert(f"dear {n}", money_at_risk=600.0) for n in range(3)]
    publish_alerts(tmp_path, 0, [*dear, alert("cheap")])
    deliver_alerts(tmp_path, settings(web.address(), immediate_above=500.0), now=NIGHT)
    first, second = (call.body for call in web.calls)
    assert (first["kind"], len(first["alerts"])) == ("immediate", 3)
    assert (second["kind"], [one["sku"] for one in second["alerts"]]) == ("digest", ["cheap"])


def test_what_comes_up_within_the_day_waits_for_the_next_digest_but_is_not_lost(
    tmp_path: Path, web: WebServer
) -> None:
    chosen = settings(web.address())
    publish_alerts(tmp_path, 0, [alert("blue")])
    deliver_alerts(tmp_path, chosen, now=NIGHT)
    with open_store(tmp_path) as store:
        store.connection.execute("UPDATE outbox SET as_of = '2026-03-02'")
    publish_alerts(tmp_path, 1, [alert("blue"), alert("red"), alert("dear", money_at_risk=5e3)])
    deliver_alerts(tmp_path, chosen, now=NIGHT + timedelta(hours=5))
    assert [one["sku"] for one in web.calls[-1].body["alerts"]] == ["dear"]
    publish_alerts(tmp_path, 2, [alert("blue"), alert("red")])
    deliver_alerts(tmp_path, chosen, now=NIGHT + timedelta(days=2))
    assert [one["sku"] for one in web.calls[-1].body["alerts"]] == ["red"]


@pytest.mark.parametrize("where", ["published", "queueing", "queued", "accepted", "recorded"])
def test_a_crash_at_any_point_loses_nothing_and_repeats_keep_their_name(
    tmp_path: Path, mail: MailServer, web: WebServer, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    chosen = settings(mail.address("ana@shop.example"), web.address())
    publish_alerts(tmp_path, 0, [alert("blue")])
    places = {
        "published": (alerting_queue, "changes_in_parts"),
        "queueing": (alerting_queue, "_queue"),
        "queued": (alerting_delivery, "_due"),
        "accepted": (alerting_delivery, "_settle"),
        "recorded": (alerting_delivery, "_note_channel"),
    }
    monkeypatch.setattr("flows.alerting_night.take_over", alerting_queue.take_over)
    with monkeypatch.context() as trap:
        trap.setattr(*places[where], die)
        in_a_process_that_dies(lambda: deliver_alerts(tmp_path, chosen, now=NIGHT))
    deliver_alerts(tmp_path, chosen, now=NIGHT + LATER)
    assert len({one["Message-ID"] for one in mail.mails}) == 1
    assert len({call.headers["Idempotency-Key"] for call in web.calls}) == 1
    told = [*map(text_of, mail.mails), *(call.body["message"] for call in web.calls)]
    assert len(told) == (3 if where == "accepted" else 2)
    assert sum("may repeat" in text for text in told) == (where == "accepted")


def test_a_crash_before_the_last_dot_is_no_repeat(
    tmp_path: Path, mail: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_alerts(tmp_path, 0, [alert("blue")])
    chosen = settings(mail.address("ana@shop.example"))
    with monkeypatch.context() as trap:
        trap.setattr("flows.channels_mail._on_the_wire", die)
        in_a_process_that_dies(lambda: deliver_alerts(tmp_path, chosen, now=NIGHT))
    deliver_alerts(tmp_path, chosen, now=NIGHT + LATER)
    (only,) = mail.mails
    assert only["X-Stockalert-Repeat"] is None


@pytest.mark.parametrize("restarted", [False, True])
def test_what_was_called_when_the_machine_went_down_may_have_left_else_it_has_not(
    tmp_path: Path, web: WebServer, monkeypatch: pytest.MonkeyPatch, restarted: bool
) -> None:
    publish_alerts(tmp_path, 0, [alert("blue", money_at_risk=5e3), alert("red")])
    chosen = settings(web.address())
    with monkeypatch.context() as trap:
        trap.setattr(alerting_delivery, "_hand_over", die)
        in_a_process_that_dies(lambda: deliver_alerts(tmp_path, chosen, now=NIGHT))
    if restarted:
        with open_store(tmp_path) as store:
            store.connection.execute("UPDATE called_by SET boot = 'the run before'")
    done = deliver_alerts(tmp_path, chosen, now=NIGHT + LATER)
    assert (done.sent, done.repeated) == (2, 2 if restarted else 0)
    assert all(("may repeat" in call.body["message"]) is restarted for call in web.calls)


def test_many_messages_are_forced_onto_the_disk_together(
    tmp_path: Path, web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    dear = [alert(f"sku {n}", money_at_risk=5e3, supplier_id=f"farm {n}") for n in range(100)]
    publish_alerts(tmp_path, 0, dear)
    forced: list[AlertStore] = []
    lasting = AlertStore.transaction

    @contextmanager
    def counted(store: AlertStore) -> Iterator[Any]:
        if store.rows("PRAGMA synchronous")[0][0] == FULL:
            forced.append(store)
        with lasting(store) as change:
            yield change

    monkeypatch.setattr(AlertStore, "transaction", counted)
    assert deliver_alerts(tmp_path, settings(web.address()), now=NIGHT).sent == 100
    assert 4 <= len(forced) <= 12


def test_a_night_that_was_never_told_is_told_with_the_next(tmp_path: Path, web: WebServer) -> None:
    chosen = settings(web.address())
    publish_alerts(tmp_path, 0, [alert("blue")])
    deliver_alerts(tmp_path, chosen, now=NIGHT)
    publish_alerts(tmp_path, 1, [alert("blue"), alert("brief")])
    publish_alerts(tmp_path, 2, [alert("blue")])
    deliver_alerts(tmp_path, chosen, now=NIGHT + timedelta(days=2))
    bodies = [call.body for call in web.calls[1:]]
    assert [[one["sku"] for one in body["alerts"]] for body in bodies] == [["brief"], []]
    assert [one["sku"] for one in bodies[1]["resolved"]] == ["brief"]


def test_a_channel_that_is_down_is_retried_later_and_the_others_say_so(
    tmp_path: Path, mail: MailServer, web: WebServer
) -> None:
    chosen = settings(mail.address("ana@shop.example"), web.address())
    publish_alerts(tmp_path, 0, [alert("blue")])
    web.mode = "refuses"
    done = deliver_alerts(tmp_path, chosen, now=NIGHT)
    assert done.waiting == 1
    assert "503" in str(done.down)
    assert any("do not reach webhook" in one["Subject"] for one in mail.mails)
    web.mode = "up"
    assert deliver_alerts(tmp_path, chosen, now=NIGHT + timedelta(seconds=30)).waiting == 1
    done = deliver_alerts(tmp_path, chosen, now=NIGHT + LATER)
    assert done.waiting == 0
    assert web.calls[0].body["alerts"][0]["sku"] == "blue"
    assert "it is over" in mail.mails[-1]["Subject"]


def test_a_lost_reply_is_a_possible_repeat_and_a_refused_connection_is_none(
    tmp_path: Path, web: WebServer
) -> None:
    publish_alerts(tmp_path, 0, [alert("blue")])
    chosen = settings(web.address())
    web.mode = "loses replies"
    deliver_alerts(tmp_path, chosen, now=NIGHT)
    web.mode = "up"
    deliver_alerts(tmp_path, chosen, now=NIGHT + LATER)
    first, second = (call for call in web.calls)
    assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"]
    assert "may repeat" in second.body["message"]
    assert "may repeat" not in first.body["message"]


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_proxy_that_gives_up_on_a_receiver_may_have_passed_the_message_on(
    tmp_path: Path, web: WebServer, status: int
) -> None:
    publish_alerts(tmp_path, 0, [alert("blue")])
    web.answer = lambda call: (status, {})
    deliver_alerts(tmp_path, settings(web.address()), now=NIGHT)
    web.answer = lambda call: (200, {})
    done = deliver_alerts(tmp_path, settings(web.address()), now=NIGHT + LATER)
    assert (done.sent, done.repeated, done.waiting) == (1, 1, 0)
    first, second = web.calls
    assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"]
    assert "may repeat" in second.body["message"]


@pytest.mark.parametrize("jump", [timedelta(days=-30), timedelta(days=300), timedelta(hours=-1)])
def test_a_clock_that_jumps_neither_holds_a_message_back_nor_repeats_it(
    tmp_path: Path, web: WebServer, jump: timedelta
) -> None:
    chosen = settings(web.address(), repeat_days=365)
    publish_alerts(tmp_path, 0, [alert("blue")])
    web.mode = "refuses"
    deliver_alerts(tmp_path, chosen, now=NIGHT)
    web.mode = "up"
    deliver_alerts(tmp_path, chosen, now=NIGHT + jump)
    deliver_alerts(tmp_path, chosen, now=NIGHT + timedelta(days=1))
    publish_alerts(tmp_path, 1, [alert("blue"), alert("red")])
    deliver_alerts(tmp_path, chosen, now=NIGHT + timedelta(days=1))
    told = [one["sku"] for call in web.calls for one in call.body["alerts"]]
    assert told == ["blue", "red"]


def test_quiet_hours_hold_messages_until_they_end(tmp_path: Path, web: WebServer) -> None:
    chosen = settings(web.address(), quiet_hours="22:00-07:00")
    publish_alerts(tmp_path, 0, [alert("blue", money_at_risk=1e6)])
    assert deliver_alerts(tmp_path, chosen, now=NIGHT).waiting == 1
    assert not web.calls
    assert deliver_alerts(tmp_path, chosen, now=NIGHT.replace(hour=7)).sent == 1


def test_a_retry_that_falls_into_quiet_hours_waits_until_they_end(
    tmp_path: Path, web: WebServer
) -> None:
    chosen = settings(web.address(), quiet_hours="22:00-07:00")
    evening = NIGHT.replace(hour=21, minute=59)
    publish_alerts(tmp_path, 0, [alert("blue", money_at_risk=1e6)])
    web.mode = "refuses"
    deliver_alerts(tmp_path, chosen, now=evening)
    web.mode = "up"
    for later in (1, 5, 60, 540):
        done = deliver_alerts(tmp_path, chosen, now=evening + timedelta(minutes=later))
        assert (done.sent, done.waiting) == (0, 1)
    assert not web.calls
    assert deliver_alerts(tmp_path, chosen, now=evening + timedelta(minutes=541)).sent == 1


def test_a_message_left_over_by_a_crash_before_quiet_hours_waits_for_their_end(
    tmp_path: Path, web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = settings(web.address(), quiet_hours="22:00-07:00")
    evening = NIGHT.replace(hour=21, minute=59)
    publish_alerts(tmp_path, 0, [alert("blue")])
    with monkeypatch.context() as trap:
        trap.setattr(alerting_delivery, "_due", die)
        in_a_process_that_dies(lambda: deliver_alerts(tmp_path, chosen, now=evening))
    deliver_alerts(tmp_path, chosen, now=evening + timedelta(minutes=1))
    assert not web.calls
    assert deliver_alerts(tmp_path, chosen, now=evening + timedelta(hours=10)).sent == 1


def test_a_message_that_cannot_be_sent_at_all_stops_no_other(
    tmp_path: Path, mail: MailServer, web: WebServer
) -> None:
    rows = [alert(f"sku {n}", money_at_risk=5e3, supplier_id=f"farm {n}") for n in range(4)]
    publish_alerts(tmp_path, 0, rows)
    chosen = settings(web.address())
    web.mode = "refuses"
    deliver_alerts(tmp_path, chosen, now=NIGHT)
    with open_store(tmp_path) as store:
        store.connection.execute("UPDATE outbox SET context = '{}' WHERE seq = 1")
    web.mode = "up"
    done = deliver_alerts(tmp_path, chosen, now=NIGHT + timedelta(days=1))
    assert "cannot be sent: UndefinedError" in str(done.notes)
    assert done.waiting == 1
    told = [one["sku"] for call in web.calls for one in call.body["alerts"] if one["sku"]]
    assert len(told) == len(set(told)) == 3


def test_a_problem_of_the_job_is_told_once_at_once_and_when_it_is_over(
    tmp_path: Path, web: WebServer
) -> None:
    chosen = settings(web.address())
    words = {"kind": "night_missing", "problem": "No table by 06:00.", "to_do": "See the log."}
    for minutes in range(3):
        raise_operational(tmp_path, chosen, now=NIGHT + timedelta(minutes=minutes), **words)
    assert clear_operational(tmp_path, chosen, kind="night_missing", now=NIGHT + LATER)
    assert not clear_operational(tmp_path, chosen, kind="night_missing", now=NIGHT + LATER)
    titles = [call.body["title"] for call in web.calls]
    assert titles == [
        "stockalert: No table by 06:00.",
        "stockalert: it is over: No table by 06:00.",
    ]


def test_whoever_reports_a_problem_gets_none_from_a_store_that_is_broken(tmp_path: Path) -> None:
    (tmp_path / "alerts.db").write_text("not a data base, but long enough to be taken for one" * 99)
    raise_operational(tmp_path, settings(), kind="night_failed", problem="It broke.", now=NIGHT)


def test_an_unusable_address_stops_no_other_and_shows_no_secret(
    tmp_path: Path, web: WebServer
) -> None:
    chosen = settings("nope://me:hunter2@host", f"json://127.0.0.1:{free_port()}", web.address())
    publish_alerts(tmp_path, 0, [alert("blue")])
    done = deliver_alerts(tmp_path, chosen, now=NIGHT)
    said = str(done.down)
    assert "unknown scheme nope://" in said
    assert "no connection" in said
    assert "hunter2" not in said + str([call.body for call in web.calls])
    assert (tmp_path / "alerts.db").read_bytes().find(b"hunter2") == -1
    assert any(call.body["kind"] == "digest" for call in web.calls)


def test_fifty_thousand_alerts_are_one_bounded_digest(tmp_path: Path, mail: MailServer) -> None:
    publish_alerts(tmp_path, 0, [alert(f"sku {n}", money_at_risk=n / 100) for n in range(50_000)])
    deliver_alerts(tmp_path, settings(mail.address("ana@shop.example")), now=NIGHT)
    (digest,) = mail.mails
    assert digest["Subject"].startswith("50,000 alerts for Ana")
    assert "Mug sku 49999" in text_of(digest)
    assert "49,980 more" in text_of(digest)
    assert len(bytes(digest)) < 60_000
    with open_store(tmp_path) as store:
        assert store.rows("SELECT count(*) AS n FROM dues WHERE state = 'queued'")[0]["n"] == 50_000
