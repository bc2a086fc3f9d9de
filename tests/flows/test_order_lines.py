"""Purchase orders are read some lines at a time, and say what all of them say together."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from flows.order_lines import open_lines, order_times
from stockalert.disruption import standing_of
from stockalert.lead_time import declared_terms, learn
from stockalert.tables.blocks import whole

AS_OF = date(2026, 3, 31)
SERIES = pd.DataFrame({"sku": ["mug", "pot"], "location": ["X", "X"]}, dtype="str")
TEXTS = ["sku", "location", "supplier_id"]


@pytest.fixture
def lines() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    n = 400
    ordered = pd.Timestamp("2026-01-01") + pd.to_timedelta(rng.integers(0, 100, n), unit="D")
    frame = pd.DataFrame(
        {
            "sku": rng.choice(["mug", "pot", "other"], n),
            "location": rng.choice(["X", "Y"], n),
            "supplier_id": rng.choice(["ada", "bea", "cal"], n),
            "quantity": 1.0,
            "ordered_at": ordered,
            "expected_at": ordered + pd.Timedelta(days=7),
            "received_at": ordered + pd.to_timedelta(rng.integers(1, 30, n), unit="D"),
            "cancelled_at": pd.NaT,
        }
    )
    for name in ("location", "supplier_id"):
        frame[name] = frame[name].where(rng.random(n) < 0.8)
    frame.loc[rng.random(n) < 0.3, "received_at"] = pd.NaT
    frame.loc[rng.random(n) < 0.1, "cancelled_at"] = pd.Timestamp("2026-03-01")
    times = [name for name in frame if name.endswith("_at")]
    return frame.astype(dict.fromkeys(TEXTS, "str") | dict.fromkeys(times, "datetime64[us]"))


@pytest.mark.parametrize("rows", [7, 100, 10_000])
def test_lead_times_and_disruptions_are_those_of_the_whole_table(
    lines, rows: int, tmp_path: Path, monkeypatch
) -> None:
    lines.to_parquet(tmp_path / "purchase_orders.parquet", row_group_size=31)
    monkeypatch.setattr("flows.order_lines.BATCH_ROWS", rows)
    found = order_times(tmp_path, "purchase_orders")
    assert len(found) == len(lines)
    terms = declared_terms(SERIES)
    asked = {"as_of": AS_OF, "default_days": 14.0}
    one, other = (learn(SERIES, terms, orders, **asked) for orders in (found, lines))
    np.testing.assert_array_equal(one.atoms_days, other.atoms_days)
    np.testing.assert_array_equal(one.probabilities, other.probabilities)
    late, expected = (standing_of(None, orders, as_of=AS_OF) for orders in (found, lines))
    assert list(late.supplier_id) == list(expected.supplier_id)
    np.testing.assert_array_equal(late.extra_days, expected.extra_days)
    np.testing.assert_array_equal(late.chances, expected.chances)


@pytest.mark.parametrize("rows", [7, 10_000])
def test_open_are_the_lines_that_are_placed_and_neither_here_nor_cancelled(
    lines, rows: int, tmp_path: Path, monkeypatch
) -> None:
    lines.to_parquet(tmp_path / "purchase_orders.parquet", row_group_size=31)
    monkeypatch.setattr("flows.order_lines.BATCH_ROWS", rows)
    today = pd.Timestamp(AS_OF)
    over = (lines["received_at"] <= today) | (lines["cancelled_at"] <= today)
    expected = lines[(lines["ordered_at"] <= today) & ~over].reset_index(drop=True)
    found = open_lines(tmp_path, "purchase_orders", as_of=AS_OF)
    pd.testing.assert_frame_equal(found, expected)


def test_no_table_and_no_lines_are_told_apart(lines, tmp_path: Path) -> None:
    assert order_times(tmp_path, "purchase_orders") is None
    assert open_lines(tmp_path, "purchase_orders", as_of=AS_OF) is None
    lines.iloc[:0].to_parquet(tmp_path / "purchase_orders.parquet")
    none = order_times(tmp_path, "purchase_orders")
    assert len(none) == len(whole(none)) == 0
    learned = learn(SERIES, declared_terms(SERIES), none, as_of=AS_OF, default_days=14.0)
    assert learned.mean_days.tolist() == [14.0, 14.0]
    assert not standing_of(None, none, as_of=AS_OF).late.any()
