from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from stockalert.lead_time import LeadTimes, declared_terms, from_moments, learn

AS_OF = date(2026, 3, 31)
SERIES = pd.DataFrame({"sku": ["mug", "plate", "vase"], "location": ["default"] * 3})
PRODUCTS = pd.DataFrame({"sku": ["mug", "plate"], "supplier_id": ["north", "north"]})
SUPPLIERS = pd.DataFrame(
    {
        "supplier_id": ["north"],
        "lead_time_days": [10.0],
        "lead_time_sd_days": [2.0],
        "review_days": [7.0],
        "order_cost": [25.0],
    }
)


def _order(sku: str, ordered: str, received: str | None, supplier: str | None = "north") -> dict:
    return {
        "po_id": f"{sku}-{ordered}",
        "sku": sku,
        "location": "default",
        "supplier_id": supplier,
        "units_ordered": 10.0,
        "ordered_at": pd.Timestamp(ordered),
        "received_at": pd.Timestamp(received) if received else pd.NaT,
        "cancelled_at": pd.NaT,
    }


def _receipts(sku: str, days: list[int], supplier: str | None = "north") -> list[dict]:
    starts = pd.date_range(end="2026-02-20", periods=len(days), freq="D")
    return [
        _order(sku, str(start.date()), str((start + pd.Timedelta(days=d)).date()), supplier)
        for start, d in zip(starts, days, strict=True)
    ]


def _learn(
    orders: list[dict],
    *,
    products: pd.DataFrame | None = PRODUCTS,
    suppliers: pd.DataFrame | None = SUPPLIERS,
    supplier_items: pd.DataFrame | None = None,
) -> LeadTimes:
    terms = declared_terms(
        SERIES, products=products, suppliers=suppliers, supplier_items=supplier_items
    )
    frame = pd.DataFrame(orders) if orders else None
    return learn(SERIES, terms, frame, as_of=AS_OF, default_days=14.0)


@settings(deadline=None, max_examples=40)
@given(st.floats(0.5, 200), st.floats(0.01, 60))
def test_atoms_keep_mean_and_deviation_exactly(mean: float, sd: float) -> None:
    found = from_moments(np.array([mean]), np.array([sd]))
    atoms, weight = found.atoms_days[0], found.probabilities[0]
    assert weight.sum() == pytest.approx(1)
    assert atoms @ weight == pytest.approx(mean)
    assert np.sqrt(((atoms - mean) ** 2) @ weight) == pytest.approx(sd, rel=1e-5)
    assert (atoms >= 0).all()
    assert (np.diff(atoms) > 0).all()


def test_atoms_average_a_smooth_function_as_the_gamma_distribution_does() -> None:
    found = from_moments(np.array([14.0]), np.array([5.0]))
    gamma = stats.gamma(a=(14 / 5) ** 2, scale=25 / 14)
    expected = gamma.expect(lambda days: np.exp(-days / 10))
    assert np.exp(-found.atoms_days[0] / 10) @ found.probabilities[0] == pytest.approx(
        expected, rel=1e-4
    )


def test_without_orders_the_declared_lead_time_holds_exactly() -> None:
    found = _learn([])
    assert found.mean_days.tolist() == [10.0, 10.0, 14.0]
    assert found.sd_days.tolist() == [2.0, 2.0, 0.0]


def test_an_item_without_receipts_of_its_own_keeps_what_is_declared() -> None:
    found = _learn(_receipts("mug", [30] * 40))
    assert found.mean_days[1] == 10.0
    assert found.sd_days[1] == 2.0


def test_a_null_deviation_is_a_fixed_lead_time() -> None:
    found = _learn([], suppliers=SUPPLIERS.assign(lead_time_sd_days=np.nan))
    assert found.sd_days.tolist() == [0.0, 0.0, 0.0]
    assert found.atoms_days.tolist() == [[10.0], [10.0], [14.0]]


def test_the_supplier_item_goes_before_the_product_and_the_product_before_the_supplier() -> None:
    items = pd.DataFrame(
        {"sku": ["mug"], "supplier_id": ["north"], "lead_time_days": [4.0], "priority": [1]}
    )
    products = PRODUCTS.assign(lead_time_days=[6.0, 7.0])
    assert _learn([], products=products, supplier_items=items).mean_days.tolist() == [
        4.0,
        7.0,
        14.0,
    ]


def test_an_item_without_supplier_is_bought_from_the_one_of_first_priority() -> None:
    items = pd.DataFrame(
        {"sku": ["vase", "vase"], "supplier_id": ["far", "near"], "priority": [2, 1]}
    ).assign(lead_time_days=[60.0, 3.0])
    terms = declared_terms(SERIES, products=PRODUCTS, supplier_items=items)
    assert terms["supplier_id"].tolist()[2] == "near"
    assert terms["lead_time_days"].tolist()[2] == 3.0


def test_many_receipts_outweigh_the_declaration_and_a_few_do_not() -> None:
    few, many = (_learn(_receipts("mug", [20] * n)).mean_days[0] for n in (2, 200))
    assert 10 < few < 14
    assert 18 < many < 20


def test_the_learned_mean_is_a_weighted_average_of_receipts_and_declaration() -> None:
    orders = _receipts("mug", [12, 16])
    ages = [(pd.Timestamp(AS_OF) - order["ordered_at"]).days for order in orders]
    weights = [0.5 ** (age / 365) for age in ages]
    expected = (weights[0] * 12 + weights[1] * 16 + 5 * 10) / (sum(weights) + 5)
    assert _learn(orders).mean_days[0] == pytest.approx(expected)


def test_the_suppliers_other_receipts_speak_where_nothing_is_declared() -> None:
    products = pd.DataFrame({"sku": SERIES["sku"], "supplier_id": ["north"] * 3})
    found = _learn(_receipts("mug", [30] * 50), products=products, suppliers=None)
    assert found.mean_days[2] == pytest.approx((5 * 30 + 14) / 6)


def test_undeclared_lead_times_vary_as_much_as_elsewhere_in_the_shop() -> None:
    elsewhere = [_order("vase", "2026-01-05", f"2026-01-{day}", "far") for day in range(10, 30)]
    products = pd.DataFrame({"sku": SERIES["sku"], "supplier_id": ["north"] * 3})
    found = _learn(elsewhere, products=products, suppliers=None)
    assert found.mean_days[0] == 14
    assert found.sd_days[0] == pytest.approx(np.std(range(5, 25), ddof=1), rel=1e-6)
    assert _learn(elsewhere).sd_days[0] == _learn([]).sd_days[0]  # declared holds exactly


def test_a_receipt_from_another_supplier_says_nothing_about_this_one() -> None:
    found = _learn(_receipts("mug", [90, 90], supplier="far"))
    assert found.mean_days[0] == 10.0


def test_receipts_without_supplier_count_for_their_item() -> None:
    found = _learn(_receipts("vase", [5] * 100, supplier=None))
    assert found.mean_days[2] == pytest.approx(5, abs=0.5)


def test_scattered_receipts_make_the_lead_time_random() -> None:
    days = [5, 25] * 60
    found = _learn(_receipts("mug", days), suppliers=SUPPLIERS.assign(lead_time_sd_days=np.nan))
    assert found.sd_days[0] == pytest.approx(10, rel=0.1)


def test_a_late_open_order_lengthens_the_lead_time_and_a_fresh_one_does_not() -> None:
    receipts = _receipts("mug", [10] * 5)
    on_time = _learn(receipts).mean_days[0]
    assert _learn([*receipts, _order("mug", "2026-03-25", None)]).mean_days[0] == on_time
    assert _learn([*receipts, _order("mug", "2026-02-25", None)]).mean_days[0] > on_time


def test_an_order_open_for_years_is_forgotten_paperwork() -> None:
    receipts = _receipts("mug", [10] * 5)
    found = _learn([*receipts, _order("mug", "2023-01-02", None)])
    assert found.mean_days[0] == _learn(receipts).mean_days[0]


def test_nothing_received_after_the_cutoff_counts() -> None:
    early = _receipts("mug", [10] * 5)
    future = [_order("mug", "2026-03-30", "2026-07-30"), _order("mug", "2026-04-02", "2026-04-03")]
    assert _learn([*early, *future]).mean_days[0] == _learn(early).mean_days[0]


def test_an_order_received_no_later_than_it_was_placed_says_nothing() -> None:
    receipts = _receipts("mug", [10] * 5)
    strange = [_order("mug", "2026-01-05", "2026-01-05"), _order("mug", "2026-01-05", "2025-12-01")]
    assert _learn([*receipts, *strange]).mean_days[0] == _learn(receipts).mean_days[0]


def test_a_cancelled_order_says_nothing() -> None:
    receipts = _receipts("mug", [10] * 5)
    cancelled = _order("mug", "2026-01-05", None) | {"cancelled_at": pd.Timestamp("2026-02-01")}
    assert _learn([*receipts, cancelled]).mean_days[0] == _learn(receipts).mean_days[0]


@settings(deadline=None, max_examples=40)
@given(st.randoms(use_true_random=False))
def test_the_order_of_the_purchase_orders_changes_no_bit(random) -> None:
    orders = _receipts("mug", [3, 9, 14, 8, 7]) + _receipts("plate", [10, 33, 2])
    shuffled = list(orders)
    random.shuffle(shuffled)
    assert (_learn(orders).mean_days == _learn(shuffled).mean_days).all()
    assert (_learn(orders).sd_days == _learn(shuffled).sd_days).all()
