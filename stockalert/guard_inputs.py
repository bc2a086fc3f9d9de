"""Guards on what a night was told: rows per table, units of the last day, and how old they are.

What is usual comes from the nights before and from the shop's own weeks. A count may differ from
it by the share allowed, and by three standard deviations of a Poisson count and `FEW_ROWS` rows
besides, so that small tables and small shops do not stop anybody. Plans (promotions, prices,
covariates …) come and go as the shop decides; of them, only a table that is gone counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import numpy as np
import pandas as pd

from stockalert.arrays import BoolArray, FloatArray
from stockalert.guard import Finding, Limits, worse_than

__all__ = ["on_age", "on_rows", "on_units"]

PLANS = (
    *("promotions", "prices", "covariates", "subscriptions"),
    *("supplier_items", "locations", "customers", "ratings"),
)
FEW_ROWS = 50
WEEKS = 8
LEAST_WEEKS = 4
SPREAD = 3.0

_LOOK_AT_EXPORT = "look at the export: a table loaded in part or twice, or a source that is down"


def on_rows(
    rows: Mapping[str, int], nights: Sequence[Mapping[str, int]], limits: Limits
) -> Finding | None:
    """Hold the rows of each input table against the median of the last nights; None without any.

    Parameters
    ----------
    rows : table → rows read tonight
    nights : the same of nights before, the last one last

    Examples
    --------
    >>> usual = {"sales": 90_000, "promotions": 20}
    >>> on_rows({"sales": 30_000, "promotions": 60}, [usual] * 3, Limits()).tripped
    True
    >>> on_rows({"sales": 90_100, "promotions": 0}, [usual] * 3, Limits()).rows["table"].tolist()
    ['promotions']
    """
    tables = sorted({name for night in nights for name in night})
    if not tables:
        return None
    counts = np.array([[float(night.get(name, 0)) for name in tables] for night in nights])
    tonight = np.array([float(rows.get(name, 0)) for name in tables])
    plan = np.isin(tables, PLANS)
    usual, last = np.median(counts, axis=0), counts[-1]
    # What the night served has as well is no news: a table that was left out on purpose, say.
    beyond = np.minimum(_beyond(tonight, usual, plan), _beyond(tonight, last, plan))
    gone = (tonight == 0) & (usual > 0) & (last > 0)
    far = (beyond > limits.max_volume_change) | gone
    found = pd.DataFrame({"table": tables, "usual": usual, "tonight": tonight, "beyond": beyond})
    worst = found[far].sort_values(["beyond", "table"], ascending=[False, True])
    text = (
        f"{len(worst)} of {len(tables)} tables have rows far from usual, "
        f"the widest change is {beyond.max():.1%}; {limits.max_volume_change:.1%} is allowed"
    )
    tripped = bool(far.any())
    return Finding(
        *("rows", float(beyond.max()), limits.max_volume_change, tripped, text),
        _LOOK_AT_EXPORT if tripped else "",
        rows=worst.drop(columns="beyond").reset_index(drop=True),
    )


def _beyond(tonight: FloatArray, usual: FloatArray, plan: BoolArray) -> FloatArray:
    """Change as a share of what is usual, less what small numbers do by chance; shape (n,)."""
    chance = SPREAD * np.sqrt(usual) + FEW_ROWS
    change = np.clip(np.abs(tonight - usual) - chance, 0.0, None)
    share = np.divide(change, usual, out=np.zeros_like(usual), where=usual > 0)
    return np.where((tonight == 0) & (usual > 0), 1.0, np.where(plan, 0.0, share))


def on_units(
    units: pd.Series[float], as_of: date, limits: Limits, *, period_days: int = 1
) -> Finding | None:
    """Hold the units of the last period against those of the same weekday in eight weeks.

    They may lie beyond the lowest and the highest of these by the share allowed. A day on which
    nothing was sold at all is a closed shop or a late file: how old the last sale is tells which.

    Parameters
    ----------
    units : units sold per period, indexed by its first day; missing = 0. Bulk orders are best cut
        down beforehand.
    period_days : 1 or 7

    Returns
    -------
    None where fewer than four such days were open, or the last was not
    """
    if units.empty:
        return None
    last = pd.Timestamp(as_of - timedelta(days=period_days - 1))
    days = [last - pd.Timedelta(weeks=back) for back in range(1, WEEKS + 1)]
    before = units.reindex(days).dropna()
    before, tonight = before[before > 0], float(units.get(last, 0.0))
    if len(before) < LEAST_WEEKS or tonight <= 0:
        return None
    low, high = float(before.min()), float(before.max())
    allowed = limits.max_volume_change
    more = (tonight - SPREAD * np.sqrt(high)) / high - 1
    beyond = float(max(more, 1 - (tonight + SPREAD * np.sqrt(low)) / low, 0.0))
    tripped = beyond > allowed
    what = f"{last:%A %Y-%m-%d}" if period_days == 1 else f"the week of {last:%Y-%m-%d}"
    text = (
        f"{tonight:,.0f} units sold on {what}, bulk orders cut; {low:,.0f} to {high:,.0f} on its "
        f"like in the {WEEKS} weeks before; {allowed:.1%} beyond is allowed"
    )
    remedy = f"{_LOOK_AT_EXPORT}; a sale of the year is published with --force"
    return Finding("units", beyond, allowed, tripped, text, remedy if tripped else "")


def on_age(
    last: Mapping[str, date],
    today: date,
    limits: Limits,
    *,
    served: Mapping[str, float] | None,
    period_days: int = 1,
) -> tuple[Finding, ...]:
    """Hold the last day of each table against today.

    Parameters
    ----------
    last : table → its last day, of those that should move every day
    today : what the data should reach; with weekly periods the last week that is over counts
    served : table → age in days of the same table when the night served now was made; None = no
        night is served. Who always publishes old data (a study of last year) is used to it.

    Examples
    --------
    >>> monday, friday = date(2026, 3, 2), date(2026, 3, 6)
    >>> on_age({"sales": monday}, friday, Limits(), served={"sales": 0.0})[0].text
    'the last day in sales is 2026-03-02, 4 days before 2026-03-06; 3 days are allowed'
    """
    reach = today - timedelta(days=(today.weekday() + 1) % 7) if period_days == 7 else today
    found = []
    for table, day in sorted(last.items()):
        age = float(max((reach - day).days, 0))
        before = None if served is None else served.get(table, 0.0)
        tripped = worse_than(age, limits.max_stale_days, before)
        text = (
            f"the last day in {table} is {day}, {age:g} days before {reach}; "
            f"{limits.max_stale_days:g} days are allowed"
        )
        remedy = "look whether the export still runs; to work on old data on purpose, say --as-of"
        found.append(
            Finding(
                *("stale", age, limits.max_stale_days, tripped, text), remedy if tripped else ""
            )
        )
    return tuple(found)
