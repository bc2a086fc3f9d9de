"""Strange but possible input: every feature stays sensible, and says unknown where it must."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from features.build import build_rows
from features.facts import FAMILIES_READ, read_facts
from features.reading import read_panel
from stockalert.rows import Rows

DAYS = pd.date_range("2022-01-03", "2024-06-30")
AS_OF = date(2024, 6, 30)


def _sales(sku: str = "tea", units: float = 2.0, days: pd.DatetimeIndex = DAYS) -> pd.DataFrame:
    return pd.DataFrame({"sku": sku, "date": days, "units_sold": units, "unit_price": 3.0})


def _rows(folder: Path, vocabulary=None, **tables: pd.DataFrame) -> Rows:
    for name, table in tables.items():
        table.to_parquet(folder / f"{name}.parquet", index=False)
    panel = read_panel(folder, period="D", as_of=AS_OF)
    facts = read_facts(folder, panel, vocabulary=vocabulary)
    horizons = np.full((panel.n_series, 1), 7)
    rows = build_rows(
        panel, facts, cutoffs=[panel.n_periods - 1], horizons=horizons, with_target=False
    )
    assert not np.isinf(rows.values).any()
    assert np.all(rows.scale > 0)
    return rows


def test_a_price_of_zero_is_no_price(tmp_path: Path) -> None:
    sales = _sales()
    sales.loc[sales.index[-30:], "unit_price"] = 0.0
    _rows(tmp_path, sales=sales)
    panel = read_panel(tmp_path, period="D", as_of=AS_OF)
    assert panel.price is not None
    assert panel.price[0, -1] == 3.0


def test_a_listed_price_of_zero_gives_no_infinite_feature(tmp_path: Path) -> None:
    prices = pd.DataFrame({"sku": ["tea"], "start_date": DAYS[-20:-19], "unit_price": [0.0]})
    _rows(tmp_path, sales=_sales().drop(columns="unit_price"), prices=prices)


def test_an_item_that_never_sold_has_a_small_positive_scale(tmp_path: Path) -> None:
    stock = pd.DataFrame({"sku": "jam", "date": DAYS[-90:], "on_hand": 5.0})
    rows = _rows(tmp_path, sales=_sales(), stock=stock)
    assert rows.scale[0] < 2.0


def test_one_bulk_order_of_ten_thousand_does_not_become_the_level_for_good(tmp_path: Path) -> None:
    sales = _sales()
    sales.loc[sales.index[-100], "units_sold"] = 10_000.0
    rows = _rows(tmp_path, sales=sales)
    assert rows.scale[0] < 10_000 / 91


def test_two_years_without_rows_are_two_years_without_sales(tmp_path: Path) -> None:
    rows = _rows(tmp_path, sales=_sales(days=DAYS[:60].append(DAYS[-60:])))
    level = rows.values[0, list(rows.names).index("level_28d")] * rows.scale[0]
    year = rows.values[0, list(rows.names).index("level_364d")] * rows.scale[0]
    assert np.isclose(level, 2.0, rtol=1e-4)
    assert np.isclose(year, 2.0 * 60 / 364, rtol=1e-3)


def test_a_category_seen_only_at_prediction_time_is_unknown(tmp_path: Path) -> None:
    products = pd.DataFrame({"sku": ["tea"], "category": ["novelty"]})
    known = {"attribute_category": ["drinks", "breakfast"], FAMILIES_READ: ["attributes"]}
    rows = _rows(tmp_path, vocabulary=known, sales=_sales(), products=products)
    assert np.isnan(rows.values[0, list(rows.names).index("attribute_category")])


def test_sales_while_out_of_stock_never_lift_the_rate(tmp_path: Path) -> None:
    sales, stock = _sales(), pd.DataFrame({"sku": "tea", "date": DAYS, "in_stock_share": 1.0})
    stock.loc[stock.index[-10:], "in_stock_share"] = 0.0
    sales.loc[sales.index[-10:], "units_sold"] = 500.0
    rows = _rows(tmp_path, sales=sales, stock=stock)
    level = rows.values[0, list(rows.names).index("level_28d")] * rows.scale[0]
    assert np.isclose(level, 2.0, rtol=1e-4)
