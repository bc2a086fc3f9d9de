"""What is on order arrives when it was promised, and a timeline puts it between its days."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from stockalert.lead_time import from_moments
from stockalert.pipeline import Arrivals, arrivals_of, timeline_of
from stockalert.positions import position_at
from stockalert.thresholds import Supply

AS_OF = date(2026, 3, 31)
SERIES = pd.DataFrame({"sku": ["mug", "plate", "vase"], "location": ["default"] * 3})


def _orders(*lines: tuple[str, str, str | None, float]) -> pd.DataFrame:
    frame = pd.DataFrame(lines, columns=["sku", "ordered_at", "expected_at", "units_ordered"])
    for name in ("ordered_at", "expected_at"):
        frame[name] = pd.to_datetime(frame[name])
    never = pd.Series([pd.NaT] * len(frame), dtype="datetime64[us]")
    return frame.assign(location=None, units_received=np.nan, received_at=never, cancelled_at=never)


def _arrivals(orders: pd.DataFrame | None) -> Arrivals:
    return arrivals_of(SERIES, orders, np.array([14.0, 9.5, 3.0]), as_of=AS_OF)


def test_an_order_comes_on_its_day_and_without_one_a_lead_time_after_it_was_placed() -> None:
    orders = _orders(("mug", "2026-03-25", "2026-04-05", 6.0), ("plate", "2026-03-26", None, 4.0))
    arrivals = _arrivals(orders)
    assert arrivals.days.tolist() == [[5.0], [5.0], [0.0]]
    assert arrivals.units.tolist() == [[6.0], [4.0], [0.0]]


def test_what_is_overdue_comes_tomorrow_and_one_days_orders_come_together() -> None:
    orders = _orders(
        ("mug", "2026-03-01", "2026-03-20", 6.0),
        ("mug", "2026-01-01", None, 1.0),
        ("mug", "2026-03-30", "2026-04-10", 2.0),
        ("jug", "2026-03-30", "2026-04-10", 9.0),
    )
    arrivals = _arrivals(orders)
    assert arrivals.days[0].tolist() == [1.0, 10.0]
    assert arrivals.units[0].tolist() == [7.0, 2.0]


def test_without_orders_nothing_is_under_way() -> None:
    for orders in (None, _orders(("jug", "2026-03-30", None, 9.0))):
        assert _arrivals(orders).units.sum() == 0.0


def test_many_days_of_arrivals_keep_their_units_and_their_mean_day() -> None:
    days = pd.date_range("2026-04-01", periods=20).astype(str)
    orders = _orders(*(("mug", "2026-03-30", day, 1.0 + n) for n, day in enumerate(days)))
    arrivals = _arrivals(orders)
    assert arrivals.days.shape == (3, 6)
    assert arrivals.units.sum() == sum(range(1, 21))
    mean = (arrivals.days * arrivals.units).sum() / arrivals.units.sum()
    assert mean == pytest.approx(np.average(np.arange(1, 21), weights=np.arange(1, 21)))


def test_what_arrives_is_what_the_position_counts_as_on_order() -> None:
    orders = _orders(("mug", "2026-03-25", "2026-04-05", 6.0), ("mug", "2026-03-01", None, 3.0))
    orders.loc[0, "units_received"] = 2.0
    stock = pd.DataFrame({"sku": ["mug"], "location": ["default"], "date": [pd.Timestamp(AS_OF)]})
    position = position_at(SERIES, stock.assign(on_hand=1.0, backordered=0.0), orders, as_of=AS_OF)
    assert position is not None
    assert _arrivals(orders).units.sum(axis=1).tolist() == position.on_order.tolist()


def _by_hand(arrivals: Arrivals, leads: list[float], review: float, row: int) -> dict[str, object]:
    """Facts of a timeline, read off the calendar one day at a time."""
    coming = {d: u for d, u in zip(arrivals.days[row], arrivals.units[row], strict=True) if u}
    return {
        "starts": {d: u for d, u in coming.items() if d < max(leads) + review},
        "served": [(lead, lead + review) for lead in leads],
    }


def test_a_timeline_has_every_arrival_and_the_days_that_an_order_serves() -> None:
    arrivals = Arrivals(
        np.array([[3.0, 14.0, 50.0], [0.0, 0.0, 0.0]]), np.array([[5.0, 6.0, 7.0], [0.0, 0.0, 0.0]])
    )
    supply = Supply(from_moments(np.array([14.0, 9.0]), np.array([4.0, 0.0])), np.full(2, 7.0))
    line = timeline_of(arrivals, supply)
    for row in range(2):
        told = _by_hand(arrivals, supply.lead_times.atoms_days[row].tolist(), 7.0, row)
        begins = np.concatenate([[0.0], line.ends[row]])
        found = {begins[j]: u for j, u in enumerate(line.arrivals[row]) if u}
        assert found == told["starts"]
        served = zip(begins[line.first[row]], begins[line.last[row]], strict=True)
        assert list(served) == told["served"]
        assert (np.diff(line.ends[row]) >= 0).all()
