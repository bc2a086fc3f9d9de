"""Questions about first weeks are asked at the right ages, and answered by what then sold."""

from __future__ import annotations

import numpy as np
import pandas as pd

from benchmarks.cold_start.questions import ask
from features.panel import Panel


def shop(launch_days, out_of_stock=()):
    """Series that sell as many units a day as days have passed since their launch."""
    n_days = 120
    first = np.array(launch_days)
    age = np.arange(n_days) - first[:, None] + 1
    observed = (age > 0).astype(np.float32)
    for series, day in out_of_stock:
        observed[series, day] = 0.5
    return Panel(
        series=pd.DataFrame({"sku": [f"s{i}" for i in range(len(first))], "location": "default"}),
        periods=np.datetime64("2024-01-01") + np.arange(n_days),
        period_days=1,
        first=first,
        units=np.maximum(age, 0).astype(np.float32),
        observed=observed,
    )


def test_a_series_is_asked_about_before_its_launch_and_in_its_weeks():
    asked = ask(shop([50]), np.array([7]), np.arange(45, 110, 7))
    assert asked.age_weeks.tolist() == [0, 1, 2, 4, 8]
    assert asked.cutoff.tolist() == [45, 52, 59, 73, 101]
    assert asked.actual[:2].tolist() == [sum(range(1, 8)), sum(range(4, 11))]


def test_intervals_out_of_stock_or_not_over_and_old_series_are_left_out():
    panel = shop([0, 60, 60, 115], out_of_stock=[(2, 64)])
    asked = ask(panel, np.array([7, 7, 7, 7]), np.array([59, 113]))
    assert list(zip(asked.series.tolist(), asked.age_weeks.tolist(), strict=True)) == [(1, 0)]
