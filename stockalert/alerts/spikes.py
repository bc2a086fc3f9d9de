"""Sudden demand: the last days' sales or page views against the weeks before."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd

from stockalert.arrays import BoolArray, NumberArray

__all__ = ["RECENT_DAYS", "USUAL_DAYS", "recent_and_usual", "spikes"]

RECENT_DAYS, USUAL_DAYS = 3, 56
_LEAST, _DEVIATIONS = 5.0, 4.0


def recent_and_usual(
    series: pd.DataFrame,
    table: pd.DataFrame | None,
    measure: str,
    *,
    as_of: date,
    period_days: int = 1,
) -> pd.DataFrame:
    """Sum of the last days, and what as many of the days before summed to.

    With weekly periods the last week stands for the last days.

    Parameters
    ----------
    series : columns sku, location
    table : columns sku, date, the measure, and location where it has one; None = no such table

    Returns
    -------
    recent, usual: one row per series; NaN where the table is missing
    """
    if table is None:
        return pd.DataFrame(np.nan, index=range(len(series)), columns=["recent", "usual"])
    recent = max(RECENT_DAYS, period_days)
    last = pd.Timestamp(as_of - timedelta(days=period_days - 1))
    days = pd.to_datetime(table["date"])
    key = ["sku", "location"] if "location" in table else ["sku"]
    frame = table.assign(**({"location": table["location"].fillna("default")} if key[1:] else {}))
    begin = pd.Timestamp(as_of) - pd.Timedelta(days=recent)
    before = begin - pd.Timedelta(days=USUAL_DAYS)
    index = pd.MultiIndex.from_frame(series[key]) if key[1:] else pd.Index(series["sku"])
    parts = {
        "recent": frame[(days > begin) & (days <= max(last, pd.Timestamp(as_of)))],
        "usual": frame[(days > before) & (days <= begin)],
    }
    sums = {
        name: part.groupby(key if key[1:] else "sku")[measure].sum().reindex(index).fillna(0.0)
        for name, part in parts.items()
    }
    found = pd.DataFrame({name: total.to_numpy(np.float64) for name, total in sums.items()})
    return found.assign(usual=found["usual"] * recent / USUAL_DAYS)


def spikes(recent: NumberArray, usual: NumberArray, factor: float) -> BoolArray:
    """Whether the last days stand out: so many times the usual, and no chance of small numbers.

    The excess must exceed four standard deviations of a Poisson count, and five units.

    Examples
    --------
    >>> spikes([30.0, 2.0, np.nan], [5.0, 0.5, np.nan], 3.0).tolist()
    [True, False, False]
    """
    now, before = np.asarray(recent, np.float64), np.asarray(usual, np.float64)
    rare = now - before > np.maximum(_DEVIATIONS * np.sqrt(before), _LEAST)
    return np.asarray((now > factor * before) & rare)
