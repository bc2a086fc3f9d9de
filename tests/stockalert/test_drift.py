"""Drift of inputs: the index, what chance makes of it, and what a feature always does."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockalert.drift import chance_limit, drift_table, population_stability

COUNTS = st.lists(st.integers(0, 500), min_size=2, max_size=12)


def one(before: np.ndarray, now: np.ndarray, *earlier: tuple[np.ndarray, np.ndarray]) -> pd.Series:
    pairs = [(a[:, None], b[:, None]) for a, b in ((before, now), *earlier)]
    return drift_table(["views"], pairs, units=len(before), limit=0.25).iloc[0]


def test_the_index_is_that_of_an_independent_calculation() -> None:
    rng = np.random.default_rng(1)
    before, now = rng.gamma(2.0, 3.0, 4000), rng.gamma(2.0, 4.0, 3000)
    edges = [-np.inf, *np.quantile(before, np.arange(1, 10) / 10), np.inf]
    shares = [pd.cut(pd.Series(x), edges).value_counts(normalize=True) for x in (before, now)]
    told = sum((shares[1][bin_] - r) * np.log(shares[1][bin_] / r) for bin_, r in shares[0].items())
    assert one(before, now)["psi"] == pytest.approx(told, rel=1e-9)


@given(COUNTS)
def test_the_same_shares_have_not_drifted(counts: list[int]) -> None:
    told = np.array(counts) + 1
    assert population_stability(told, 7 * told) == pytest.approx(0, abs=1e-12)


@given(COUNTS, st.randoms(use_true_random=False))
def test_the_index_is_never_negative_and_knows_no_direction(counts: list[int], rng) -> None:
    left, right = np.array(counts) + 1, np.array(rng.sample(counts, len(counts))) + 1
    assert population_stability(left, right) >= 0
    assert population_stability(left, right) == pytest.approx(population_stability(right, left))


def test_chance_reaches_its_limit_once_in_a_thousand_times() -> None:
    rng = np.random.default_rng(2)
    n, m, p = 900, 600, np.full(10, 0.1)
    found = [
        population_stability(rng.multinomial(n, p), rng.multinomial(m, p)) for _ in range(20000)
    ]
    assert 0.0003 < np.mean(np.array(found) > chance_limit(n, m, 10)) < 0.003


def test_a_feed_that_stops_has_drifted() -> None:
    views = np.random.default_rng(3).gamma(2.0, 3.0, 500)
    row = one(views, np.full(500, np.nan))
    assert row["drifted"]
    assert (row["missing_before"], row["missing_now"]) == (0.0, 1.0)


def test_a_few_series_prove_nothing() -> None:
    rng = np.random.default_rng(4)
    assert not one(rng.normal(0, 1, 12), rng.normal(0.8, 1, 12))["drifted"]
    assert one(rng.normal(0, 1, 1200), rng.normal(0.8, 1, 1200))["drifted"]


def test_what_a_feature_always_does_is_no_drift() -> None:
    """The age of every item grows by a week each week; it would be odd if it stopped."""
    age = np.random.default_rng(5).integers(0, 9, 800).astype(float)
    weekly = [(age + 7 * week, age + 7 * (week + 1)) for week in (3, 2, 1)]
    assert not one(*weekly[0], *weekly[1:])["drifted"]
    assert one(*weekly[0])["drifted"], "without the earlier weeks it would seem so"


def test_a_feature_that_is_mostly_zero_has_few_bins() -> None:
    promoted = (np.arange(1000) < 30).astype(float)
    row = one(promoted, promoted[::-1])
    assert row["psi"] == 0
    assert row["chance"] == pytest.approx(chance_limit(1000, 1000, 2))


def test_no_feature_at_all_is_an_empty_table() -> None:
    table = drift_table([], [], units=1, limit=0.25)
    assert list(table.columns)[:2] == ["feature", "psi"]
    assert not len(table[table["drifted"]])
