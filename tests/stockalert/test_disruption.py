"""A supplier that is down or late moves lead times at once, and its items go elsewhere."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from stockalert.disruption import delayed, standing_of
from stockalert.lead_time import from_moments
from stockalert.purchasing.alternatives import elsewhere, offers_of

AS_OF = date(2026, 3, 31)
IDS = pd.Series(["ACME", "BOLT", None], dtype="str")


def _suppliers(**columns: object) -> pd.DataFrame:
    base = {"supplier_id": ["ACME"], "status": ["disrupted"]}
    base |= {"status_since": [pd.NaT], "disrupted_until": [pd.NaT]}
    return pd.DataFrame(base | {k: pd.to_datetime([v]) for k, v in columns.items()})


def _lines(late: int, on_time: int, *, days: int = 6) -> pd.DataFrame:
    n = late + on_time
    due = pd.Timestamp(AS_OF) - pd.Timedelta(days=days)
    frame = pd.DataFrame({"sku": [f"mug {i}" for i in range(n)], "location": "default"})
    received = [pd.NaT] * late + [due] * on_time
    return frame.assign(
        supplier_id="ACME",
        ordered_at=due - pd.Timedelta(days=9),
        expected_at=due,
        received_at=pd.to_datetime(pd.Series(received)),
        cancelled_at=pd.NaT,
        units_ordered=5.0,
        units_received=np.nan,
    )


def test_a_known_end_adds_the_days_that_remain_and_touches_nobody_else() -> None:
    standing = standing_of(_suppliers(disrupted_until="2026-04-20"), None, as_of=AS_OF)
    usual = from_moments(np.array([7.0, 7.0, 7.0]), np.array([2.0, 2.0, 2.0]))
    shifted = standing.shifted(usual, IDS)
    assert shifted.mean_days.tolist() == [27.0, 7.0, 7.0]
    assert shifted.sd_days == pytest.approx([2.0, 2.0, 2.0])
    kept = shifted.probabilities[1] > 0
    assert np.array_equal(shifted.atoms_days[1][kept], usual.atoms_days[1])


def test_the_atoms_keep_the_moments_that_are_told() -> None:
    standing = standing_of(_suppliers(status_since="2026-03-11"), None, as_of=AS_OF)
    shifted = standing.shifted(from_moments(np.full(3, 7.0), np.full(3, 2.0)), IDS)
    mean = (shifted.atoms_days * shifted.probabilities).sum(axis=1)
    second = (shifted.atoms_days**2 * shifted.probabilities).sum(axis=1)
    assert mean == pytest.approx(shifted.mean_days)
    assert np.sqrt(second - mean**2) == pytest.approx(shifted.sd_days)
    assert shifted.probabilities.sum(axis=1) == pytest.approx([1.0, 1.0, 1.0])
    assert (np.diff(shifted.atoms_days, axis=1) >= 0).all()


def test_an_unknown_end_has_gotts_quantiles() -> None:
    """Seen at a uniform moment of its life, it remains longer than r with e ÷ (e + r)."""
    rng = np.random.default_rng(1)
    elapsed = 20.0
    share = rng.random(400_000)
    remaining = elapsed * (1 - share) / share
    standing = standing_of(_suppliers(status_since="2026-03-11"), None, as_of=AS_OF)
    told = standing.extra_days[0]
    assert told == pytest.approx(np.quantile(remaining, [1 / 6, 1 / 2, 5 / 6]), rel=0.02)
    assert "since 2026-03-11, with no end known" in standing.problem.iloc[0]


def test_an_end_that_has_passed_is_no_end_and_a_status_to_come_is_not_there_yet() -> None:
    over = standing_of(_suppliers(disrupted_until="2026-03-30"), None, as_of=AS_OF)
    assert (over.extra_days[0] > 0).all()
    later = standing_of(_suppliers(status_since="2026-04-02"), None, as_of=AS_OF)
    assert not later.down.any()


def test_what_is_said_by_hand_goes_before_the_table() -> None:
    hand = {"ACME": (date(2026, 3, 1), date(2026, 4, 3)), "ODD": (date(2026, 5, 1), None)}
    told = standing_of(_suppliers(), None, as_of=AS_OF, by_hand=hand)
    assert told.supplier_id.tolist() == ["ACME"]
    assert told.mean_extra_days.tolist() == [3.0]


def test_active_suppliers_and_empty_tables_change_nothing() -> None:
    usual = from_moments(np.full(3, 7.0), np.full(3, 2.0))
    for suppliers in (None, _suppliers().assign(status="active"), _suppliers().iloc[:0]):
        standing = standing_of(suppliers, None, as_of=AS_OF)
        assert standing.shifted(usual, IDS) is usual
        assert standing.problems(IDS).isna().all()


@pytest.mark.parametrize(
    ("late", "on_time", "is_late"), [(3, 3, True), (2, 0, False), (3, 4, False)]
)
def test_a_supplier_is_late_with_three_lines_and_half_of_what_was_due(
    late: int, on_time: int, is_late: bool
) -> None:
    standing = standing_of(None, _lines(late, on_time), as_of=AS_OF)
    assert bool(standing.late.any()) == is_late
    if is_late:
        assert standing.mean_extra_days[0] == pytest.approx(6 * late / (late + on_time))
        assert "3 order lines overdue, by 6 days on average" in standing.problem.iloc[0]


def test_forgotten_and_cancelled_lines_make_nobody_late() -> None:
    assert not standing_of(None, _lines(5, 0, days=200), as_of=AS_OF).late.any()
    cancelled = _lines(5, 0).assign(cancelled_at=pd.Timestamp(AS_OF))
    assert not standing_of(None, cancelled, as_of=AS_OF).late.any()
    future = _lines(5, 0, days=-3)
    assert not standing_of(None, future, as_of=AS_OF).late.any(), "nothing was due yet"


def test_open_orders_of_a_supplier_that_is_down_come_after_its_end() -> None:
    standing = standing_of(_suppliers(disrupted_until="2026-04-20"), None, as_of=AS_OF)
    orders = delayed(_lines(1, 1), standing, as_of=AS_OF)
    assert orders is not None
    assert orders["expected_at"].astype(str).tolist() == ["2026-04-20", "2026-03-25"]
    assert delayed(None, standing, as_of=AS_OF) is None


def _shop() -> tuple[pd.DataFrame, pd.DataFrame]:
    products = pd.DataFrame(
        {"sku": ["mug", "jug", "cup"], "supplier_id": ["ACME", "ACME", "BOLT"], "unit_cost": 2.0}
    )
    offers = pd.DataFrame(
        {
            "sku": ["mug", "mug", "mug", "jug"],
            "supplier_id": ["BOLT", "COIL", "ACME", "SLOW"],
            "unit_cost": [2.4, 2.2, 2.0, 1.0],
            "lead_time_days": [5.0, 9.0, 7.0, 90.0],
            "priority": [2.0, 1.0, 0.0, 1.0],
        }
    )
    return products, offers


def test_an_item_goes_to_the_supplier_asked_next_that_delivers_sooner() -> None:
    products, items = _shop()
    down = standing_of(_suppliers(disrupted_until="2026-04-20"), None, as_of=AS_OF)
    moved, usual = elsewhere(products, offers_of(items, None, default_days=14.0), down)
    assert moved is not None
    assert moved["supplier_id"].tolist() == ["COIL", "ACME", "BOLT"], "SLOW comes after the strike"
    assert moved["unit_cost"].tolist() == [2.2, 2.0, 2.0]
    assert usual.to_dict() == {"mug": "ACME"}


def test_nobody_moves_to_a_supplier_that_is_down_or_while_the_usual_one_delivers() -> None:
    products, items = _shop()
    offers = offers_of(items.sample(frac=1.0, random_state=3), None, default_days=14.0)
    until = date(2026, 4, 20)
    hand = {"ACME": (None, until), "COIL": (None, until)}
    both = standing_of(None, None, as_of=AS_OF, by_hand=hand)
    assert elsewhere(products, offers, both)[0]["supplier_id"].tolist()[0] == "BOLT"
    nobody = standing_of(None, None, as_of=AS_OF)
    assert elsewhere(products, offers, nobody)[0] is products
