"""Table `alerts` of a night: open, muted, risen, gone; its history; what it costs at scale."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from stockalert.alerts.conditions import Rules
from stockalert.alerts.night import Before, Circumstances, alerts_of
from stockalert.alerts.silences import Acknowledgement, Silence
from stockalert.tables.checks import check
from stockalert.tables.outputs import OUTPUT_TABLES
from tests.stockalert.alerts.shop import evening

AS_OF = date(2026, 3, 1)
NIGHT = Circumstances(AS_OF, AS_OF, datetime(2026, 3, 2, 2), "first", live=False)
NEXT = replace(NIGHT, now=NIGHT.now + timedelta(hours=1), episode="second")


def night(
    stock: dict[str, float], when: Circumstances = NIGHT, before: Before | None = None, **more: Any
) -> pd.DataFrame:
    """Alerts of a shop that sells two of each a day; 21 is the reorder point."""
    shop = evening(list(stock), on_hand=np.array(list(stock.values())), **more.pop("shop", {}))
    shop = replace(shop, **more.pop("tables", {}))
    found = alerts_of(shop, more.pop("rules", Rules()), when, before or Before())
    return pd.DataFrame(check(found, OUTPUT_TABLES["alerts"]))


def kinds(found: pd.DataFrame, state: str = "open") -> dict[str, list[str]]:
    mine = found[found["state"] == state]
    return mine.groupby("sku")["kind"].agg(list).to_dict()


def test_each_item_tells_its_worst_problem_alone() -> None:
    found = night({"well": 60.0, "low": 18.0, "nearly out": 6.0, "out": 0.0})
    assert kinds(found) == {
        "low": ["reorder_now"],
        "nearly out": ["stockout_risk_before_arrival"],
        "out": ["stocked_out"],
    }
    assert kinds(found, "inhibited") == {"nearly out": ["reorder_now"], "out": ["reorder_now"]}
    assert found["money_at_risk"].tolist() == pytest.approx((found["units_at_risk"] * 4).tolist())


def test_new_stock_clears_within_one_run_and_a_sale_raises_within_one_run() -> None:
    first = night({"mug": 18.0, "pot": 30.0})
    second = night({"mug": 60.0, "pot": 20.0}, NEXT, Before(alerts=first))
    assert kinds(first) == {"mug": ["reorder_now"]}
    assert kinds(second) == {"pot": ["reorder_now"]}


def test_an_alert_keeps_its_name_and_age_while_it_is_open_and_gets_a_new_one_when_it_returns() -> (
    None
):
    first = night({"mug": 18.0})
    held = night({"mug": 22.0}, NEXT, Before(alerts=first))
    gone = night({"mug": 40.0}, NEXT, Before(alerts=held))
    back = night({"mug": 18.0}, replace(NEXT, episode="third"), Before(alerts=gone))
    one, two, three = (table.iloc[0] for table in (first, held, back))
    assert len(gone) == 0
    assert one["fingerprint"] == two["fingerprint"] == three["fingerprint"]
    assert (one["episode"], two["episode"], three["episode"]) == ("first", "first", "third")
    assert two["first_seen"] == one["first_seen"] < two["last_seen"]


def test_a_clock_set_back_leaves_first_before_last() -> None:
    first = night({"mug": 18.0})
    early = replace(NEXT, now=NIGHT.now - timedelta(days=3))
    row = night({"mug": 18.0}, early, Before(alerts=first)).iloc[0]
    assert row["first_seen"] <= row["last_seen"]


def test_a_supplier_that_is_down_speaks_for_its_items() -> None:
    suppliers = pd.DataFrame(
        {"supplier_id": ["farm"], "name": ["Farm & Sons"], "status": ["disrupted"]}
    )
    stock = {f"sku {n}": 5.0 for n in range(400)}
    found = night(stock, tables={"suppliers": suppliers})
    (only,) = found[found["state"] == "open"].to_dict("records")
    assert only["kind"] == "supplier_disrupted"
    assert "800 alerts" in only["message"]
    assert "Farm & Sons is disrupted" in only["message"]
    assert only["money_at_risk"] > 400


def test_silences_and_acknowledgements_show_in_the_table() -> None:
    name = night({"mug": 18.0}).iloc[0]["fingerprint"]
    until = NIGHT.now + timedelta(days=2)
    mine = Before(acknowledged={name: Acknowledgement(until)})
    row = night({"mug": 18.0}, before=mine).iloc[0]
    assert (row["state"], row["acknowledged_until"]) == ("acknowledged", until)
    quiet = Before(silences=[Silence({"kind": "reorder_*"}, until)])
    assert night({"mug": 18.0}, before=quiet).iloc[0]["state"] == "silenced"


def test_little_money_raises_no_alert_unknown_money_does() -> None:
    few = Rules(min_money_at_risk=1e6)
    assert len(night({"mug": 18.0}, rules=few)) == 0
    assert len(night({"mug": 18.0}, rules=few, shop={"price": np.nan})) == 1


def test_old_data_are_told_on_a_live_night_only() -> None:
    late = replace(NIGHT, now=datetime(2026, 3, 9, 2), live=True)
    (row,) = night({"well": 60.0}, late).to_dict("records")
    assert (row["kind"], row["severity"]) == ("data_stale", "critical")
    assert "8 days ago" in row["message"]
    assert len(night({"well": 60.0}, replace(late, live=False))) == 0
    old_stock = replace(NIGHT, last_stock=AS_OF - timedelta(days=9))
    assert "last stock" in night({"well": 60.0}, old_stock).iloc[0]["message"]


def test_a_forecast_that_covers_too_little_is_told_once() -> None:
    shop = evening(["a", "b", "c"], on_hand=np.full(3, 60.0))
    tired = shop.thresholds.assign(coverage_recent=[0.85, 0.96, 0.95])
    found = alerts_of(replace(shop, thresholds=tired), Rules(), NIGHT, Before())
    assert found["kind"].tolist() == ["model_degraded"]
    assert "33 %" in found["message"][0]


def test_without_a_stock_table_nothing_is_claimed_about_stock() -> None:
    assert len(night({"mug": np.nan, "pot": np.nan})) == 0


def test_permuting_the_items_changes_nothing() -> None:
    stock = {f"sku {n}": float(n) for n in range(30)}
    turned = dict(reversed(stock.items()))
    one, two = (night(one).set_index("fingerprint").sort_index() for one in (stock, turned))
    pd.testing.assert_frame_equal(one, two)
