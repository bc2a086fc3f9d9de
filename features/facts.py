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
)
from features.covariates import COVARIATES, MOST_COVARIATES, Covariates, read_covariates
from features.customer_units import (
    SEGMENTS,
    CompanionViews,
    SegmentUnits,
    read_companion_views,
    read_segment_units,
    segment_names,
)
from features.days_off import days_off
from features.known_ahead import PriceChanges, PromotionDays
from features.life_dates import LifeDates, read_life_dates, read_lineage
from features.order_days import OrderDays, read_order_days
from features.panel import Panel
from features.plans import CATEGORY, price_changes, promotion_days, spelled
from features.tables import Tables, has_rows, read_table, whole
from stockalert.arrays import DateArray, IntArray

__all__ = [
    "CHANNELS",
    "FAMILIES_READ",
    "Facts",
    "learn_vocabulary",
    "read_facts",
    "read_groupings",
]

BRAND = "attribute_brand"
CHANNELS = "promotion_channel"
FAMILIES_READ = "families"
OTHER_NAMES = (CHANNELS, COVARIATES, SEGMENTS, FAMILIES_READ)
MOST_CHANNELS = 6
FEWEST_BRANDS = 5
"""Fewer say what the whole shop says."""


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
    segments : who bought; None where no customers are told apart.
    companions : how items seen together with each one are looked at; None without events.
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
    segments: SegmentUnits | None = None
    companions: CompanionViews | None = None
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
            segments=None if self.segments is None else self.segments.block(which),
            companions=None if self.companions is None else self.companions.block(which),
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
            segments=None if self.segments is None else self.segments.until(cutoff),
            companions=None if self.companions is None else self.companions.until(cutoff),
        )


def read_facts(
    tables: Tables,
    panel: Panel,
    *,
    country: str = "",
    vocabulary: Vocabulary | None = None,
    families: Sequence[str] = (),
    groupings: Mapping[str, IntArray] | None = None,
) -> Facts:
    """Read what is known of the panel's series beside their history.

    Parameters
    ----------
    tables : a part of them is enough for the series it is about
    country : ISO code whose national holidays count; empty = none.
    vocabulary : the one stored with the model in use; None = learn it from these tables.
    families : feature families to be read, kept in a vocabulary that is learned; empty = default.
    groupings : of the panel's series; None = all there are, which only whole tables tell.
    """
    attributes = read_attributes(tables, panel)
    if vocabulary is None:
        vocabulary = learn_vocabulary(whole(tables), attributes, families)
    names = {name: list_ for name, list_ in vocabulary.items() if name not in OTHER_NAMES}
    promoted, priced = (has_rows(tables, name) for name in ("promotions", "prices"))
    channels = vocabulary.get(CHANNELS, [])
    return Facts(
        vocabulary=vocabulary,
        attributes=attribute_codes(attributes, names),
        groupings=_grouped(tables, panel, attributes) if groupings is None else groupings,
        promotions=promotion_days(panel, read_table(tables, "promotions"), attributes, channels)
        if promoted
        else None,
        prices=price_changes(panel, read_table(tables, "prices")) if priced else None,
        orders=read_order_days(tables, panel),
        covariates=read_covariates(tables, panel, vocabulary.get(COVARIATES, [])),
        segments=read_segment_units(tables, panel, vocabulary.get(SEGMENTS, [])),
        companions=read_companion_views(tables, panel),
        life=read_life_dates(tables, panel),
        holidays=days_off(country, panel) if country else None,
    )


def learn_vocabulary(
    tables: Path, attributes: pd.DataFrame, families: Sequence[str] = ()
) -> Vocabulary:
    """List the names behind every code, and the feature families to be read.

    Parameters
    ----------
    attributes : what `features.attributes.read_attributes` says of all series
    """
    channels = _channels(read_table(tables, "promotions", ["channel"]))
    vocabulary = learn(attributes) | channels | _covariates(tables) | segment_names(tables)
    return vocabulary | ({FAMILIES_READ: list(families)} if families else {})


def read_groupings(tables: Path, panel: Panel) -> dict[str, IntArray]:
    """Read which groups each series belongs to, as codes ≥ 0, (n_series,) per grouping."""
    return _grouped(tables, panel, read_attributes(tables, panel))


def _grouped(tables: Tables, panel: Panel, attributes: pd.DataFrame) -> dict[str, IntArray]:
    return _groupings(panel, attributes) | _lineage(tables, panel)


def _groupings(panel: Panel, attributes: pd.DataFrame) -> dict[str, IntArray]:
    """Shop always; category, location and item where they tell series apart."""
    index = panel.index
    groupings: dict[str, IntArray] = {"shop": np.zeros(panel.n_series, dtype=np.int64)}
    if CATEGORY in attributes:
        category = attributes[CATEGORY].astype("object").fillna("")
        groupings["category"] = np.unique(category.to_numpy(dtype="str"), return_inverse=True)[1]
    if BRAND in attributes and attributes[BRAND].nunique() >= FEWEST_BRANDS:
        brand = attributes[BRAND].astype("object").fillna("")
        groupings["brand"] = np.unique(brand.to_numpy(dtype="str"), return_inverse=True)[1]
    if len(index.locations) > 1:
        groupings |= {"location": index.location, "item": index.sku}
    return groupings


def _lineage(tables: Tables, panel: Panel) -> dict[str, IntArray]:
    """Items that continue one another, where any do."""
    lines = read_lineage(tables, panel)
    return {} if lines is None else {"lineage": lines}


def _channels(promotions: pd.DataFrame) -> Vocabulary:
    """List the channels as feature names spell them, most frequent first."""
    if "channel" not in promotions or promotions["channel"].isna().all():
        return {}
    return {CHANNELS: most_frequent(spelled(promotions["channel"]))[:MOST_CHANNELS]}


def _covariates(tables: Tables) -> Vocabulary:
    """List the outside figures that are given most often."""
    table = read_table(tables, "covariates", ["name"])
    return {COVARIATES: most_frequent(table["name"])[:MOST_COVARIATES]} if len(table) else {}
