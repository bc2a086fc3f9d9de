"""Rows of a small grocer, made from a known process: the second truth of model tests."""

from __future__ import annotations

import numpy as np
import pytest

from stockalert.rows import Rows

KNOWN_UNTIL = np.datetime64("2017-12-31")


@pytest.fixture(scope="session")
def grocer() -> Rows:
    """Weekly cutoffs of 120 products; demand is negative binomial with a known pace."""
    rng = np.random.default_rng(17)
    n_series, n_weeks = 120, 60
    series, week = (a.ravel() for a in np.meshgrid(np.arange(n_series), np.arange(n_weeks)))
    pace = rng.gamma(1.0, 3.0, n_series)[series] + 0.05
    horizon = rng.integers(3, 22, len(series))
    aisle = series % 7
    mean = pace * horizon * np.where(aisle == 3, 1.5, 1.0)
    cutoff = KNOWN_UNTIL - np.timedelta64(7 * n_weeks, "D") + week * np.timedelta64(7, "D")
    noise = rng.normal(size=(len(series), 2))
    rows = Rows(
        values=np.column_stack([np.log(pace), horizon, aisle, noise]).astype(np.float32),
        names=("log_scale", "horizon", "aisle", "views_trend", "price_against_usual"),
        categorical=("aisle",),
        series=series.astype(np.int32),
        cutoff=cutoff.astype("datetime64[D]"),
        horizon=horizon.astype(np.int32),
        scale=pace.astype(np.float32),
        abc=np.digitize(-pace, [-6.0, -2.0]).astype(np.int8),
        pattern=np.where(pace < 0.7, 2, 0).astype(np.int8),
        demand=rng.negative_binomial(2.0, 2.0 / (2.0 + mean)).astype(np.float32),
        weight=np.ones(len(series), np.float32),
    )
    known = rows.cutoff + rows.horizon.astype("timedelta64[D]") <= KNOWN_UNTIL
    return rows.take(known)
