"""The short form: what a text message or a push can hold of an alert."""

from __future__ import annotations

import string
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.alerting_messages import Writer
from flows.alerting_night import deliver_alerts
from flows.alerting_samples import samples, trial
from flows.channels_apprise import load_apprise
from flows.settings import Settings
from stockalert.alerts.kinds import SKU_KINDS
from tests.flows.alert_nights import NIGHT, alert, publish_alerts
from tests.servers.web import web_server

load_apprise()
LONG_NAME = "Mug “Ocean” of hand-thrown stoneware, dishwasher-safe, deep blue, 350 ml, set of 4"
FACTS = {"on_hand": 12017.0, "reorder_point": 12023.0, "lead_time_days": 104.5}
NUMBERS = {"en": ("12,017", "12,023", "104.5"), "fr": ("12 017", "12 023", "104,5")}
ONE_SMS, WHOLE = 160, 600


WRITERS = {language: Writer(language) for language in ("en", "fr")}


def short(language: str = "en", *, sku: str = "MUG-1", unsure: bool = False, **facts: Any) -> str:
    """One alert in a few words, as a planner's digest."""
    row = {**alert(sku, **facts), "what": "raised"}
    context = trial(NIGHT, language) | {"kind": "digest", "alerts": [row], "unsure": unsure}
    return WRITERS[language]("key", context).short


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("kind", SKU_KINDS)
@pytest.mark.parametrize("unsure", [False, True])
def test_one_text_message_names_product_stock_threshold_and_lead_time(
    language: str, kind: str, unsure: bool
) -> None:
    said = short(language, unsure=unsure, kind=kind, name=LONG_NAME, **FACTS)[:ONE_SMS]
    for part in ("Mug “Ocean”", "(MUG-1)", *NUMBERS[language]):
        assert part in said
    assert ("repeat" in said or "déjà reçu" in said) is unsure


def test_what_else_is_known_follows_the_figures() -> None:
    late, strike = "45 units ordered are 3 days late", "supplier farm is disrupted until 2026-03-09"
    said = short(order_problem=late, supplier_problem=strike)
    assert f"lead time 4 days. At north. {late}. {strike}. Order 12 from farm." in said
    assert short().endswith("lead time 4 days. At north. Order 12 from farm.")


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_kind_of_message_has_a_short_form_of_one_line(language: str) -> None:
    for context in samples(NIGHT, language):
        said = WRITERS[language]("key", context).short
        assert 10 < len(said) <= WHOLE
        assert said.splitlines() == [said]


WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=400) | st.text(
    string.ascii_letters + " \r\n\t", min_size=90, max_size=900
)


@settings(max_examples=60, deadline=None)
@given(st.fixed_dictionaries(dict.fromkeys(("name", "location", "message", "to_do"), WORDS)), WORDS)
def test_whatever_the_data_say_the_short_form_is_one_bounded_line_with_the_figures(
    texts: dict[str, str], problem: str
) -> None:
    said = short(**texts, sku=texts["name"] or "x", **FACTS, order_problem=problem)
    assert len(said) <= WHOLE
    assert said.splitlines() == [said]
    assert all(part in said[:ONE_SMS] for part in NUMBERS["en"])


SERVICES = {
    "text message": ("seven://" + "a" * 25 + "/15551234567", "seven", "text"),
    "push": ("push://b6acb9f2-4f5c-4ea7-8dd3-7a2d4ee4f84c", "push", "body"),
}


@pytest.mark.parametrize("service", SERVICES)
def test_text_messages_and_pushes_get_the_short_form_whole_or_cut_behind_the_figures(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, service: str
) -> None:
    url, scheme, field = SERVICES[service]
    publish_alerts(tmp_path, 0, [alert("MUG-1", name=LONG_NAME, **FACTS)])
    plugin = type(load_apprise().Apprise.instantiate(url))
    with web_server() as web:
        monkeypatch.setattr(plugin, "notify_url", f"{web.url}/{scheme}")
        done = deliver_alerts(tmp_path, Settings(alerts={"urls": [url]}), now=NIGHT)
        assert (done.sent, done.down) == (1, {})
        (call,) = web.calls
    said = call.body[field]
    assert len(said) <= plugin.body_maxlen
    assert "\n" not in said
    for part in ("Mug “Ocean”", "(MUG-1)", *NUMBERS["en"]):
        assert part in said
    if service == "push":
        assert said.endswith("Order 12 from farm.")
        assert call.body["title"].startswith("Warning: Mug")
