from __future__ import annotations

import os
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from benchmarks.forecast.datasets import DATASETS
from benchmarks.forecast.datasets.prepared import protection, write_tables

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
