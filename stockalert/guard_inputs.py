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
    nights : the same of nights before

    Examples
    --------
    >>> usual = {"sales": 90_000, "promotions": 20}
    >>> on_rows({"sales": 30_000, "promotions": 60}, [usual] * 3, Limits()).tripped
    True
    >>> on_rows({"sales": 90_100, "promotions": 0}, [usual] * 3, Limits()).rows["table"].tolist()
    ['promotions']
    """
    if not nights:
        return None
    tables = sorted({name for night in nights for name in night})
    found = pd.DataFrame(
        {
            "table": tables,
            "usual": [
                float(np.median([night.get(name, 0) for night in nights])) for name in tables
            ],
            "tonight": [float(rows.get(name, 0)) for name in tables],
        }
    )
    found = found[found["usual"] > 0]
    change = found["tonight"] / found["usual"] - 1
    plan, gone = found["table"].isin(PLANS), found["tonight"] == 0
    allowed = (
        limits.max_volume_change * found["usual"] + SPREAD * np.sqrt(found["usual"]) + FEW_ROWS
    )
    far = ((found["tonight"] - found["usual"]).abs() > allowed) & ~plan | gone
    worst = found.assign(change=change)[far].sort_values("change", key=abs, ascending=False)
    figure = float(change[~plan | gone].abs().max()) if (~plan | gone).any() else 0.0
    text = (
        f"{len(worst)} of {len(found)} tables have rows far from usual, "
        f"the widest change is {figure:.1%}; {limits.max_volume_change:.1%} is allowed"
    )
    tripped = len(worst) > 0
    return Finding(
        *("rows", figure, limits.max_volume_change, tripped, text),
        _LOOK_AT_EXPORT if tripped else "",
        rows=worst.reset_index(drop=True),
    )


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
    beyond = max(tonight / high - 1, 1 - tonight / low, 0.0)
    too_many = tonight > high * (1 + allowed) + SPREAD * np.sqrt(high)
    tripped = bool(too_many or tonight < low * (1 - allowed) - SPREAD * np.sqrt(low))
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
