"""When what is on order will be sellable, and the timeline that an order placed now meets.

An open order is due on `expected_at`, without one its series' mean lead time after it was placed.
What is overdue is taken to come tomorrow. A series with more than six days of arrivals has the
later ones put together on their mean day.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from stockalert.arrays import NumberArray
from stockalert.positions import Arrivals, open_orders
from stockalert.scenarios import Timeline
from stockalert.thresholds import Supply

__all__ = ["Arrivals", "arrivals_of", "timeline_of"]

MOST_ARRIVALS = 6


def arrivals_of(
    series: pd.DataFrame,
    purchase_orders: pd.DataFrame | None,
    lead_time_days: NumberArray,
    *,
    as_of: date,
) -> Arrivals:
    """Days and units of what each series has on order; see the module's text.

    Parameters
    ----------
    series : columns sku, location
    purchase_orders : the contract's table
    lead_time_days : shape (n,), days; for orders without an expected day
    """
    today = pd.Timestamp(as_of)
    coming = open_orders(purchase_orders, today)
    wanted = pd.MultiIndex.from_frame(series[["sku", "location"]])
    row = wanted.get_indexer(pd.MultiIndex.from_frame(coming[["sku", "location"]]))
    coming = coming.assign(row=row)[(row >= 0) & np.asarray(coming["to_come"] > 0)]
    usual = np.asarray(lead_time_days, np.float64)[coming["row"]]
    age = (today - coming["ordered_at"]).dt.days.to_numpy(np.float64)
    promised = pd.to_datetime(coming["expected_at"])
    expected = (promised - today).dt.days.to_numpy(np.float64)
    due = np.maximum(np.where(np.isnan(expected), np.ceil(usual - age), expected), 1.0)
    by_day = coming.assign(due=due).groupby(["row", "due"], as_index=False)["to_come"].sum()
    place = np.minimum(by_day.groupby("row").cumcount(), MOST_ARRIVALS - 1).to_numpy()
    width = int(place.max()) + 1 if len(place) else 1
    at = by_day["row"].to_numpy(np.intp), place
    units, moments = np.zeros((2, len(series), width))
    np.add.at(units, at, by_day["to_come"].to_numpy())
    np.add.at(moments, at, (by_day["due"] * by_day["to_come"]).to_numpy())
    days = np.divide(moments, units, out=np.zeros_like(units), where=units > 0)
    return Arrivals(days, units)


def timeline_of(arrivals: Arrivals, supply: Supply) -> Timeline:
    """Steps between the moments that matter: arrivals, and where an order's time begins and ends.

    Between two arrivals the stock depends on the total demand alone, so no finer step is needed.
    An order placed now serves demand from lead time L to L + review, for each possible L.

    Parameters
    ----------
    arrivals, supply : of the same series
    """
    leads = supply.lead_times.atoms_days
    until = leads + supply.review_days[:, None]
    here = (arrivals.units > 0) & (arrivals.days < until.max(axis=1, keepdims=True))
    days = np.where(here, arrivals.days, 0.0)
    moments = np.concatenate([days, leads, until], axis=1)
    order = np.argsort(moments, axis=1, kind="stable")
    # The step that starts at a moment is the one after the step that ends there.
    starts = np.argsort(order, axis=1, kind="stable") + 1
    n, n_steps = moments.shape
    units = np.zeros((n, n_steps + 1))
    rows = np.broadcast_to(np.arange(n)[:, None], days.shape)
    np.add.at(units, (rows, starts[:, : days.shape[1]]), np.where(here, arrivals.units, 0.0))
    first = starts[:, days.shape[1] : -until.shape[1]]
    return Timeline(
        ends=np.take_along_axis(moments, order, axis=1),
        arrivals=units[:, :n_steps],
        first=first,
        last=starts[:, -until.shape[1] :],
        probabilities=supply.lead_times.probabilities,
    )
