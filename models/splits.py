"""Splits of time that leave a gap, so that no target window crosses a border."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import BaseCrossValidator

from stockalert.arrays import BoolArray, DateArray, IntArray
from stockalert.errors import HistoryError
from stockalert.rows import Rows

__all__ = ["GapSplit", "ProofSplit", "proof_split", "window_end"]


class GapSplit(BaseCrossValidator):  # type: ignore[misc]
    """Cross-validation folds in time, as scikit-learn's `TimeSeriesSplit`, but by date.

    `groups` of `split` holds each row's cutoff. A fold tests the rows of `test_days`
    consecutive days and trains on rows whose cutoff lies `gap_days` or more before them; with
    the longest horizon as the gap, no training target overlaps a test window.

    Parameters
    ----------
    n_splits : number of folds; the last one ends with the last cutoff.
    test_days : days of cutoffs in each fold's test part.
    gap_days : days between the last training cutoff and the first test cutoff, at least.

    Examples
    --------
    >>> cutoffs = np.arange("2024-01-01", "2024-01-11", dtype="datetime64[D]")
    >>> for train, test in GapSplit(2, test_days=2, gap_days=3).split(cutoffs, groups=cutoffs):
    ...     print(train, test)
    [0 1 2 3] [6 7]
    [0 1 2 3 4 5] [8 9]
    """

    def __init__(self, n_splits: int = 5, *, test_days: int = 28, gap_days: int = 28) -> None:
        self.n_splits = n_splits
        self.test_days = test_days
        self.gap_days = gap_days

    def split(
        self, X: npt.ArrayLike, y: npt.ArrayLike | None = None, groups: npt.ArrayLike | None = None
    ) -> Iterator[tuple[IntArray, IntArray]]:
        """Yield (training positions, test positions) of each fold, earliest first.

        Raises
        ------
        ValueError
            If `groups` is missing, or a fold has no training or no test rows.
        """
        if groups is None:
            raise ValueError("GapSplit needs each row's cutoff date as `groups`")
        cutoff = np.asarray(groups, dtype="datetime64[D]")
        after_last = cutoff.max() + np.timedelta64(1, "D")
        for fold in reversed(range(self.n_splits)):
            end = after_last - np.timedelta64(fold * self.test_days, "D")
            start = end - np.timedelta64(self.test_days, "D")
            train = np.flatnonzero(cutoff + np.timedelta64(self.gap_days, "D") <= start)
            test = np.flatnonzero((cutoff >= start) & (cutoff < end))
            if not len(train) or not len(test):
                raise ValueError(f"too little history for {self.n_splits} folds before {end}")
            yield train, test

    def get_n_splits(
        self,
        X: npt.ArrayLike | None = None,
        y: npt.ArrayLike | None = None,
        groups: npt.ArrayLike | None = None,
    ) -> int:
        """Return the number of folds."""
        return self.n_splits


@dataclass(frozen=True)
class ProofSplit:
    """Three parts of the rows in time; every window of a part ends before the next begins.

    Attributes
    ----------
    train, calibration, evaluation : bool, shape (n_rows,)
    calibration_start, evaluation_start, end : last day known to the first cutoff of each part,
        and the last day of all windows.
    """

    train: BoolArray
    calibration: BoolArray
    evaluation: BoolArray
    calibration_start: np.datetime64
    evaluation_start: np.datetime64
    end: np.datetime64


def window_end(rows: Rows, *, period_days: int = 1) -> DateArray:
    """Return the last day of each row's target window (cutoff, cutoff + horizon]."""
    end: DateArray = rows.cutoff.astype("datetime64[D]") + (
        rows.horizon.astype(np.int64) * period_days
    ).astype("timedelta64[D]")
    return end


def proof_split(
    rows: Rows,
    *,
    period_days: int = 1,
    evaluation_days: int = 56,
    calibration_days: int = 56,
    min_rows: int = 50,
) -> ProofSplit:
    """Cut the last days off for evaluation, the days before them for calibration.

    Where a window holds too few rows because intervals are longer than it, both are lengthened by
    the longest interval; where history is too short, both are halved, twice at most.

    Raises
    ------
    HistoryError
        If some part would still hold fewer than `min_rows` rows.
    """
    ends = window_end(rows, period_days=period_days)
    longest = int(rows.horizon.max(initial=0)) * period_days
    longer = [longest] if longest > min(evaluation_days, calibration_days) else []
    for more, shrink in ((0, 1), *((days, 1) for days in longer), (0, 2), (0, 4)):
        windows = (days // shrink + more for days in (evaluation_days, calibration_days))
        split = _cut(rows, ends, *windows)
        sizes = [int(p.sum()) for p in (split.train, split.calibration, split.evaluation)]
        if min(sizes) >= min_rows:
            return split
    raise HistoryError(
        "too little history to train and prove a forecast: expected at least "
        f"{min_rows} rows each to train, calibrate and evaluate, found {sizes} "
        f"in windows of {evaluation_days // 4} and {calibration_days // 4} days"
    )


def _cut(rows: Rows, ends: DateArray, evaluation_days: int, calibration_days: int) -> ProofSplit:
    cutoff = rows.cutoff.astype("datetime64[D]")
    end: np.datetime64 = ends.max() if len(ends) else np.datetime64("1970-01-01")
    evaluation_start: np.datetime64 = end - np.timedelta64(evaluation_days, "D")
    calibration_start: np.datetime64 = evaluation_start - np.timedelta64(calibration_days, "D")
    return ProofSplit(
        train=np.less_equal(ends, calibration_start),
        calibration=np.greater_equal(cutoff, calibration_start)
        & np.less_equal(ends, evaluation_start),
        evaluation=np.greater_equal(cutoff, evaluation_start),
        calibration_start=calibration_start,
        evaluation_start=evaluation_start,
        end=end,
    )
