"""Online Retail II and Complete Journey as daily shops.

Lost sales, an order may be placed every night, fixed lead times of 7 to 28 days drawn per SKU.
Thresholds are computed with the Sundays' data and hold from Monday on. Q is a week's mean demand of
the last 180 days, at least one unit, anew each quarter, for every policy.

The replay begins five weeks before the months that count, with the same stock for everyone (mean
demand over the protection interval), so that what counts is a policy's own doing.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from benchmarks.decision.shop import Shop, quarterly_mean
from benchmarks.forecast.datasets.prepared import Prepared, days, protection
from stockalert.simulation import Start, World

__all__ = ["MONTHS", "daily_shop", "with_lead_times"]

SHORTEST, LONGEST = 7, 28
WARM_UP_WEEKS = 5
LOT_DAYS = 7

MONTHS = {
    "online_retail_ii": ("2011-02-27", "2011-08-31"),
    "completejourney": ("2017-08-27", "2017-12-31"),
}
"""The Sunday before the scored period, and its last day."""


def daily_shop(prepared: Prepared) -> Shop:
    """Lay a set out as a world; its lead times must be those of `with_lead_times`."""
    problem = prepared.problem
    start, end = (np.datetime64(day) for day in MONTHS[problem.name])
    sundays = days(str(start - 7 * WARM_UP_WEEKS), str(end - 1), step=7)
    cutoffs = np.searchsorted(problem.periods, sundays).astype(np.int64)
    mean = quarterly_mean(problem, cutoffs, WARM_UP_WEEKS)
    world = World.of(
        problem.demand[:, : int(np.searchsorted(problem.periods, end)) + 1],
        lead_times=problem.horizon - 1,
        start=Start(on_hand=np.ceil(mean[:, 0] * problem.horizon)),
        begins=int(cutoffs[0]) + 1,
    )
    quantity = np.maximum(np.ceil(LOT_DAYS * mean - 1e-9), 1.0)
    return Shop(problem, cutoffs, WARM_UP_WEEKS, world, quantity, mean)


def with_lead_times(prepared: Prepared) -> Prepared:
    """Return the set with lead times of 7 to 28 days, one drawn for each SKU; review every day."""
    drawn = protection(prepared.problem.series["sku"], SHORTEST, LONGEST)
    problem = replace(prepared.problem, protection_days=drawn)
    lead = pd.Series(drawn - 1.0, index=problem.series["sku"])
    products = prepared.tables["products"].copy()
    products["lead_time_days"] = products["sku"].map(lead[~lead.index.duplicated()])
    return Prepared(problem, prepared.tables | {"products": products}, prepared.facts)
