from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from benchmarks.forecast.datasets import DATASETS
from benchmarks.forecast.datasets.prepared import protection, write_tables
from features.reading import read_panel
from flows.ingest import ingest

needs_data = pytest.mark.skipif("BENCH_DATA" not in os.environ, reason="BENCH_DATA is not set")


@pytest.fixture
def data():
    return Path(os.environ["BENCH_DATA"])


def test_a_lead_time_depends_on_its_key_alone_given_the_same_keys():
    keys = pd.Series(["mug", "lamp", "bag", "mug"])
    days = protection(keys, 3, 28)
    assert days[0] == days[3]
    np.testing.assert_array_equal(protection(keys[::-1], 3, 28), days[::-1])
    assert 4 <= days.min() <= days.max() <= 29


@needs_data
@pytest.mark.slow
@pytest.mark.parametrize("name", ["online_retail_ii", "freshretailnet", "vn2"])
def test_every_target_lies_inside_the_data_and_every_series_has_begun(name, data):
    problem = DATASETS[name](data).problem
    assert (problem.cutoffs[-1] + problem.horizon < len(problem.periods)).all()
    assert (problem.first <= problem.cutoffs[0]).all()
    assert (problem.demand >= 0).all()
    assert ((problem.observed >= 0) & (problem.observed <= 1)).all()


@needs_data
@pytest.mark.slow
def test_skus_of_the_gift_shop_are_chosen_without_a_look_at_what_they_sold_later(data, tmp_path):
    whole = DATASETS["online_retail_ii"](data).problem
    lines = data / "online_retail_ii" / "order_lines.parquet"
    (tmp_path / "online_retail_ii").mkdir()
    early = tmp_path / "online_retail_ii" / "order_lines.parquet"
    duckdb.execute(f"COPY (FROM '{lines}' WHERE InvoiceDate < TIMESTAMP '2011-03-01') TO '{early}'")
    known = DATASETS["online_retail_ii"](tmp_path).problem
    pd.testing.assert_frame_equal(known.series, whole.series)
    np.testing.assert_array_equal(known.protection_days, whole.protection_days)
    np.testing.assert_array_equal(known.unit_value, whole.unit_value)


@needs_data
@pytest.mark.slow
def test_contract_tables_hold_the_same_demand_as_the_problem(data, tmp_path):
    prepared = DATASETS["vn2"](data)
    write_tables(prepared, tmp_path, only=prepared.problem.series.iloc[:50])
    sales = pd.read_parquet(tmp_path / "sales.parquet")
    sold = sales.groupby(["sku", "location"])["units_sold"].sum()
    expected = prepared.problem.demand[:50].sum(axis=1)
    np.testing.assert_array_equal(sold.to_numpy(), expected)


@needs_data
@pytest.mark.slow
@pytest.mark.parametrize("name", ["online_retail_ii", "completejourney"])
def test_the_product_sums_the_order_lines_to_the_demand_that_is_scored(name, data, tmp_path):
    problem = (prepared := DATASETS[name](data)).problem
    few = problem.take(problem.sample(300))
    write_tables(prepared, tmp_path / "data", only=few.series)
    last = problem.periods[-1].astype(date)
    ingest(tmp_path / "data", tmp_path / "work", period="D", as_of=last, today=last, max_share=0.01)
    panel = read_panel(tmp_path / "work" / "tables", period="D", as_of=last)
    panel_row = few.series.merge(panel.series.reset_index())["index"]
    demand = few.demand[:, -panel.n_periods :]
    np.testing.assert_array_equal(panel.units[panel_row], demand)
    assert few.demand.sum() == demand.sum()


def test_a_cancelled_order_is_no_demand_and_a_later_return_does_not_lower_it(tmp_path):
    lines = pd.DataFrame(
        [
            ("1", "85123A", 6, "2010-12-01 09:00", 2.5, 17.0),
            ("2", "85123A", 600, "2010-12-01 10:00", 2.5, 18.0),
            ("C3", "85123A", -600, "2010-12-01 11:00", 2.5, 18.0),
            ("C4", "85123A", -4, "2010-12-02 09:00", 2.5, 17.0),
            ("5", "85123A", 3, "2010-12-02 10:00", 2.5, 19.0),
            ("6", "POST", 1, "2010-12-02 10:00", 18.0, 19.0),
        ],
        columns=["Invoice", "StockCode", "Quantity", "InvoiceDate", "Price", "Customer ID"],
    ).assign(Description="lantern", Country="France")
    lines["InvoiceDate"] = pd.to_datetime(lines["InvoiceDate"])
    often = [
        lines.iloc[[0]].assign(Invoice=f"{n}", InvoiceDate=pd.Timestamp("2010-10-01 09:00") + n)
        for n in pd.to_timedelta(range(40), unit="D")
    ]
    (tmp_path / "online_retail_ii").mkdir()
    everything = pd.concat([lines, *often])
    everything.to_parquet(tmp_path / "online_retail_ii" / "order_lines.parquet")
    prepared = DATASETS["online_retail_ii"](tmp_path)
    problem = prepared.problem
    write_tables(prepared, tmp_path / "data", only=problem.series)
    last = date(2010, 12, 5)
    ingest(tmp_path / "data", tmp_path / "work", period="D", as_of=last, today=last, max_share=0.01)
    tables = tmp_path / "work" / "tables"
    panel = read_panel(tables, period="D", as_of=last)
    assert panel.units[0, -5:].tolist() == [6.0, 3.0, 0.0, 0.0, 0.0]
    scored = problem.demand[0, problem.periods <= np.datetime64(last)]
    np.testing.assert_array_equal(panel.units[0], scored[-panel.n_periods :])
    sizes = pd.read_parquet(tables / "order_sizes.parquet")
    assert sizes["returned_units"].sum() == 4.0
