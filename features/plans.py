"""Promotions and listed prices of a panel's series, read with the day they were known."""

from __future__ import annotations

import numpy as np
import pandas as pd

from features.attributes import snake_case
from features.known_ahead import PriceChanges, PromotionDays
from features.panel import Panel
from features.series_index import expand_ranges
from features.tables import days, period_index
from stockalert.arrays import DateArray, FloatArray, IntArray

__all__ = ["CATEGORY", "price_changes", "promotion_days", "spelled"]

CATEGORY = "attribute_category"
LONGEST_AHEAD_DAYS = 366


def spelled(channel: pd.Series) -> pd.Series:
    """Channels as feature names spell them."""
    names = {name: snake_case(str(name)) for name in channel.dropna().unique()}
    return channel.astype("object").map(names)


def promotion_days(
    panel: Panel, table: pd.DataFrame, attributes: pd.DataFrame, channels: list[str]
) -> PromotionDays:
    """Spread each promotion over the periods and series that it concerns."""
    table = table.reset_index(drop=True)
    rows, series = _concerned(panel, table, attributes)
    begin, end, known = _span(panel, table)
    first = period_index(begin, panel.periods[0], panel.period_days)
    last = period_index(end, panel.periods[0], panel.period_days)
    pair, period = expand_ranges(first[rows], np.maximum(last - first + 1, 0)[rows])
    row = rows[pair]
    starts = panel.periods[0] + period * panel.period_days
    through = np.minimum(starts + panel.period_days - 1, end[row])
    covered = (through - np.maximum(starts, begin[row])).astype(np.int64) + 1
    depth = table.get("discount", pd.Series(np.nan, index=table.index))
    channel = table.get("channel", pd.Series(pd.NA, index=table.index, dtype="str"))
    codes = pd.Index(channels, dtype="object").get_indexer(pd.Index(spelled(channel)))
    share = (covered / panel.period_days).astype(np.float32)
    order = np.lexsort((codes[row], -share, known[row], period, series[pair]))
    return PromotionDays(
        series=series[pair][order].astype(np.int32),
        period=period[order].astype(np.int32),
        known=known[row][order].astype(np.int32),
        share=share[order],
        depth=depth.to_numpy(np.float32)[row][order],
        channel=codes.astype(np.int16)[row][order],
    )


def _concerned(
    panel: Panel, table: pd.DataFrame, attributes: pd.DataFrame
) -> tuple[IntArray, IntArray]:
    """Pair promotions with series: by sku, or by category where no sku is named."""
    named = table["sku"].notna() if "sku" in table else pd.Series(False, index=table.index)
    at = np.flatnonzero(named)
    rows, series = panel.index.expand(table.loc[named]) if len(at) else (at, at)
    if named.all() or "category" not in table or CATEGORY not in attributes:
        return at[rows], series
    wide = table.loc[~named, ["category"]].astype("object").reset_index(names="row")
    wide["place"] = None
    if "location" in table:
        wide["place"] = table.loc[~named, "location"].astype("object").to_numpy()
    members = pd.DataFrame(
        {
            "category": attributes[CATEGORY].astype("object"),
            "location": panel.series["location"].to_numpy(dtype=object),
            "series": np.arange(panel.n_series),
        }
    ).dropna(subset=["category"])
    pairs = wide.dropna(subset=["category"]).merge(members, on="category")
    everywhere = pairs["place"].isna() | (pairs["place"] == "default")
    pairs = pairs[everywhere | (pairs["place"] == pairs["location"])]
    return (
        np.concatenate([at[rows], pairs["row"].to_numpy(np.int64)]),
        np.concatenate([series, pairs["series"].to_numpy(np.int64)]),
    )


def _span(panel: Panel, table: pd.DataFrame) -> tuple[DateArray, DateArray, IntArray]:
    """First and last day of each promotion within reach, and the period it was known from."""
    reach = panel.last_days(np.array([panel.n_periods - 1]))[0] + LONGEST_AHEAD_DAYS
    begin, end = days(table["start_date"]), days(table["end_date"])
    known = _known(panel, table, begin)
    return np.maximum(begin, panel.periods[0]), np.minimum(end, reach), known


def _known(panel: Panel, table: pd.DataFrame, begin: DateArray) -> IntArray:
    """Period from which a fact is known: announced, else begun. A period counts as a whole."""
    announced = begin
    if "announced_at" in table:
        told = days(table["announced_at"])
        announced = np.where(np.isnat(told), begin, told)
    return period_index(announced, panel.periods[0], panel.period_days)


def price_changes(panel: Panel, table: pd.DataFrame) -> PriceChanges:
    """Pair each listed price with the series that it holds for."""
    rows, series = panel.index.expand(table)
    begin = days(table["start_date"])
    period = period_index(begin, panel.periods[0], panel.period_days)[rows]
    known = _known(panel, table, begin)[rows]
    price: FloatArray = table["unit_price"].to_numpy(np.float32)[rows]
    order = np.lexsort((price, known, period, series))
    return PriceChanges(series[order], period[order], known[order], price[order])
