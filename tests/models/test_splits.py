"""No target window of an earlier part reaches into a later one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.model_selection import cross_val_score

from models.splits import GapSplit, proof_split, window_end
from stockalert.errors import ContractError
from stockalert.rows import Rows


def rows_of(n_weeks: int, n_series: int = 40, *, period_days: int = 1) -> Rows:
    rng = np.random.default_rng(3)
    n = n_weeks * n_series
    cutoff = np.datetime64("2023-01-01") + np.repeat(np.arange(n_weeks) * 7, n_series)
    return Rows(
        values=rng.normal(size=(n, 2)).astype(np.float32),
        names=("level", "trend"),
        categorical=(),
        series=np.tile(np.arange(n_series, dtype=np.int32), n_weeks),
        cutoff=cutoff.astype("datetime64[D]"),
        horizon=rng.integers(1, 28 // period_days + 1, n).astype(np.int32),
        scale=np.ones(n, np.float32),
        abc=np.zeros(n, np.int8),
        pattern=np.zeros(n, np.int8),
        demand=rng.poisson(3.0, n).astype(np.float32),
        weight=np.ones(n, np.float32),
    )


@pytest.mark.parametrize("period_days", [1, 7])
def test_every_window_ends_before_the_next_part_begins(period_days):
    rows = rows_of(60, period_days=period_days)
    split = proof_split(rows, period_days=period_days)
    ends = window_end(rows, period_days=period_days)
    assert ends[split.train].max() <= rows.cutoff[split.calibration].min()
    assert ends[split.calibration].max() <= rows.cutoff[split.evaluation].min()
    assert not (split.train & split.calibration).any()
    assert not (split.calibration & split.evaluation).any()
    assert split.end - split.evaluation_start == np.timedelta64(56, "D")
    assert split.end == ends.max()


def test_a_short_history_is_proved_on_shorter_windows():
    rows = rows_of(16, n_series=200)
    known = rows.take(window_end(rows) <= rows.cutoff.max())
    split = proof_split(known)
    assert split.end - split.evaluation_start < np.timedelta64(56, "D")


def test_intervals_longer_than_the_windows_lengthen_them():
    """Parts that take 16 weeks to come: no interval fits into eight."""
    rows = rows_of(104)
    long = replace(rows, horizon=np.full(len(rows), 119, dtype=np.int32))
    split = proof_split(long.take(window_end(long) <= rows.cutoff.max()))
    assert min(part.sum() for part in (split.train, split.calibration, split.evaluation)) >= 50
    assert split.end - split.evaluation_start == np.timedelta64(56 + 119, "D")


def test_too_little_history_is_said_in_plain_words():
    with pytest.raises(ContractError, match="too little history to train and prove"):
        proof_split(rows_of(3))


def test_folds_keep_the_gap_and_fit_scikit_learns_searches():
    rows = rows_of(60)
    folds = GapSplit(4, test_days=28, gap_days=28)
    for train, test in folds.split(rows.values, groups=rows.cutoff):
        assert rows.cutoff[test].min() - rows.cutoff[train].max() >= np.timedelta64(28, "D")
    scores = cross_val_score(Ridge(), rows.values, rows.demand, groups=rows.cutoff, cv=folds)
    assert len(scores) == 4


def test_folds_without_dates_or_history_are_refused():
    rows = rows_of(5)
    with pytest.raises(ValueError, match="cutoff date"):
        next(GapSplit().split(rows.values))
    with pytest.raises(ValueError, match="too little history"):
        list(GapSplit(5).split(rows.values, groups=rows.cutoff))
