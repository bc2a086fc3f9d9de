"""A real Tryton, given our thresholds over its RPC, raises the orders that they mean."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from tests.tryton.live import PASSWORD, Days, by_weight, draw_shop, our_orders, run, share_equal

pytestmark = pytest.mark.slow

DAYS = 60


@dataclass(frozen=True)
class Lived:
    world: Days
    requested: list[dict[str, float]]
    said: list[str]


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    """Sixty days, with the reorder points exported twice at the start and once at half time."""
    world = draw_shop(DAYS)
    return Lived(world, *run(tmp_path_factory.mktemp("tryton"), world))


def test_every_purchase_request_is_the_order_that_the_table_means(lived: Lived) -> None:
    """Twenty products, sixty nightly supply runs: same day, same product, same units, no others.

    Of goods by weight Tryton rounds up what float sums leave: now and then a step (10 g) more.
    """
    ours = our_orders(lived.world, lived.requested)
    assert sum(len(orders) for orders in ours) > 100
    assert share_equal(ours, lived.requested, within=0.01 + 1e-6) == 1.0
    mine, theirs = (
        [{code: units for code, units in orders.items() if not by_weight(code)} for orders in side]
        for side in (ours, lived.requested)
    )
    assert share_equal(mine, theirs) == 1.0


def test_the_trace_touches_the_edges_that_tell_strict_from_not(lived: Lived) -> None:
    """Positions exactly at the reorder point and below zero, goods by weight, base stock."""
    position = dict(lived.world.opening)
    at_point, owed = 0, 0
    for day, wanted in enumerate(lived.world.demand):
        for code, rule in lived.world.rules(day).items():
            position[code] -= wanted[code]
            at_point += position[code] == rule.reorder_point < rule.up_to
            owed += position[code] < 0
            position[code] += Decimal(str(lived.requested[day].get(code, 0)))
    assert at_point > 5
    assert owed > 5
    rules = lived.world.phases[0].values()
    assert any(rule.step < 1 for rule in rules)
    assert any(rule.reorder_point == rule.up_to for rule in rules)


def test_exporting_twice_changes_nothing_and_new_points_replace_old_ones(lived: Lived) -> None:
    """Created, then left alone; at half time updated."""
    counts = [said.splitlines()[-1] for said in lived.said]
    assert counts[0] == "20 created, 0 updated, 0 left as they were"
    assert counts[1] == "0 created, 0 updated, 20 left as they were"
    assert counts[3].startswith("0 created, ")
    assert not counts[3].startswith("0 created, 0 updated")


def test_a_wrong_password_is_one_plain_sentence(lived: Lived) -> None:
    (line,) = lived.said[2].splitlines()
    assert line.startswith("stockalert: 127.0.0.1/shop/rpc/ answered 401")


def test_the_passwords_are_nowhere_in_what_is_said(lived: Lived) -> None:
    assert PASSWORD not in "".join(lived.said)
    assert "wrong-8" not in "".join(lived.said)


def test_the_password_is_nowhere_in_the_published_files(
    lived: Lived, tmp_path_factory: pytest.TempPathFactory
) -> None:
    written = [
        path for path in tmp_path_factory.getbasetemp().glob("tryton*/out/**/*") if path.is_file()
    ]
    assert written
    assert not any(PASSWORD.encode() in Path(path).read_bytes() for path in written)
