"""A small shop on one evening: what it sells, from whom, and what tonight's decision says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from stockalert.decide import Horizons, Past, ServicePolicy, decide
from stockalert.disruption import Standing, standing_of
from stockalert.items import items_of
from stockalert.lead_time import declared_terms, from_moments
from stockalert.outlook import Outlook
from stockalert.positions import Position
from stockalert.purchasing.purchase import Buying, purchase
from stockalert.quantiles import at_horizon
from stockalert.situation import Situation
from stockalert.thresholds import Kinds, Supply, thresholds_frame

__all__ = ["AS_OF", "Evening", "evening"]

AS_OF = date(2026, 3, 31)
LEVELS = np.array([0.05, 0.25, 0.5, 0.8, 0.9, 0.95, 0.975, 0.99])
WEEK = np.array([4.0, 7.0, 10.0, 13.0, 15.0, 17.0, 19.0, 22.0])
COMMON = np.array([1.0, 7.0, 14.0, 28.0, 56.0, 91.0])


@dataclass(frozen=True)
class Evening:
    """What is known and decided."""

    case: Situation
    thresholds: pd.DataFrame
    suppliers: pd.DataFrame | None
    supplier_items: pd.DataFrame | None
    standing: Standing

    def orders(self, **options: object) -> pd.DataFrame:
        """Tonight's order lines, by sku."""
        given: dict[str, object] = {
            "suppliers": self.suppliers,
            "supplier_items": self.supplier_items,
            "standing": self.standing,
            "moved": pd.Series(dtype="str"),
        }
        buying = Buying(**(given | options))
        return purchase(self.case, self.thresholds, buying).set_index("sku")


def evening(
    products: pd.DataFrame,
    stock: list[float],
    *,
    suppliers: pd.DataFrame | None = None,
    supplier_items: pd.DataFrame | None = None,
    pace: list[float] | None = None,
    budget: float = 0.0,
    review: float = 1.0,
    lead_time: float = 6.0,
    unmet: str = "backordered",
) -> Evening:
    """Decide a shop whose items sell some ten units a week each, times their pace."""
    n = len(products)
    series = pd.DataFrame({"sku": products["sku"].astype("str"), "location": "default"})
    terms = declared_terms(
        series, products=products, suppliers=suppliers, supplier_items=supplier_items
    )
    items = items_of(series, terms, np.full(n, True), products=products)
    size = np.ones(n) if pace is None else np.array(pace)
    horizons = Horizons(COMMON, size[:, None, None] * _common_quantiles()[None], LEVELS)
    supply = Supply(from_moments(np.full(n, lead_time), np.zeros(n)), np.full(n, review))
    outlook = Outlook(
        values=at_horizon(horizons.values, COMMON, supply.protection_days[:, None])[:, 0],
        levels=LEVELS,
        method=np.full(n, "quantile"),
        model_version="1",
        calibration_group=np.full(n, ""),
        coverage_recent=np.full(n, np.nan),
    )
    past = Past(1.5 * size, size, 1, 0.2)
    policy = ServicePolicy("target", 0.95, 0.5, 0.995, 0.0, "auto", unmet, budget)
    held = np.array(stock, float)
    position = Position(held, np.zeros(n), np.zeros(n), np.full(n, True))
    situation = (outlook, horizons, supply, items, past)
    decision = decide(*situation, policy=policy, position=position, as_of=AS_OF)
    kinds = Kinds(*(np.zeros(n, np.int8) for _ in range(3)))
    thresholds = thresholds_frame(series, outlook, kinds, supply, decision, position=position)
    case = Situation(*situation, policy, position, AS_OF)
    standing = standing_of(suppliers, None, as_of=AS_OF)
    return Evening(case, thresholds, suppliers, supplier_items, standing)


def _common_quantiles() -> np.ndarray:
    """Demand over the common horizons: the mean grows with the days, the spread with the root."""
    median = WEEK[LEVELS == 0.5]
    weeks = COMMON[:, None] / 7
    return np.clip(median * weeks + (WEEK - median) * np.sqrt(weeks), 0.0, None)
