"""All that one night's decision knows, and the figures that every part of it needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from stockalert.arrays import FloatArray, IntArray
from stockalert.classification import CLASSES
from stockalert.items import Items
from stockalert.outlook import Horizons, Outlook
from stockalert.policy import LotRules, Policy, economic_quantity, lot_size
from stockalert.positions import Position
from stockalert.service_level import cycle_days, holding_cost_per_day
from stockalert.thresholds import Supply

__all__ = ["ClassTerms", "Past", "ServicePolicy", "Situation", "of_classes"]


@dataclass(frozen=True)
class ServicePolicy:
    """The settings that a decision needs.

    Attributes
    ----------
    mode : `target`, `cost` or `fill_rate`
    level, floor, cap : share, numbers or shape (n,)
    goodwill_share : share of the price
    order_policy : see `stockalert.policy.order_plan`
    unmet_demand : what happens to demand that meets an empty shelf
    budget : currency that tonight's orders may cost; 0 = no limit
    level_source : where the level comes from, a word or shape (n,)
    overage_span : days that a unit too many is paid for, in mode `cost`; see `overage_days`
    """

    mode: Literal["target", "cost", "fill_rate"]
    level: FloatArray | float
    floor: FloatArray | float
    cap: FloatArray | float
    goodwill_share: float
    order_policy: Policy
    unmet_demand: Literal["lost", "backordered"] = "backordered"
    budget: float = 0.0
    level_source: npt.NDArray[np.str_] | str = "settings"
    overage_span: Literal["cycle", "cycle_and_protection"] = "cycle"


@dataclass(frozen=True)
class ClassTerms:
    """What an ABC class has of its own; None = as all others."""

    level: float | None = None
    floor: float | None = None
    cap: float | None = None


@dataclass(frozen=True)
class Past:
    """Demand per period of the last 180 days, in-stock periods only.

    Attributes
    ----------
    mean, sd : shape (n,), units per period
    period_days : 1 or 7
    correlation : of demand in two weeks; see `stockalert.dependence`
    """

    mean: FloatArray
    sd: FloatArray
    period_days: int
    correlation: float = 0.0


@dataclass(frozen=True)
class Situation:
    """What is known of every series when it is decided.

    Attributes
    ----------
    outlook : demand over the protection intervals
    position : None = no stock table
    """

    outlook: Outlook
    horizons: Horizons
    supply: Supply
    items: Items
    past: Past
    policy: ServicePolicy
    position: Position | None
    as_of: date

    @property
    def told(self) -> FloatArray:
        """Quantiles over the protection intervals as they are told and stocked: (n, n_levels)."""
        return replace(self.outlook, whole=self.items.whole).published

    @property
    def inventory_position(self) -> FloatArray:
        """On hand + on order − backordered, shape (n,), units; NaN = unknown."""
        if self.position is None:
            return np.full(len(self.outlook.values), np.nan)
        return self.position.inventory_position

    @cached_property
    def demand_per_day(self) -> FloatArray:
        """Expected rate over the protection interval, shape (n,), units per day."""
        return self.outlook.expected_demand / np.maximum(self.supply.protection_days, 1e-9)

    @cached_property
    def holding_per_day(self) -> FloatArray:
        """Shape (n,), currency per unit and day; NaN = unknown."""
        items = self.items
        return holding_cost_per_day(
            items["unit_cost"], items["holding_rate"], items["holding_cost_per_unit_day"]
        )

    @cached_property
    def economic(self) -> FloatArray:
        """Harris's lot, shape (n,), units; 0 where a cost is unknown."""
        return economic_quantity(self.demand_per_day, self.items.order_cost, self.holding_per_day)

    @cached_property
    def lot(self) -> FloatArray:
        """Usual order, shape (n,), units; nobody restocks what nobody wants."""
        review = self.horizons.expected_over(self.supply.review_days)
        usual = lot_size(self.economic, self.items["moq"], review)
        return np.where(self.outlook.expected_demand > 0, usual, 0.0)

    @cached_property
    def cycle(self) -> FloatArray:
        """Time that an order lasts, shape (n,), days."""
        quantity = np.fmax(self.economic, self.items["moq"])
        return cycle_days(self.supply.review_days, quantity, self.demand_per_day)

    @property
    def overage_days(self) -> FloatArray:
        """Days that a unit too many at the reorder point is paid for, shape (n,).

        A cycle where each meets its shortage alone. Where unserved demand is lost and several
        orders are under way at once, neighbouring cycles share one shortage, and chances to run
        short come one per cycle *and* protection interval.
        """
        if self.policy.overage_span == "cycle":
            return self.cycle
        return self.cycle + self.supply.protection_days

    @cached_property
    def sellable_days(self) -> FloatArray:
        """From now to the last day on which goods ordered now sell; (n,), NaN = they keep."""
        life = self.items["shelf_life_days"]
        spoilt = self.supply.lead_times.mean_days + np.where(life > 0, life, np.nan)
        today = np.datetime64(self.as_of, "D").astype(np.float64)
        ended = np.maximum(self.items["end_date"] - today, 0.0)
        return np.asarray(np.fmin(spoilt, ended))

    @property
    def lot_rules(self) -> LotRules:
        """What an order must obey."""
        return LotRules(
            moq=self.items["moq"],
            case_pack=self.items["case_pack"],
            max_stock=self.items["max_stock"],
            sellable=np.asarray(self.demand_per_day * self.sellable_days),
            whole=self.items.whole,
        )


def of_classes(
    policy: ServicePolicy, classes: Mapping[str, ClassTerms], abc: IntArray
) -> ServicePolicy:
    """Give every series the level, floor and cap of its ABC class, where it has its own.

    Parameters
    ----------
    classes : by name, `A`, `B` or `C`
    abc : shape (n,), positions in `stockalert.classification.CLASSES`

    Examples
    --------
    >>> policy = ServicePolicy("target", 0.95, 0.8, 0.995, 0.0, "auto")
    >>> policy = of_classes(policy, {"A": ClassTerms(level=0.98)}, np.array([0, 2]))
    >>> policy.level.tolist(), policy.level_source.tolist()
    ([0.98, 0.95], ['class', 'settings'])
    """
    terms = [classes.get(name, ClassTerms()) for name in CLASSES]

    def each(name: Literal["level", "floor", "cap"], general: FloatArray | float) -> FloatArray:
        own = np.array([np.nan if (x := getattr(t, name)) is None else x for t in terms])[abc]
        return np.where(np.isnan(own), general, own)

    given = np.array([t.level is not None for t in terms])[abc]
    return replace(
        policy,
        level=each("level", policy.level),
        floor=each("floor", policy.floor),
        cap=each("cap", policy.cap),
        level_source=np.where(given, "class", policy.level_source),
    )
