"""Who is told what, when: transitions, silences, routes, bundles and words."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockalert.alerts import words_en, words_fr
from stockalert.alerts.bundles import Due, bundle, ranked
from stockalert.alerts.kinds import KINDS
from stockalert.alerts.routing import Route, recipients
from stockalert.alerts.silences import Acknowledgement, Silence, muted_state
from stockalert.alerts.transitions import Told, changes
from stockalert.alerts.words import one_line, sentences

NOW = datetime(2026, 3, 2, 2, 0)
WEEK = timedelta(days=7)


def alert(name: str, /, **facts: Any) -> dict[str, Any]:
    plain = {"kind": "reorder_now", "severity": "warning", "state": "open", "episode": "one"}
    return {"fingerprint": name, "sku": name, **plain, **facts}


def told(*alerts: dict[str, Any], at: datetime = NOW) -> dict[str, Told]:
    return {
        one["fingerprint"]: Told(one["fingerprint"], one["episode"], one["severity"], at, 0, one)
        for one in alerts
    }


def whats(*alerts: dict[str, Any], before: dict[str, Told], now: datetime = NOW) -> list[str]:
    found = changes(alerts, before, now=now, repeat=WEEK)
    return [f"{one.alert['fingerprint']} {one.what}" for one in found.transitions]


def test_what_is_new_is_raised_and_what_is_gone_is_resolved() -> None:
    before = told(alert("old"), alert("kept"))
    assert whats(alert("kept"), alert("new"), before=before) == ["new raised", "old resolved"]


def test_what_came_back_is_another_episode_with_another_name() -> None:
    again = alert("mug", episode="two")
    first = changes([alert("mug")], {}, now=NOW, repeat=WEEK).transitions[0]
    second = changes([again], told(alert("mug")), now=NOW, repeat=WEEK).transitions[0]
    assert (second.what, second.id != first.id) == ("raised", True)


def test_what_gets_worse_is_told_again_what_gets_better_is_not() -> None:
    mild, bad = alert("mug"), alert("mug", severity="critical")
    assert whats(bad, before=told(mild)) == ["mug escalated"]
    assert whats(mild, before=told(bad)) == []


def test_what_stays_open_is_repeated_once_an_interval() -> None:
    before = told(alert("mug"), at=NOW - WEEK)
    assert whats(alert("mug"), before=before) == ["mug repeated"]
    assert whats(alert("mug"), before=before, now=NOW - timedelta(hours=1)) == []


def test_what_is_muted_is_told_when_the_muting_ends_and_its_end_only_if_it_was_told() -> None:
    assert whats(alert("mug", state="silenced"), before={}) == []
    assert whats(alert("mug"), before={}) == ["mug raised"]
    assert whats(alert("mug", state="acknowledged"), before=told(alert("mug"))) == []
    assert whats(before=told(alert("mug"))) == ["mug resolved"]


@given(nights=st.lists(st.sets(st.sampled_from("abcdef")), max_size=15))
def test_every_beginning_and_every_end_is_told_exactly_once(nights: list[set[str]]) -> None:
    before: dict[str, Told] = {}
    names: list[str] = []
    since: dict[str, str] = {}
    for number, open_now in enumerate(nights):
        since = {name: since.get(name, str(number)) for name in open_now}
        rows = [alert(name, episode=since[name]) for name in sorted(open_now)]
        for _ in range(2):  # telling twice changes nothing
            found = changes(rows, before, now=NOW, repeat=WEEK)
            names += [one.id for one in found.transitions]
            before = {name: one for name, one in before.items() if name not in found.over}
            before |= {one.fingerprint: one for one in found.told}
    assert len(names) == len(set(names))
    begun = sum(len(now - was) for was, now in pairwise([set(), *nights]))
    ended = sum(len(was - now) for was, now in pairwise(nights))
    assert len(names) == begun + ended


def test_silences_and_acknowledgements_hold_until_their_end() -> None:
    quiet, mine = Silence({"sku": "mug*"}, NOW), {"pot": Acknowledgement(NOW)}
    before, after = NOW - timedelta(seconds=1), NOW
    assert muted_state(alert("mug blue"), [quiet], mine, before) == "silenced"
    assert muted_state(alert("mug blue"), [quiet], mine, after) == "open"
    assert muted_state(alert("pot"), [quiet], mine, before) == "acknowledged"
    assert muted_state(alert("pot"), [quiet], mine, after) == "open"
    assert muted_state(alert("pot", inhibited_by="x"), [quiet], mine, before) == "inhibited"
    assert muted_state(alert("tea"), [Silence({}, NOW)], {}, before) == "open"


def test_the_first_route_that_fits_counts_unless_it_goes_on() -> None:
    ana = Route(("ana",), 10.0, planners=("Ana",), go_on=True)
    hot = Route(("chef",), 10.0, tags=("hot",))
    rest = Route(("all",), 10.0)
    routes = [ana, hot, rest]
    assert recipients(alert("a", planner="Ana", tags="cold; hot"), routes) == {
        "ana": False,
        "chef": False,
    }
    assert recipients(alert("b", money_at_risk=11.0), routes) == {"all": True}
    assert recipients(alert("c", money_at_risk=11.0, severity="info"), routes) == {"all": False}


def test_what_the_job_says_of_itself_always_finds_somebody() -> None:
    ana = Route(("ana",), 10.0, planners=("Ana",))
    assert recipients(alert("x", kind="night_missing"), [ana]) == {"ana": True}
    assert recipients(alert("x"), [ana]) == {}


def due(name: str, *, at_once: bool = False, planner: str = "Ana", supplier: str = "farm") -> Due:
    facts = alert(name, planner=planner, supplier_id=supplier, location="north")
    return Due(f"{name}:one:raised", "mail", "raised", at_once, facts)


def test_urgent_alerts_of_one_supplier_share_a_message_and_each_planner_has_a_digest() -> None:
    dues = [due(f"u{n}", at_once=True) for n in range(400)]
    dues += [due("v", at_once=True, supplier="mill"), due("a"), due("b", planner="Bob")]
    found = bundle(dues, group_by=("supplier_id", "location", "planner"))
    assert [(one.kind, one.planner, len(one.dues)) for one in found] == [
        ("immediate", "Ana", 400),
        ("immediate", "Ana", 1),
        ("digest", "Ana", 1),
        ("digest", "Bob", 1),
    ]
    assert bundle([due("a")], group_by=(), digested=[("mail", "Ana")]) == []


def test_a_message_has_the_same_key_in_whatever_order_its_alerts_come() -> None:
    dues = [due("a"), due("b"), due("c")]
    keys = {bundle(order, group_by=())[0].key for order in (dues, dues[::-1])}
    assert len(keys) == 1
    assert bundle(dues[:2], group_by=())[0].key not in keys


def test_the_worst_comes_first() -> None:
    rows = [
        alert("a", money_at_risk=5.0),
        alert("b", severity="critical"),
        alert("c", money_at_risk=9.0),
    ]
    assert [one["sku"] for one in ranked(rows)] == ["b", "c", "a"]


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("kind", KINDS[:8])
def test_every_alert_names_product_stock_threshold_lead_time_and_problem(
    kind: str, language: str
) -> None:
    row = alert(
        "mug-1",
        kind=kind,
        name="Blue {mug}",
        location="north",
        on_hand=17.0,
        on_order=0.0,
        reorder_point=23.0,
        lead_time_days=4.5,
        order_quantity=31.0,
        supplier_id="farm",
        units_at_risk=3.0,
        problem="45 units late",
    )
    message, to_do = sentences(row, language)
    if kind == "supplier_disrupted":
        assert "farm" in message
    else:
        number = "4.5" if language == "en" else "4,5"
        for part in ("Blue {mug} (mug-1)", "north", "17", "23", number):
            assert part in message
    assert "45 units late" in message
    assert to_do
    assert "{" not in (message + to_do).replace("{mug}", "")


def test_a_supplier_without_mail_or_name_is_said_plainly() -> None:
    late = alert("mug", kind="order_late", supplier_id="farm")
    assert "(no e-mail on file)" in sentences(late, "en")[1]
    known = sentences({**late, "supplier_email": "orders@farm.example"}, "en")[1]
    assert "(orders@farm.example)" in known
    assert "a supplier (none is on file)" in sentences(alert("mug", kind="order_late"), "en")[1]


def test_both_languages_say_the_same_things() -> None:
    assert words_en.WORDS.keys() == words_fr.WORDS.keys()
    for name, english in words_en.WORDS.items():
        if name not in {"date", "thousands", "decimal"}:
            fields = {part.split("}")[0] for part in english.split("{")[1:]}
            assert fields == {p.split("}")[0] for p in words_fr.WORDS[name].split("{")[1:]}, name


@given(st.text())
def test_a_name_is_one_line_of_bounded_length_without_control_signs(text: str) -> None:
    line = one_line(text)
    assert len(line) <= 80
    assert line == line.strip()
    assert not any(ord(sign) < 32 or sign in "\u2028\u2029\u202e\x7f" for sign in line)
