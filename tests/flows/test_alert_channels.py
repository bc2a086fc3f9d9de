"""Channels: what readers and tools receive, in their language, whatever the data hold."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from flows.alerting_messages import Writer
from flows.alerting_night import deliver_alerts
from flows.alerting_report import try_address
from flows.alerting_samples import samples, trial
from flows.channels import ChannelError, channels_of
from flows.channels_apprise import load_apprise
from flows.channels_web import AppriseChannel
from flows.settings import Settings
from stockalert.errors import UsageError
from tests.flows.alert_nights import NIGHT, alert, publish_alerts
from tests.servers.smtp import MailServer, mail_server
from tests.servers.web import Call, WebServer, web_server

NASTY = (
    '<img src=x onerror="alert(1)">\r\nBcc: all@shop.example\n=cmd|🥝 "quoted" \x1b[31m\u202eevil'
)


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def web() -> Iterator[WebServer]:
    with web_server() as server:
        yield server


def test_names_from_data_are_only_text_wherever_they_appear(
    tmp_path: Path, mail: MailServer
) -> None:
    row = alert("=1+1", name=NASTY, planner=NASTY, message=f"{NASTY} is sold out.")
    publish_alerts(tmp_path, 0, [row])
    chosen = Settings(alerts={"urls": [mail.address("ana@shop.example")]})
    deliver_alerts(tmp_path, chosen, now=NIGHT)
    (got,) = mail.mails
    assert got["Bcc"] is None
    assert [name for name in got if name.lower() == "subject"] == ["Subject"]
    html = got.get_body(("html",)).get_content()
    assert "<img" not in html
    assert "&lt;img" in html
    assert "🥝" in html
    for part in (html, got.get_body(("plain",)).get_content(), str(got["Subject"])):
        assert "\x1b" not in part
        assert "\u202e" not in part


def test_mail_speaks_french(tmp_path: Path, mail: MailServer) -> None:
    publish_alerts(tmp_path, 0, [alert("bleu", money_at_risk=1234.5), alert("rouge")])
    chosen = Settings(language="fr", alerts={"urls": [mail.address("ana@shop.example")]})
    deliver_alerts(tmp_path, chosen, now=NIGHT)
    urgent, digest = mail.mails
    assert "<th>Seuil</th>" in digest.get_body(("html",)).get_content()
    assert "1\u202f234" in urgent.get_body(("plain",)).get_content()
    assert "À faire" in digest.get_body(("plain",)).get_content()


def test_several_readers_of_one_address_are_served_each_on_its_own(
    tmp_path: Path, mail: MailServer
) -> None:
    publish_alerts(tmp_path, 0, [alert("blue")])
    chosen = Settings(alerts={"urls": [mail.address("ana@shop.example", "bob@shop.example")]})
    assert deliver_alerts(tmp_path, chosen, now=NIGHT).sent == 2
    assert sorted(one["To"] for one in mail.mails) == ["ana@shop.example", "bob@shop.example"]


def test_routes_send_each_planner_their_own(tmp_path: Path, mail: MailServer) -> None:
    rows = [
        alert("blue"),
        alert("red", planner="Bob"),
        alert("tea", planner="Eve", tags="hot, new"),
    ]
    publish_alerts(tmp_path, 0, rows)
    routes = {
        "ana": {"planners": ["Ana"], "urls": [mail.address("ana@shop.example")]},
        "hot": {"tags": ["hot"], "urls": [mail.address("chef@shop.example")]},
    }
    chosen = Settings(alerts={"urls": [mail.address("all@shop.example")], "routes": routes})
    deliver_alerts(tmp_path, chosen, now=NIGHT)
    got = {one["To"]: one.get_body(("plain",)).get_content() for one in mail.mails}
    assert {
        to: next(s for s in ("blue", "red", "tea") if s in text) for to, text in got.items()
    } == {
        "ana@shop.example": "blue",
        "all@shop.example": "red",
        "chef@shop.example": "tea",
    }


def test_own_templates_are_used_and_a_broken_one_costs_no_alert(
    tmp_path: Path, mail: MailServer
) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "subject.txt.j2").write_text("{{ new }} neue Meldung")
    (own / "mail.html.j2").write_text("<p>{{ alerts[0].name }}\n{% for %}</p>")
    publish_alerts(tmp_path / "out", 0, [alert("blue", name="<b>")])
    urls = [mail.address("ana@shop.example")]
    chosen = Settings(alerts={"urls": urls, "templates": str(own)})
    done = deliver_alerts(tmp_path / "out", chosen, now=NIGHT)
    assert mail.mails[0]["Subject"] == "1 neue Meldung"
    assert "<th>Product</th>" in mail.mails[0].get_body(("html",)).get_content()
    assert "mail.html.j2, line 2" in str(done.notes)
    with pytest.raises(UsageError, match=r"mail\.html\.j2, line 2"):
        try_address(urls[0], chosen, now=NIGHT)


@pytest.mark.parametrize(
    ("form", "wrong", "said"),
    [
        ("subject.txt", "{{ alerts[0].name | product }}", "AttributeError"),
        (
            "mail.txt",
            "{% for alert in alerts %}{{ alert.name | product }}{% endfor %}",
            "Attribute",
        ),
        ("mail.txt", "{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}", "RecursionError"),
        ("mail.html", "{{ alerts[0].message | line('far') }}", "TypeError"),
        ("subject.txt", "{{ '\\ud800' }}", "UnicodeEncodeError"),
        ("subject.txt", "{{ range(10 ** 9) }}", "OverflowError"),
    ],
)
def test_whatever_goes_wrong_in_an_own_template_the_alert_leaves_in_our_words(
    tmp_path: Path, mail: MailServer, form: str, wrong: str, said: str
) -> None:
    (tmp_path / f"{form}.j2").write_text(wrong)
    publish_alerts(tmp_path / "out", 0, [alert("blue")])
    urls = [mail.address("ana@shop.example")]
    chosen = Settings(alerts={"urls": urls, "templates": str(tmp_path)})
    done = deliver_alerts(tmp_path / "out", chosen, now=NIGHT)
    assert (done.sent, done.waiting) == (1, 0)
    assert f"template {form}: {said}" in str(done.notes)
    (got,) = mail.mails
    assert got["Subject"] == "Warning: Mug blue (blue): reorder now"
    assert "Mug blue has reached" in got.get_body(("plain",)).get_content()
    assert "<th>Product</th>" in got.get_body(("html",)).get_content()
    with pytest.raises(UsageError, match=f"template {form}: {said}".replace(".", r"\.")):
        try_address(urls[0], chosen, now=NIGHT)
    assert len(mail.mails) == 1, "a test with a broken template sends nothing"


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_built_in_templates_write_every_kind_of_message(language: str) -> None:
    writer = Writer(language)
    for context in samples(NIGHT, language):
        message = writer("key", context)
        assert message.subject
        assert message.text.strip()
        assert "None" not in message.subject + message.text + message.html + message.short


def test_a_test_message_says_so_and_shows_an_alert(mail: MailServer) -> None:
    try_address(mail.address("ana@shop.example"), Settings(), now=NIGHT)
    (got,) = mail.mails
    assert got["Subject"] == "stockalert: this is a test"
    text = got.get_body(("plain",)).get_content()
    assert "what follows is made up" in text
    assert "Sample (SAMPLE-1) has reached its reorder point: 2 in stock" in text


@pytest.mark.parametrize(
    "reach",
    ["{{ ''.__class__.__mro__ }}", "{{ cycler.__init__.__globals__ }}", "{{ alerts.append(1) }}"],
)
def test_templates_cannot_leave_their_sandbox(tmp_path: Path, mail: MailServer, reach: str) -> None:
    (tmp_path / "subject.txt.j2").write_text(reach)
    chosen = Settings(alerts={"templates": str(tmp_path)})
    with pytest.raises(UsageError, match=r"subject\.txt"):
        try_address(mail.address("ana@shop.example"), chosen, now=NIGHT)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nope://x", "unknown scheme nope://"),
        ("just words", "found no scheme"),
        ("slack://abc:hunter2", "slack://… lacks something"),
        ("task+jira://ana@host/SHOP", "expected task.jira://USER:API_TOKEN@HOST/PROJECT_KEY"),
    ],
)
def test_an_address_that_cannot_be_is_explained_without_its_secrets(url: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as error:
        channels_of(url)
    assert "hunter2" not in str(error.value)


def test_a_host_that_is_not_there_is_named() -> None:
    with pytest.raises(ChannelError, match="no connection") as error:
        try_address("json://no-such-host.invalid/", Settings(), now=NIGHT)
    assert error.value.certain


def test_a_proxy_that_the_environment_names_is_asked(
    web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("no_proxy", "NO_PROXY", "all_proxy", "ALL_PROXY", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", web.url)
    try_address("json://receiver.invalid/hook", Settings(), now=NIGHT)
    assert [call.path for call in web.calls] == ["http://receiver.invalid/hook"]


def tools(web: WebServer) -> dict[str, str]:
    return {
        "jira": f"task+jira://ana:s3cret@host/SHOP?host={web.url}",
        "trello": f"task+trello://key:s3cret@list1?host={web.url}",
        "asana": f"task+asana://s3cret@4711?host={web.url}",
    }


FOUND: dict[str, Any] = {
    "jira": {"issues": [{"key": "SHOP-1"}]},
    "trello": [{"desc": ""}],
    "asana": {"data": {"gid": "1"}},
}


@pytest.mark.parametrize("tool", ["jira", "trello", "asana"])
def test_a_task_is_created_as_the_tool_documents_it(
    tmp_path: Path, web: WebServer, tool: str
) -> None:
    publish_alerts(tmp_path, 0, [alert("blue")])
    chosen = Settings(alerts={"urls": [tools(web)[tool]]})
    deliver_alerts(tmp_path, chosen, now=NIGHT)
    (call,) = web.calls
    told = json.dumps(call.body)
    assert "Mug blue" in told
    assert "s3cret" not in told + call.path
    expected: dict[str, tuple[str, Any]] = {
        "jira": ("/rest/api/2/issue", lambda: call.body["fields"]["project"]["key"] == "SHOP"),
        "trello": ("/1/cards", lambda: call.body["idList"] == "list1"),
        "asana": ("/api/1.0/tasks", lambda: call.body["data"]["projects"] == ["4711"]),
    }
    path, right = expected[tool]
    assert (call.method, call.path) == ("POST", path)
    assert right()


@pytest.mark.parametrize("tool", ["jira", "trello", "asana"])
@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize("trouble", ["no reply", 500, 502, 504])
def test_a_task_that_may_have_been_made_is_looked_up_before_another_is(
    tmp_path: Path, web: WebServer, tool: str, there: bool, trouble: int | str
) -> None:
    publish_alerts(tmp_path, 0, [alert("blue")])
    chosen = Settings(alerts={"urls": [tools(web)[tool]]})
    if trouble == "no reply":
        web.mode = "loses replies"
    web.answer = lambda call: (trouble, {})
    deliver_alerts(tmp_path, chosen, now=NIGHT)

    def answer(call: Call) -> tuple[int, Any]:
        if call.method == "POST":
            return 201, {}
        if call.path.startswith("/rest/api/2/search"):
            return 410, {"errorMessages": ["The requested API has been removed."]}
        if tool == "jira":
            made = web.calls[0].body["fields"]["labels"][1]
            asked = parse_qs(urlsplit(call.path).query)
            assert (urlsplit(call.path).path, asked["jql"]) == (
                "/rest/api/3/search/jql",
                [f'labels = "{made}"'],
            )
        if tool == "asana":
            return (200, FOUND[tool]) if there else (404, {})
        made = web.calls[0].body
        full = (
            [{"desc": made["desc"]}] if tool == "trello" and there else FOUND[tool] if there else []
        )
        return 200, full

    web.mode, web.answer = "up", answer
    done = deliver_alerts(tmp_path, chosen, now=NIGHT + timedelta(minutes=10))
    assert done.waiting == 0
    assert [call.method for call in web.calls] == ["POST", "GET", *([] if there else ["POST"])]


def test_an_own_jira_without_the_newer_search_is_asked_by_the_older(web: WebServer) -> None:
    (jira,) = channels_of(tools(web)["jira"])
    known = (404, {}), (200, FOUND["jira"])
    web.answer = lambda call: known["/api/2/" in call.path]
    assert jira.arrived("key") is True
    web.answer = lambda call: (401, {})
    assert jira.arrived("key") is None


@pytest.mark.parametrize(("status", "certain"), [(404, True), (429, True), (500, False)])
@pytest.mark.parametrize("scheme", ["json", "mmost"])
def test_a_refusal_is_certain_a_server_that_fails_may_have_taken_the_message(
    web: WebServer, scheme: str, status: int, certain: bool
) -> None:
    web.answer = lambda call: (status, {})
    token = "3ccdd113474722377935511fc85d3dd4" if scheme == "mmost" else ""
    with pytest.raises(ChannelError, match=str(status)) as error:
        try_address(f"{scheme}://127.0.0.1:{web.port}/{token}", Settings(), now=NIGHT)
    assert error.value.certain is certain


def test_a_target_that_fails_has_the_message_sent_again_to_nobody_else(
    tmp_path: Path, web: WebServer
) -> None:
    publish_alerts(tmp_path, 0, [alert("blue")])
    url = f"mmost://127.0.0.1:{web.port}/3ccdd113474722377935511fc85d3dd4?to=stock,buying,shop"
    chosen = Settings(alerts={"urls": [url]})
    web.answer = lambda call: (500 if call.body["channel"] == "buying" else 200, {})
    done = deliver_alerts(tmp_path, chosen, now=NIGHT)
    assert done.waiting == 1
    web.answer = lambda call: (200, {})
    deliver_alerts(tmp_path, chosen, now=NIGHT + timedelta(minutes=10))
    had = [call.body["channel"] for call in web.calls if "Mug blue" in call.body["text"]]
    assert sorted(had) == ["buying", "buying", "shop", "stock"]


ONE_BY_ONE = {
    "twilio://AC" + "a" * 32 + ":" + "b" * 32 + "@15551230000/15551230001/15551230002": 2,
    "sns://AHIAJGNT76XIMXDBIJYA/bu1dHSdO22pfaaVy/us-east-2/12223334444/shopstock": 2,
    "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#stock/#buying": 2,
    "tgram://123456789:abcdefg_hijklmnop/11111111/22222222/33333333": 3,
    "ntfy://127.0.0.1/stock/buying": 2,
    "mmost://127.0.0.1/3ccdd113474722377935511fc85d3dd4?to=stock,stock": 1,
    "ntfy://127.0.0.1/stock/buying?retry=2": 2,
    "tgram://123456789:abcdefg_hijklmnop/11111111": 1,
}


@pytest.mark.parametrize(("url", "targets"), ONE_BY_ONE.items())
def test_an_address_of_several_targets_is_several_channels(url: str, targets: int) -> None:
    channels = channels_of(url)
    assert len({channel.id for channel in channels}) == len(channels) == targets


class _Both(load_apprise().NotifyBase):
    """A service with two targets that cannot be told apart; the second refuses."""

    service_name, secure_protocol, title_maxlen = "Both", "both", 250

    def __len__(self) -> int:
        return 2

    def url(self, *args: Any, **kwargs: Any) -> str:
        return "both://here"

    def send(self, **kwargs: Any) -> bool:
        self.logger.warning("Failed to send to the second: Forbidden, error=403.")
        return False


def test_of_targets_that_cannot_be_told_apart_one_refusal_says_nothing_of_the_others() -> None:
    channel = AppriseChannel(_Both())
    with pytest.raises(ChannelError, match="403") as error:
        channel.send(Writer("en")("key", trial(NIGHT, "en")), lambda: None)
    assert not error.value.certain


def test_chats_are_not_called_together_by_a_name(tmp_path: Path, web: WebServer) -> None:
    row = alert("blue", name="Mug <!channel> @everyone", message="Mug <!channel> @everyone is out.")
    publish_alerts(tmp_path, 0, [row])
    url = f"mmost://127.0.0.1:{web.port}/3ccdd113474722377935511fc85d3dd4"
    deliver_alerts(tmp_path, Settings(alerts={"urls": [url]}), now=NIGHT)
    (call,) = web.calls
    assert "is out." in call.body["text"]
    assert "<!channel" not in call.body["text"]
    assert "@everyone" not in call.body["text"]
