"""When goods come back: the next arrival of each series, expected and late, from open orders.

An order that has been open for a days takes L days with the distribution of L given L > a, L being
gamma with the series' lead-time moments. It is expected on the day the supplier promised where
that lies ahead, else on the conditional median; late is the conditional 90 % quantile, never
before the expected day. Past the point where the distribution says anything (a fixed lead time
that has passed, one order in a million), the wait goes on as an exponential one whose mean is one
deviation, a day at least, as `stockalert.lead_time` counts late orders. Of several orders the
earliest counts; the earliest late day is a late bound for the first to arrive.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from scipy import stats

from stockalert.arrays import FloatArray, NumberArray
from stockalert.lead_time import LeadTimes
from stockalert.positions import open_orders

__all__ = ["LATE_LEVEL", "Restock", "next_arrival", "remaining_days"]

LATE_LEVEL = 0.9
SPEAKING = 1e-6


@dataclass(frozen=True)
class Restock:
    """Days from now until goods arrive; NaN = nothing is known to come.

    Attributes
    ----------
    expected, late : shape (n,), days, ≥ 1; expected ≤ late
    """

    expected: FloatArray
    late: FloatArray

    def earlier_of(self, other: Restock) -> Restock:
        """Whichever is known, the earlier of both; a late bound of either bounds the first."""
        late = np.fmin(self.late, other.late)
        expected = np.fmin(self.expected, other.expected)
        return Restock(expected, np.fmax(late, expected))


def remaining_days(
    mean_days: NumberArray, sd_days: NumberArray, age_days: NumberArray, level: float
) -> FloatArray:
    """Quantile of the days that an open order still takes, given that it has not come so far.

    Parameters
    ----------
    mean_days, sd_days, age_days : shape (n,), days
    level : share

    Examples
    --------
    An exponential lead time has no memory; a fixed one comes on its day:

    >>> remaining_days([10.0, 10.0], [10.0, 0.0], [25.0, 4.0], 0.5).round(3).tolist()
    [6.931, 6.0]
    """
    mean, sd, age = (np.asarray(x, np.float64) for x in (mean_days, sd_days, age_days))
    random = (sd > 0) & (mean > 0)
    shape = np.where(random, mean, 1.0) ** 2 / np.where(random, sd, 1.0) ** 2
    scale = np.where(random, sd, 1.0) ** 2 / np.where(random, mean, 1.0)
    alive = stats.gamma.sf(age, shape, scale=scale)
    told = stats.gamma.isf((1 - level) * alive, shape, scale=scale) - age
    beyond = -np.log(1 - level) * np.maximum(sd, 1.0)
    fixed = np.where(mean > age, mean - age, beyond)
    days = np.where(random, np.where(alive > SPEAKING, told, beyond), fixed)
    return np.asarray(np.maximum(days, 0.0))


def next_arrival(
    series: pd.DataFrame,
    purchase_orders: pd.DataFrame | None,
    lead_times: LeadTimes,
    *,
    as_of: date,
) -> Restock:
    """Next arrival of each series from what is on order.

    Parameters
    ----------
    series : columns sku, location
    purchase_orders : the contract's table
    lead_times : of the series
    """
    today = pd.Timestamp(as_of)
    coming = open_orders(purchase_orders, today)
    wanted = pd.MultiIndex.from_frame(series[["sku", "location"]])
    row = wanted.get_indexer(pd.MultiIndex.from_frame(coming[["sku", "location"]]))
    keep = (row >= 0) & (coming["to_come"] > 0).to_numpy(bool)
    coming, row = coming[keep], row[keep]
    age = (today - coming["ordered_at"]).dt.days.to_numpy(np.float64)
    promised = (pd.to_datetime(coming["expected_at"]) - today).dt.days.to_numpy(np.float64)
    moments = lead_times.mean_days[row], lead_times.sd_days[row], age
    median, late = (np.ceil(remaining_days(*moments, level)) for level in (0.5, LATE_LEVEL))
    expected = np.maximum(np.where(promised > 0, promised, median), 1.0)
    first, bound = np.full((2, len(series)), np.inf)
    np.minimum.at(first, row, expected)
    np.minimum.at(bound, row, np.maximum(late, expected))
    known = np.isfinite(first)
    return Restock(np.where(known, first, np.nan), np.where(known, bound, np.nan))
