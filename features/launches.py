"""When series were launched, or will be."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from features.panel import Panel
from features.tables import days, period_index, read_table
from stockalert.arrays import IntArray

__all__ = ["NEVER", "launch_periods"]

NEVER = int(np.iinfo(np.int32).max)
OVERDUE_DAYS = 56


def launch_periods(tables: Path, panel: Panel) -> IntArray:
    """Period of each series' launch: when it began, else when its product is to be launched.

    A launch date that passed in the last eight weeks without the series having begun counts as the
    next period; one that passed before then, like no date at all, as `NEVER`: nothing says that
    the product will be sold there.

    Returns
    -------
    int64, shape (n_series,); n_periods and more lie in the future
    """
    launch = np.where(panel.first < panel.n_periods, panel.first, NEVER).astype(np.int64)
    products = read_table(tables, "products", ["sku", "launch_date"])
    if "launch_date" not in products or products["launch_date"].isna().all():
        return launch
    dated = products[products["launch_date"].notna()]
    rows, series = panel.index.expand(dated)
    planned = period_index(days(dated["launch_date"]), panel.periods[0], panel.period_days)[rows]
    late = panel.n_periods - planned
    to_come = np.where(late > OVERDUE_DAYS // panel.period_days, NEVER, planned)
    waiting = launch[series] == NEVER
    launch[series[waiting]] = np.maximum(to_come, panel.n_periods)[waiting]
    return launch
