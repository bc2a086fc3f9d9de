"""What the shop plans ahead: mailers, displays, coupons; and the shelf prices it moves.

Placements are real and known two weeks ahead. How deep a discount goes is known only from the
tills, so a plan carries the depth of the product's *earlier* placements: the sales of a promoted
week never tell anything about that week.
"""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from stockalert.arrays import BoolArray, FloatArray

__all__ = ["read_promotions", "shelf_price_moves"]

FIRST_MONDAY = np.datetime64("2016-12-26")
LEAST_SHARE_OF_STORES = {"mailer": 0.5, "display": 0.2}

# A mailer runs in all stores or in none; a display counts from a fifth of the stores on.
_PLACEMENTS = """
CREATE TABLE placement AS
WITH counted AS (
    SELECT product_id, week, count(*) FILTER (display_location <> '0') AS display,
           count(*) FILTER (mailer_location <> '0') AS mailer,
           count(*) FILTER (mailer_location IN ('D', 'F', 'H', 'L', 'Z')) AS cover
    FROM promotions SEMI JOIN item USING (product_id) GROUP BY ALL
), stores AS (
    SELECT week, count(DISTINCT store_id) AS stores FROM promotions GROUP BY week
)
SELECT product_id, week, 'display' AS channel FROM counted JOIN stores USING (week)
WHERE display >= $display * stores
UNION ALL
SELECT product_id, week, if(cover >= $mailer * stores, 'mailer cover', 'mailer')
FROM counted JOIN stores USING (week) WHERE mailer >= $mailer * stores
"""

_PROMOTIONS = """
WITH taken AS (
    SELECT product_id, datediff('week', DATE '2016-12-26', sold_at::DATE) + 1 AS week,
           sum(retail_disc::DECIMAL(12, 2)) AS off,
           sum((paid + retail_disc)::DECIMAL(12, 2)) AS gross
    FROM line SEMI JOIN item USING (product_id) WHERE reason = '' GROUP BY ALL
), placed AS (
    SELECT product_id, product_category, week, channel,
           coalesce(off, 0) AS off, coalesce(gross, 0) AS gross
    FROM placement JOIN products USING (product_id) LEFT JOIN taken USING (product_id, week)
), earlier AS (
    SELECT product_id, week, channel,
           sum(off) OVER own / nullif(sum(gross) OVER own, 0) AS own_depth,
           sum(off) OVER kin / nullif(sum(gross) OVER kin, 0) AS kin_depth
    FROM placed
    WINDOW own AS (PARTITION BY product_id, channel ORDER BY week
                   RANGE BETWEEN UNBOUNDED PRECEDING AND 3 PRECEDING),
           kin AS (PARTITION BY product_category, channel ORDER BY week
                   RANGE BETWEEN UNBOUNDED PRECEDING AND 3 PRECEDING)
), plan AS (
    SELECT product_id, DATE '2016-12-26' + 7 * (week - 1)::INTEGER AS start_date,
           start_date + 6 AS end_date, round(coalesce(own_depth, kin_depth), 2) AS discount,
           channel
    FROM earlier
    UNION ALL
    SELECT DISTINCT product_id, start_date::DATE, end_date::DATE, NULL, 'coupon'
    FROM coupons JOIN campaign_descriptions USING (campaign_id) SEMI JOIN item USING (product_id)
)
SELECT product_id::VARCHAR AS sku, start_date, end_date, discount, channel,
       start_date - 14 AS announced_at
FROM plan ORDER BY product_id, start_date, end_date, channel
"""


def read_promotions(connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """Return one row per product, week and channel, and one per coupon campaign.

    The 20.9 million placements shrink to the kept products inside the database. `discount` is the
    average depth of placements that had ended when this one was announced: the product's own in
    the channel, else its category's, else null.
    """
    connection.execute(_PLACEMENTS, LEAST_SHARE_OF_STORES)
    return connection.sql(_PROMOTIONS).to_arrow_table()


def shelf_price_moves(weekly: pd.DataFrame, sku: pd.Series) -> pa.Table:
    """Return the days from which a product has another shelf price.

    The price is the median of the last four weekly medians, and counts from the Monday after
    them, so nothing is known before the tills have shown it. Moves below 2 % are noise of the mix
    of stores.
    """
    prices = np.full((len(sku), int(weekly["week"].max()) + 1), np.nan)
    prices[weekly["item"], weekly["week"]] = weekly["price"]
    smooth = pd.DataFrame(prices).ffill(axis=1).T.rolling(4, min_periods=1).median().T.to_numpy()
    item, week = np.nonzero(_moves(smooth[:, :-1], least=0.02))
    return pa.table(
        {
            "sku": pa.array(sku.to_numpy()[item], pa.string()),
            "start_date": FIRST_MONDAY + 7 * (week + 1),
            "unit_price": np.round(smooth[item, week], 2),
        }
    )


def _moves(prices: FloatArray, *, least: float) -> BoolArray:
    """Mark where a price differs from the last marked one by at least the share `least`."""
    marks = np.zeros(prices.shape, dtype=bool)
    current = np.full(len(prices), np.nan)
    for week in range(prices.shape[1]):
        now = prices[:, week]
        moved = np.abs(now - current) >= least * current
        marks[:, week] = np.where(np.isnan(current), ~np.isnan(now), moved)
        current = np.where(marks[:, week], now, current)
    return marks
