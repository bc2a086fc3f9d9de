"""VN2: 599 store-products by week, with in-stock flags.

An order placed at the end of a week can be sold from the third week on, so the protection interval
is three weeks. The last 30 of the 157 weeks are targets. The set has no prices.
Source: VN2 inventory planning challenge; benchmark use only.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.forecast.datasets.prepared import Prepared, days, dense
from benchmarks.forecast.problem import Problem

__all__ = ["prepare"]

_PERIODS = days("2021-04-12", "2024-04-08", step=7)
_TARGET_WEEKS = 30
_PROTECTION_DAYS = 21


def prepare(data: Path) -> Prepared:
    """Read `data`/vn2; every week is a cutoff from the 127th of the 157 on."""
    folder = data / "vn2"
    sales = _long(folder / "sales.csv", "units_sold")
    stock = _long(folder / "in_stock.csv", "in_stock_share")
    master = pd.read_csv(folder / "master.csv", dtype=str)
    products = master.rename(columns={"Product": "sku", "ProductGroup": "category"})
    products = products[["sku", "category", "Division", "Department", "DepartmentGroup"]]
    products = products.drop_duplicates("sku").assign(lead_time_days=14.0)
    locations = master.rename(columns={"Store": "location"})
    locations = locations[["location", "StoreFormat", "Format"]].drop_duplicates("location")
    series = sales[["sku", "location"]].drop_duplicates().merge(products[["sku", "category"]])
    series = series.sort_values(["sku", "location"], ignore_index=True)
    sold = sales[sales["units_sold"] > 0]
    tables = {"sales": sold, "stock": stock, "products": products, "locations": locations}
    problem = _problem(sales, stock, series)
    return Prepared(problem, tables, {"store-products evaluated": problem.n_series})


def _long(file: Path, column: str) -> pd.DataFrame:
    wide = pd.read_csv(file, dtype={"Store": str, "Product": str})
    wide = wide.rename(columns={"Store": "location", "Product": "sku"})
    long = wide.melt(["sku", "location"], var_name="date", value_name=column)
    return long.assign(date=pd.to_datetime(long["date"]), **{column: long[column].astype(float)})


def _problem(sales: pd.DataFrame, stock: pd.DataFrame, series: pd.DataFrame) -> Problem:
    demand = dense(sales, series, _PERIODS, "units_sold")
    first_cutoff, horizon = len(_PERIODS) - _TARGET_WEEKS - 1, _PROTECTION_DAYS // 7
    return Problem(
        name="vn2",
        period_days=7,
        periods=_PERIODS,
        demand=demand,
        observed=dense(stock, series, _PERIODS, "in_stock_share"),
        price=np.full_like(demand, np.nan),
        promoted=np.zeros_like(demand),
        series=series,
        unit_value=np.ones(len(series), dtype=np.float32),
        cutoffs=np.arange(first_cutoff, len(_PERIODS) - horizon, dtype=np.int32),
        protection_days=np.full(len(series), _PROTECTION_DAYS, dtype=np.int32),
    )
