"""What customers are told: when an item is back, what stands in, what may be offered."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from stockalert.availability import DeskTerms, availability_frame, ordered_tonight
from stockalert.lead_time import from_moments
from stockalert.positions import Position
from stockalert.restock import Restock, next_arrival, remaining_days
from stockalert.substitutes import substitutes_of
from stockalert.tables.checks import check
from stockalert.tables.outputs import OUTPUT_TABLES

AS_OF = date(2026, 3, 31)
NONE = np.nan


def test_the_wait_given_the_age_agrees_with_drawn_lead_times() -> None:
    rng = np.random.default_rng(4)
    drawn = rng.gamma((12 / 5) ** 2, 25 / 12, 2_000_000)
    for age in (0.0, 8.0, 20.0):
        left = drawn[drawn > age] - age
        for level in (0.5, 0.9):
            told = remaining_days([12.0], [5.0], [age], level).item()
            assert told == pytest.approx(np.quantile(left, level), abs=0.1)


def test_a_fixed_lead_time_comes_on_its_day_and_a_missed_one_keeps_us_waiting() -> None:
    assert remaining_days([9.0], [0.0], [4.0], 0.9).item() == 5.0
    median, late = (remaining_days([9.0], [0.0], [30.0], at).item() for at in (0.5, 0.9))
    assert (median, late) == pytest.approx((np.log(2), np.log(10)))
    assert np.isfinite(remaining_days([5.0], [0.5], [400.0], 0.9)).all()


def _series(*skus: str) -> pd.DataFrame:
    return pd.DataFrame({"sku": skus, "location": "main"})


def _orders(*lines: tuple[str, str, str | None]) -> pd.DataFrame:
    frame = pd.DataFrame(lines, columns=["sku", "ordered_at", "expected_at"])
    for name in ("ordered_at", "expected_at"):
        frame[name] = pd.to_datetime(frame[name])
    never = pd.Series([pd.NaT] * len(frame), dtype="datetime64[us]")
    blank = {"received_at": never, "cancelled_at": never, "units_received": NONE}
    return frame.assign(location="main", units_ordered=6.0, **blank)


def test_the_first_of_several_orders_counts_and_a_promise_ahead_is_believed() -> None:
    orders = _orders(
        ("mug", "2026-03-25", "2026-04-10"),
        ("mug", "2026-03-30", "2026-04-04"),
        ("jug", "2026-03-20", "2026-03-25"),
    )
    usual = from_moments(np.full(3, 10.0), np.full(3, 3.0))
    restock = next_arrival(_series("mug", "jug", "cup"), orders, usual, as_of=AS_OF)
    assert restock.expected[0] == 4.0
    assert restock.expected[1] == np.ceil(remaining_days([10.0], [3.0], [11.0], 0.5).item())
    assert np.isnan(restock.expected[2])
    assert (restock.late[:2] >= restock.expected[:2]).all()


def test_what_is_ordered_tonight_comes_a_lead_time_later() -> None:
    proposals = pd.DataFrame(
        {
            "sku": ["mug"],
            "location": ["main"],
            "order_day": pd.to_datetime(["2026-04-01"]),
            "expected_at": pd.to_datetime(["2026-04-08"]),
        }
    )
    usual = from_moments(np.full(2, 7.0), np.full(2, 2.0))
    told = ordered_tonight(_series("mug", "cup"), proposals, usual, as_of=AS_OF)
    assert told.expected.tolist()[0] == 8.0
    assert told.late[0] == 1 + np.ceil(remaining_days([7.0], [2.0], [0.0], 0.9).item())
    assert np.isnan(told.late[1])


def _products() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "sku": ["mug", "mug blue", "cup", "bowl", "plate"],
            "name": ["Mug", "Blue mug", "Cup <b>", None, "Plate"],
            "category": ["drink", "drink", "drink", "eat", "eat"],
            "brand": ["A", "A", "B", "A", "A"],
            "substitute_group": ["m", "m", None, None, None],
            "unit_price": [5.0, 6.0, 5.5, 5.0, 50.0],
            "unit_cost": [3.0, 3.0, 3.0, 3.0, 3.0],
        }
    )


def _desk(on_hand: list[float], **terms: object) -> pd.DataFrame:
    products = _products()
    series = products[["sku"]].assign(location="main")
    n = len(series)
    position = Position(np.array(on_hand), np.zeros(n), np.zeros(n), np.full(n, True))
    restock = Restock(
        np.array([5.0, NONE, NONE, 2.0, NONE]), np.array([9.0, NONE, NONE, 2.0, NONE])
    )
    frame = availability_frame(
        series,
        position,
        restock,
        products,
        units_per_day=np.ones(n),
        terms=DeskTerms(**terms),
        as_of=AS_OF,
    )
    return check(frame, OUTPUT_TABLES["availability"]).set_index("sku")


def test_a_sold_out_item_says_when_it_is_back_and_what_stands_in() -> None:
    desk = _desk([0.0, 9.0, 9.0, 2.0, 0.0], voucher_limit=1.0)
    mug = desk.loc["mug"]
    assert mug["status"] == "out"
    assert mug["substitutes"] == ["mug blue", "cup"]
    assert mug["message"] == (
        "Sold out. Expected back on 5 April 2026, by 9 April 2026 in nine cases out of ten. "
        "In stock instead: Blue mug, Cup <b>."
    )
    assert mug["offer"] == "Offer Blue mug instead, a voucher of up to 1.00"
    assert desk.loc["bowl", "message"] == "Only a few left. More is expected on 2 April 2026."
    assert desk.loc["plate", "message"] == "Sold out. No delivery date is known yet."
    assert desk.loc["plate", "substitutes"] is None, "a bowl is low, and ten times cheaper"
    assert desk.loc["cup", "message"] == "In stock."


def test_a_voucher_never_exceeds_limit_or_margin_nor_comes_for_a_short_wait() -> None:
    stock = [0.0, 9.0, 9.0, 0.0, 0.0]
    assert _desk(stock, voucher_limit=100.0)["voucher"].tolist()[0] == 2.0, "all it earns"
    assert np.isnan(_desk(stock, voucher_limit=100.0).loc["bowl", "voucher"]), "back in two days"
    assert _desk(stock)["voucher"].isna().all(), "no limit set, no voucher"


def test_in_french() -> None:
    desk = _desk([0.0, 9.0, 9.0, 2.0, 9.0], language="fr")
    assert desk.loc["mug", "message"] == (
        "Épuisé. Retour prévu le 5 avril 2026, au plus tard le 9 avril 2026 neuf fois sur dix. "
        "En stock à la place : Blue mug, Cup <b>."
    )
    assert desk.loc["cup", "message"] == "En stock."


def test_what_shoppers_take_for_each_other_counts_as_well() -> None:
    series = _products()[["sku"]].assign(location="main")
    liked = pd.DataFrame(
        {"sku": ["mug"], "other_sku": ["bowl"], "kind": ["substitute"], "lift": [400.0]}
    )
    out = np.array([True, False, False, False, False])
    found = substitutes_of(
        series,
        _products(),
        wanted=out,
        in_stock=~out,
        units_per_day=np.ones(5),
        most=2,
        affinities=liked,
    )
    assert found[0] == ["mug blue", "bowl"]
    assert found[1:].tolist() == [None] * 4


def test_nothing_stands_in_elsewhere_without_products_or_for_what_is_there() -> None:
    series = _products()[["sku"]].assign(location=["north", "south", "south", "south", "south"])
    out = np.array([True, False, False, False, False])
    options = {"wanted": out, "in_stock": ~out, "units_per_day": np.ones(5), "most": 3}
    assert substitutes_of(series, _products(), **options).tolist() == [None] * 5
    series["location"] = "main"
    assert substitutes_of(series, None, **options).tolist() == [None] * 5
