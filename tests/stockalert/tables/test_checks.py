"""Bad rows are told apart with a reason; what goes out keeps the contract or stops the night."""

from __future__ import annotations

import math
import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockalert.errors import ContractError
from stockalert.tables import INPUT_TABLES, OUTPUT_TABLES
from stockalert.tables.checks import check, split

SALES = INPUT_TABLES["sales"]
LONG_AGO = pd.Timestamp("1900-01-01")


def shop_sales(**changes: object) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "sku": pd.Series(["tea", "jam", "oats"], dtype="str"),
            "location": pd.Series(["lyon", "lyon", "nice"], dtype="str"),
            "date": pd.to_datetime(["2024-03-04", "2024-03-04", "2024-03-05"]).as_unit("us"),
            "units_sold": [3.0, 0.0, 12.0],
            "unit_price": [2.5, np.nan, 1.2],
        }
    )
    return frame.assign(**changes)


def test_good_rows_pass_untouched_and_unknown_is_allowed_where_the_contract_says_so() -> None:
    good, bad = split(shop_sales(), SALES)
    pd.testing.assert_frame_equal(good, shop_sales())
    assert bad.empty
    assert list(bad.columns) == [*shop_sales().columns, "reason"]


@pytest.mark.parametrize(
    ("column", "values", "reason"),
    [
        ("units_sold", [3.0, -1.0, 1.0], "units_sold: expected a number ≥ 0"),
        ("units_sold", [3.0, np.nan, 1.0], "units_sold: expected a value"),
        ("units_sold", [3.0, np.inf, 1.0], "units_sold: expected a number ≥ 0"),
        ("unit_price", [3.0, -np.inf, 1.0], "unit_price: expected a number ≥ 0"),
        ("sku", ["tea", None, "oats"], "sku: expected a value"),
        ("sku", ["tea", "", "oats"], "sku: expected a text"),
    ],
)
def test_a_bad_value_is_refused_with_its_reason(
    column: str, values: list[object], reason: str
) -> None:
    kind = "str" if column == "sku" else "float64"
    good, bad = split(shop_sales(**{column: pd.Series(values, dtype=kind)}), SALES)
    assert good.index.tolist() == [0, 2]
    assert bad["reason"].to_dict() == {1: reason}


def test_an_absurd_date_is_refused_but_an_old_launch_is_not() -> None:
    dates = shop_sales()["date"].where([True, False, True], LONG_AGO)
    assert split(shop_sales(date=dates), SALES)[1].index.tolist() == [1]
    products = pd.DataFrame({"sku": ["soap"], "launch_date": [pd.Timestamp("1898-01-01")]})
    old = products.assign(launch_date=pd.Timestamp("1925-05-01"))
    assert len(split(products, INPUT_TABLES["products"])[1]) == 1
    assert split(old, INPUT_TABLES["products"])[1].empty


def test_a_row_that_breaks_several_columns_names_them_all() -> None:
    bad = split(shop_sales(units_sold=-1.0, unit_price=-2.0), SALES)[1]
    expected = "units_sold: expected a number ≥ 0; unit_price: expected a number ≥ 0"
    assert bad["reason"].tolist() == [expected] * 3


def test_a_promotion_needs_a_sku_or_a_category_and_must_not_end_before_it_starts() -> None:
    promotions = pd.DataFrame(
        {
            "sku": pd.Series(["tea", None, None, "jam"], dtype="str"),
            "category": pd.Series([None, "drinks", None, None], dtype="str"),
            "start_date": pd.to_datetime(["2024-05-01"] * 4),
            "end_date": pd.to_datetime(["2024-05-01", "2024-05-08", "2024-05-08", "2024-04-30"]),
        }
    )
    bad = split(promotions, INPUT_TABLES["promotions"])[1]
    assert bad["reason"].to_dict() == {
        2: "sku: expected a value here or in category",
        3: "end_date: expected nothing below start_date",
    }


def test_only_known_words_are_allowed_where_the_contract_lists_them() -> None:
    suppliers = pd.DataFrame({"supplier_id": ["a", "b", "c"], "status": ["active", None, "late"]})
    bad = split(suppliers, INPUT_TABLES["suppliers"])[1]
    assert bad["reason"].tolist() == ["status: expected one of active, disrupted"]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["tea", "jam", "", None]),
            st.floats(width=32) | st.none(),
            st.floats(width=32) | st.none(),
        ),
        max_size=20,
    )
)
def test_split_agrees_with_reading_row_by_row(
    rows: list[tuple[str | None, float | None, float | None]],
) -> None:
    def keeps_the_contract(sku: str | None, sold: float | None, price: float | None) -> bool:
        known = bool(sku) and sold is not None and not math.isnan(sold)
        fits = known and 0 <= float(sold or 0) < math.inf
        return fits and (price is None or math.isnan(price) or 0 <= price < math.inf)

    frame = pd.DataFrame(
        {
            "sku": pd.Series([row[0] for row in rows], dtype="str"),
            "units_sold": pd.Series([row[1] for row in rows], dtype="float64"),
            "unit_price": pd.Series([row[2] for row in rows], dtype="float64"),
        }
    )
    good, bad = split(frame, SALES)
    assert good.index.tolist() == [i for i, row in enumerate(rows) if keeps_the_contract(*row)]
    assert sorted([*good.index, *bad.index]) == list(range(len(rows)))
    assert bad["reason"].str.len().gt(0).all()


def test_a_million_bad_rows_take_seconds_not_minutes() -> None:
    n_rows = 1_000_000
    sku = pd.Series(["tea"], dtype="str").repeat(n_rows).reset_index(drop=True)
    frame = pd.DataFrame({"sku": sku, "units_sold": np.full(n_rows, -1.0)})
    split(frame.head(), SALES)
    start = time.perf_counter()
    good, bad = split(frame, SALES)
    assert time.perf_counter() - start < 6
    assert (len(good), len(bad)) == (0, n_rows)


def test_check_orders_types_and_completes_the_columns() -> None:
    shuffled = shop_sales().iloc[::-1, ::-1].assign(units_sold=[12, 0, 3])
    checked = check(shuffled, SALES)
    assert tuple(checked.columns) == SALES.names
    assert checked["promo_units"].isna().all()
    assert checked.index.tolist() == [0, 1, 2]
    types = [str(kind) for kind in checked.dtypes]
    assert types == ["str", "str", "datetime64[us]", "float64", "float64", "float64"]


@pytest.mark.parametrize("table", OUTPUT_TABLES.values(), ids=lambda table: table.name)
def test_an_empty_night_keeps_every_output_contract(table) -> None:
    empty = pd.DataFrame({name: [] for name in table.names})
    assert tuple(check(empty, table).columns) == table.names


def test_attributes_of_open_tables_are_kept_as_text() -> None:
    products = pd.DataFrame({"sku": ["tea"], "colour": ["green"], "grade": [2]})
    checked = check(products, INPUT_TABLES["products"])
    assert checked[["colour", "grade"]].iloc[0].tolist() == ["green", "2"]


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (shop_sales(colour="red"), "column colour: expected only sku, location"),
        (shop_sales().drop(columns="date"), "column date: expected the column, found sku"),
        (shop_sales(units_sold=["a", "b", "c"]), "column units_sold: expected a number ≥ 0"),
        (shop_sales(units_sold=[1.0, -2.0, 3.0]), r"found -2.0 \(bad rows: 1 of 3\)"),
        (shop_sales(units_sold=[1.0, np.nan, 3.0]), "expected a value, found nothing"),
        (shop_sales(date=pd.Timestamp("2024-03-04 11:30")), "column date: expected a date from"),
        (pd.concat([shop_sales()] * 2), "column sku, location, date: expected each key once"),
    ],
)
def test_check_refuses_in_plain_words(frame: pd.DataFrame, message: str) -> None:
    with pytest.raises(ContractError, match=f"table sales, .*{message}"):
        check(frame, SALES)


def test_quantiles_that_cross_never_leave_the_house() -> None:
    table = OUTPUT_TABLES["forecasts"]
    levels = {name: [float(i)] for i, name in enumerate(table.names[3:-1])}
    row = pd.DataFrame({"sku": ["tea"], "location": ["lyon"], "horizon_days": [7.0], **levels})
    row = row.assign(expected_demand=4.0)
    check(row, table)
    with pytest.raises(ContractError, match="column q900: expected nothing below q800"):
        check(row.assign(q900=0.0), table)


def test_only_days_of_cover_may_be_infinite() -> None:
    kpis = pd.DataFrame(
        {"date": [pd.Timestamp("2024-03-04")], "location": ["lyon"], "abc_class": ["A"]}
    )
    check(kpis.assign(days_of_cover=np.inf), OUTPUT_TABLES["kpis"])
    with pytest.raises(ContractError, match="holding_cost"):
        check(kpis.assign(holding_cost=np.inf), OUTPUT_TABLES["kpis"])
