"""FreshRetailNet: store-products of a fresh-grocery chain, 76 days, heavily censored.

A fixed random 10,000 of the 50,000 store-products; lead times of 2 to 6 days drawn per product.
The share in stock is that of the 16 opening hours from 6 to 21. A planned activity is taken as
announced 7 days ahead; a discount counts only from the day it starts, and weather from its day.
Source: Dingdong, FreshRetailNet-50K, arXiv 2505.16319, CC BY 4.0 as published.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from benchmarks.forecast.datasets.prepared import Prepared, days, dense, protection
from benchmarks.forecast.problem import Problem

__all__ = ["prepare"]

_SERIES = 10_000
_CUTOFFS = days("2024-05-21", "2024-06-04", step=7)  # the last three weeks are targets

_PERIODS = days("2024-03-28", "2024-06-11")

_CHAIN = """
CREATE TABLE chain AS
SELECT CAST(product_id AS VARCHAR) AS sku, CAST(store_id AS VARCHAR) AS location, dt AS date,
       CAST(sale AS DOUBLE) AS units_sold, 1 - oos_hours_6_21 / 16.0 AS in_stock_share,
       * EXCLUDE sale
FROM read_parquet(?) JOIN chosen USING (store_id, product_id)
"""

_TABLES = {
    "sales": """SELECT sku, location, date, units_sold FROM chain
        WHERE units_sold > 0 ORDER BY ALL""",
    "stock": "SELECT sku, location, date, in_stock_share FROM chain ORDER BY ALL",
    "products": """SELECT sku, CAST(any_value(third_category_id) AS VARCHAR) AS category,
        CAST(any_value(second_category_id) AS VARCHAR) AS subcategory,
        CAST(any_value(first_category_id) AS VARCHAR) AS department,
        CAST(any_value(management_group_id) AS VARCHAR) AS management_group
        FROM chain GROUP BY sku ORDER BY sku""",
    "locations": """SELECT location, CAST(any_value(city_id) AS VARCHAR) AS city
        FROM chain GROUP BY location ORDER BY location""",
    "covariates": """WITH daily AS (SELECT date, location, any_value(precpt) AS precipitation,
            any_value(avg_temperature) AS temperature, any_value(avg_humidity) AS humidity,
            any_value(avg_wind_level) AS wind, CAST(any_value(holiday_flag) AS FLOAT) AS holiday
            FROM chain GROUP BY date, location)
        SELECT date, location, name, CAST(value AS DOUBLE) AS value,
            CASE WHEN name = 'holiday' THEN date - INTERVAL 365 DAY END AS available_at
        FROM (UNPIVOT daily ON precipitation, temperature, humidity, wind, holiday
              INTO NAME name VALUE value) ORDER BY ALL""",
    # Consecutive days of one kind are one promotion.
    "promotions": """WITH flagged AS (
            SELECT sku, location, date, 'activity' AS channel, NULL AS share, 7 AS ahead
            FROM chain WHERE activity_flag = 1
            UNION ALL SELECT sku, location, date, 'discount', 1 - discount, NULL
            FROM chain WHERE discount < 0.99),
        runs AS (SELECT *, date - INTERVAL 1 DAY * row_number() OVER
            (PARTITION BY sku, location, channel ORDER BY date) AS run FROM flagged)
        SELECT sku, location, min(date) AS start_date, max(date) AS end_date,
            round(avg(CAST(share AS DECIMAL(9, 4))), 3) AS discount, channel,
            start_date - INTERVAL 1 DAY * any_value(ahead) AS announced_at
        FROM runs GROUP BY sku, location, channel, run ORDER BY ALL""",
}


def prepare(data: Path) -> Prepared:
    """Read `data`/freshretailnet; weekly cutoffs, so that the last three weeks are targets."""
    source = str(data / "freshretailnet" / "daily.parquet")
    with duckdb.connect() as chain:
        pairs = "SELECT DISTINCT store_id, product_id FROM read_parquet(?) ORDER BY ALL"
        every = chain.execute(pairs, [source]).df()
        chosen = every.sample(_SERIES, random_state=7)
        chain.register("chosen", chosen)
        chain.execute(_CHAIN, [source])
        tables = {name: chain.execute(sql).df() for name, sql in _TABLES.items()}
        panel = chain.execute("SELECT * FROM chain ORDER BY sku, location, date").df()
    problem = _problem(panel, tables["products"])
    products = tables["products"]
    products["lead_time_days"] = protection(products["sku"], 2, 6) - 1.0
    facts = {"store-products given": len(every), "store-products evaluated": problem.n_series}
    return Prepared(problem, tables, facts)


def _problem(panel: pd.DataFrame, products: pd.DataFrame) -> Problem:
    sold = panel.groupby(["sku", "location"])["units_sold"].max() > 0
    series = sold[sold].index.to_frame(index=False).merge(products[["sku", "category"]], on="sku")
    series = series.sort_values(["sku", "location"], ignore_index=True)
    return Problem(
        name="freshretailnet",
        period_days=1,
        periods=_PERIODS,
        demand=np.nan_to_num(dense(panel, series, _PERIODS, "units_sold")),
        observed=np.nan_to_num(dense(panel, series, _PERIODS, "in_stock_share"), nan=1.0),
        price=dense(panel, series, _PERIODS, "discount"),
        promoted=np.nan_to_num(dense(panel, series, _PERIODS, "activity_flag")),
        series=series,
        unit_value=np.ones(len(series), dtype=np.float32),
        cutoffs=np.searchsorted(_PERIODS, _CUTOFFS).astype(np.int32),
        protection_days=protection(series["sku"], 2, 6),
    )
