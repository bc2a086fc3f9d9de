"""An approved line counts as on order until a purchase order shows it, or it is forgotten."""

from __future__ import annotations

from datetime import date

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from stockalert.purchasing.open_lines import as_purchase_orders, still_open

DAY = pd.Timestamp("2026-03-01")


def _lines(*units: tuple[int, float]) -> pd.DataFrame:
    rows = [
        (f"{i}", DAY + pd.Timedelta(days=d), "mug", "default", u) for i, (d, u) in enumerate(units)
    ]
    frame = pd.DataFrame(rows, columns=["line_id", "as_of", "sku", "location", "units"])
    return frame.assign(supplier_id="ACME", expected_at=DAY + pd.Timedelta(days=9))


def _orders(*units: tuple[int, float]) -> pd.DataFrame:
    rows = [("mug", None, DAY + pd.Timedelta(days=d), u) for d, u in units]
    return pd.DataFrame(rows, columns=["sku", "location", "ordered_at", "units_ordered"])


def _left(lines: pd.DataFrame, orders: pd.DataFrame | None, day: int) -> dict[str, float]:
    as_of = (DAY + pd.Timedelta(days=day)).date()
    found = still_open(lines, orders, as_of=as_of, days=7)
    return dict(zip(found["line_id"], found["units"], strict=True))


def test_a_line_is_open_until_it_is_seen_and_at_most_a_week() -> None:
    lines = _lines((0, 12.0))
    assert _left(lines, None, 0) == {"0": 12.0}
    assert _left(lines, _orders((1, 12.0)), 1) == {}
    assert _left(lines, _orders((2, 12.0)), 1) == {"0": 12.0}, "nobody sees tomorrow"
    assert _left(lines, None, 7) == {"0": 12.0}
    assert _left(lines, None, 8) == {}


def test_an_order_of_the_same_night_was_in_the_position_already() -> None:
    assert _left(_lines((0, 12.0)), _orders((0, 12.0)), 3) == {"0": 12.0}


def test_what_is_ordered_beyond_a_line_shows_no_later_line() -> None:
    lines = _lines((0, 10.0), (2, 5.0))
    assert _left(lines, _orders((1, 20.0)), 3) == {"1": 5.0}
    assert _left(lines, _orders((3, 12.0)), 3) == {"1": 3.0}, "the oldest is shown first"


def test_open_lines_are_written_as_purchase_orders() -> None:
    orders = as_purchase_orders(still_open(_lines((0, 3.0)), None, as_of=DAY.date(), days=7))
    assert orders["units_ordered"].tolist() == [3.0]
    assert orders["received_at"].isna().all()
    assert date(2026, 3, 10) == orders["expected_at"].iloc[0].date()


events = st.lists(
    st.tuples(st.integers(0, 6), st.sampled_from([1.0, 5.0, 12.0])), min_size=0, max_size=5
)


@settings(deadline=None, max_examples=25)
@given(events, events)
def test_a_walk_through_the_days_agrees_in_any_order_of_rows(
    lines: list[tuple[int, float]], orders: list[tuple[int, float]]
) -> None:
    """Day by day: what is ordered shows the oldest lines first, then lines are approved."""
    waiting: list[float] = []
    for day in range(7):
        shown = sum(units for at, units in orders if at == day)
        while shown > 0 and waiting:
            step = min(shown, waiting[0])
            shown, waiting[0] = shown - step, waiting[0] - step
            waiting = waiting if waiting[0] > 0 else waiting[1:]
        waiting += [units for at, units in lines if at == day]
    shuffled = _lines(*lines).sample(frac=1.0, random_state=len(orders)) if lines else _lines()
    left = _left(shuffled, _orders(*orders), 6)
    assert sum(left.values()) == sum(waiting)
