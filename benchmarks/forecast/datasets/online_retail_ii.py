"""Online Retail II: order lines of a UK online gift shop, cleaned as the shop would.

SKUs are chosen with data up to February 2011 alone: sold on at least 30 days, and within the last
13 weeks. Lead times of 3 to 28 days are drawn, since the set has none.
Source: Chen, D. (2019), UCI Machine Learning Repository, CC BY 4.0.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from benchmarks.forecast.datasets.prepared import Prepared, days, dense, protection
from benchmarks.forecast.problem import Problem

__all__ = ["prepare"]

_CUTOFFS = days("2011-03-06", "2011-07-31", step=7)  # Sundays; the last target ends 2011-08-29

_LINES = """
CREATE TABLE lines AS
SELECT Invoice AS invoice, upper(trim(StockCode)) AS sku,
       CAST(CAST("Customer ID" AS BIGINT) AS VARCHAR) AS customer, Invoice LIKE 'C%' AS cancelled,
       Country AS country,
       CAST(InvoiceDate AS DATE) AS date, InvoiceDate AS recorded, Quantity AS units,
       CAST(Price AS DECIMAL(12, 4)) AS price, Description AS name,
       regexp_matches(StockCode, '^[0-9]{5}') AS merchandise
FROM read_parquet(?)
"""

# A line is dropped for the first reason that fits it. An order that its customer cancelled in full
# on the same day was never demand, and the shop knew it that evening.
_REASONED = """
CREATE TABLE reasoned AS
SELECT *, CASE
    WHEN NOT merchandise THEN 'postage, manual and other codes'
    WHEN cancelled OR units <= 0 THEN 'cancellations and returns'
    WHEN price <= 0 THEN 'zero prices'
    WHEN EXISTS (SELECT 1 FROM lines c WHERE c.cancelled AND c.sku = o.sku AND c.date = o.date
                 AND c.customer = o.customer AND c.units = -o.units AND c.recorded >= o.recorded)
    THEN 'orders cancelled the same day'
    ELSE 'kept' END AS reason
FROM lines o
"""

_SALES = """
SELECT sku, 'default' AS location, CAST(date AS TIMESTAMP) AS date,
       CAST(sum(units) AS DOUBLE) AS units_sold,
       CAST(sum(units * price) AS DOUBLE) / sum(units) AS unit_price
FROM reasoned WHERE reason = 'kept' GROUP BY sku, date ORDER BY sku, date
"""

# What the shop's own system would hand over: the orders kept, and what came back on a later day.
_ORDER_LINES = """
SELECT invoice AS order_id, CAST(recorded AS TIMESTAMP) AS ordered_at, sku,
       CAST(units AS DOUBLE) AS units, customer AS customer_id, CAST(price AS DOUBLE) AS unit_price
FROM reasoned r WHERE reason = 'kept' OR (cancelled AND merchandise AND units < 0 AND NOT EXISTS (
    SELECT 1 FROM reasoned o WHERE o.reason = 'orders cancelled the same day' AND o.sku = r.sku
    AND o.date = r.date AND o.customer = r.customer AND o.units = -r.units))
ORDER BY ALL
"""

_CUSTOMERS = """
SELECT customer AS customer_id, min(country) AS segment
FROM lines WHERE customer IS NOT NULL GROUP BY customer ORDER BY customer
"""

_CHOSEN = """
SELECT sku, 'default' AS location, 'all' AS category,
       CAST(sum(units * price) AS DOUBLE) / sum(units) AS unit_value
FROM reasoned WHERE reason = 'kept' AND date < DATE '2011-03-01' GROUP BY sku
HAVING count(DISTINCT date) >= 30 AND max(date) >= DATE '2010-11-30' ORDER BY sku
"""

_PRODUCTS = """
SELECT sku, first(trim(name) ORDER BY recorded, name) AS name
FROM reasoned WHERE reason = 'kept' GROUP BY sku ORDER BY sku
"""


def prepare(data: Path) -> Prepared:
    """Read `data`/online_retail_ii; cutoffs are the Sundays of March to July 2011."""
    with duckdb.connect() as shop:
        shop.execute(_LINES, [str(data / "online_retail_ii" / "order_lines.parquet")])
        shop.execute(_REASONED)
        sales, lines, customers, chosen, products = (
            shop.execute(sql).df() for sql in (_SALES, _ORDER_LINES, _CUSTOMERS, _CHOSEN, _PRODUCTS)
        )
        counts = shop.execute("SELECT reason, count(*) FROM reasoned GROUP BY 1 ORDER BY 1")
        facts = {f"lines: {reason}": count for reason, count in counts.fetchall()}
    problem = _problem(sales, chosen)
    lead_time = pd.Series(problem.protection_days - 1.0, index=chosen["sku"])
    products["lead_time_days"] = products["sku"].map(lead_time)
    facts |= {"skus kept": len(products), "skus evaluated": len(chosen)}
    tables = {"order_lines": lines, "products": products, "customers": customers}
    return Prepared(problem, tables, facts)


def _problem(sales: pd.DataFrame, chosen: pd.DataFrame) -> Problem:
    periods = days("2009-12-01", "2011-08-31")
    demand = np.nan_to_num(dense(sales, chosen, periods, "units_sold"))
    return Problem(
        name="online_retail_ii",
        period_days=1,
        periods=periods,
        demand=demand,
        observed=np.ones_like(demand),
        price=dense(sales, chosen, periods, "unit_price"),
        promoted=np.zeros_like(demand),
        series=chosen[["sku", "location", "category"]],
        unit_value=chosen["unit_value"].to_numpy(np.float32),
        cutoffs=np.searchsorted(periods, _CUTOFFS).astype(np.int32),
        protection_days=protection(chosen["sku"], 3, 28),
    )
