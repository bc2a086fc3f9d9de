"""Everything beside the panel: attributes, promotions, listed prices and the calendar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from features.attributes import (
    Vocabulary,
    attribute_codes,
    learn,
    most_frequent,
    read_attributes,
    snake_case,
)
from features.covariates import COVARIATES, MOST_COVARIATES, Covariates, read_covariates
from features.days_off import days_off
from features.known_ahead import PriceChanges, PromotionDays
from features.life_dates import LifeDates, read_life_dates, read_lineage
from features.order_days import OrderDays, read_order_days
from features.panel import Panel
from features.series_index import expand_ranges
from features.tables import days, period_index, read_table
from stockalert.arrays import DateArray, FloatArray, IntArray

__all__ = ["CHANNELS", "FAMILIES_READ", "Facts", "read_facts"]

CATEGORY = "attribute_category"
CHANNELS = "promotion_channel"
FAMILIES_READ = "families"
OTHER_NAMES = (CHANNELS, COVARIATES, FAMILIES_READ)
MOST_CHANNELS = 6
LONGEST_AHEAD_DAYS = 366


@dataclass(frozen=True)
class Facts:
    """Facts aligned with a panel's series.

    Attributes
    ----------
    vocabulary : names behind every code; store it with the model and pass it at prediction.
    attributes : code of each attribute per series, int32 (n_series,); -1 = unknown.
    groupings : attributes whose members' common level is a feature, as codes ≥ 0.
    promotions, prices : None where there is no such table.
    orders : what orders were behind the demand; None where it came without order lines.
    covariates : figures of the world outside; None where there are none.
    life : when items end and are replaced; None where nobody says.
    holidays : sorted datetime64[D]; None where no country is set.
    """

    vocabulary: Vocabulary = field(default_factory=dict)
    attributes: Mapping[str, IntArray] = field(default_factory=dict)
    groupings: Mapping[str, IntArray] = field(default_factory=dict)
    promotions: PromotionDays | None = None
    prices: PriceChanges | None = None
    orders: OrderDays | None = None
    covariates: Covariates | None = None
    life: LifeDates | None = None
    holidays: DateArray | None = None

    def block(self, which: slice) -> Facts:
        """Facts about the series in `which`."""
        return replace(
            self,
            attributes={name: codes[which] for name, codes in self.attributes.items()},
            groupings={name: codes[which] for name, codes in self.groupings.items()},
            promotions=None if self.promotions is None else self.promotions.block(which),
            prices=None if self.prices is None else self.prices.block(which),
            orders=None if self.orders is None else self.orders.block(which),
            covariates=None if self.covariates is None else self.covariates.block(which),
            life=None if self.life is None else self.life.block(which),
        )

    def until(self, cutoff: int) -> Facts:
        """Facts known by the end of period `cutoff`."""
        return replace(
            self,
            promotions=None if self.promotions is None else self.promotions.until(cutoff),
            prices=None if self.prices is None else self.prices.until(cutoff),
            orders=None if self.orders is None else self.orders.until(cutoff),
            covariates=None if self.covariates is None else self.covariates.until(cutoff),
        )


def read_facts(
    tables: Path,
    panel: Panel,
    *,
    country: str = "",
    vocabulary: Vocabulary | None = None,
    families: Sequence[str] = (),
) -> Facts:
    """Read what is known of the panel's series beside their history.

    Parameters
    ----------
    country : ISO code whose national holidays count; empty = none.
    vocabulary : the one stored with the model in use; None = learn it from these tables.
    families : feature families to be read, kept in a vocabulary that is learned; empty = default.
    """
    attributes = read_attributes(tables, panel)
    promotions = read_table(tables, "promotions")
    if vocabulary is None:
        vocabulary = learn(attributes) | _channels(promotions) | _covariates(tables)
        vocabulary |= {FAMILIES_READ: list(families)} if families else {}
    names = {name: list_ for name, list_ in vocabulary.items() if name not in OTHER_NAMES}
    codes = attribute_codes(attributes, names)
    return Facts(
        vocabulary=vocabulary,
        attributes=codes,
        groupings=_groupings(panel, attributes) | _lineage(tables, panel),
        promotions=_promotions(panel, promotions, attributes, vocabulary.get(CHANNELS, [])),
        prices=_prices(panel, read_table(tables, "prices")),
        orders=read_order_days(tables, panel),
        covariates=read_covariates(tables, panel, vocabulary.get(COVARIATES, [])),
        life=read_life_dates(tables, panel),
        holidays=days_off(country, panel) if country else None,
    )


def _groupings(panel: Panel, attributes: pd.DataFrame) -> dict[str, IntArray]:
    """Shop always; category, location and item where they tell series apart."""
    index = panel.index
    groupings: dict[str, IntArray] = {"shop": np.zeros(panel.n_series, dtype=np.int64)}
    if CATEGORY in attributes:
        category = attributes[CATEGORY].astype("object").fillna("")
        groupings["category"] = np.unique(category.to_numpy(dtype="str"), return_inverse=True)[1]
    if len(index.locations) > 1:
        groupings |= {"location": index.location, "item": index.sku}
    return groupings


def _lineage(tables: Path, panel: Panel) -> dict[str, IntArray]:
    """Items that continue one another, where any do."""
    lines = read_lineage(tables, panel)
    return {} if lines is None else {"lineage": lines}


def _channels(promotions: pd.DataFrame) -> Vocabulary:
    """List the channels as feature names spell them, most frequent first."""
    if "channel" not in promotions or promotions["channel"].isna().all():
        return {}
    return {CHANNELS: most_frequent(_spelled(promotions["channel"]))[:MOST_CHANNELS]}


def _covariates(tables: Path) -> Vocabulary:
    """List the outside figures that are given most often."""
    table = read_table(tables, "covariates", ["name"])
    return {COVARIATES: most_frequent(table["name"])[:MOST_COVARIATES]} if len(table) else {}


def _spelled(channel: pd.Series) -> pd.Series:
    names = {name: snake_case(str(name)) for name in channel.dropna().unique()}
    return channel.astype("object").map(names)


def _promotions(
    panel: Panel, table: pd.DataFrame, attributes: pd.DataFrame, channels: list[str]
) -> PromotionDays | None:
    if not len(table):
        return None
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
    codes = pd.Index(channels, dtype="object").get_indexer(pd.Index(_spelled(channel)))
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
            "location": panel.series["location"].astype("object"),
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


def _prices(panel: Panel, table: pd.DataFrame) -> PriceChanges | None:
    if not len(table):
        return None
    rows, series = panel.index.expand(table)
    begin = days(table["start_date"])
    period = period_index(begin, panel.periods[0], panel.period_days)[rows]
    known = _known(panel, table, begin)[rows]
    price: FloatArray = table["unit_price"].to_numpy(np.float32)[rows]
    order = np.lexsort((price, known, period, series))
    return PriceChanges(series[order], period[order], known[order], price[order])
