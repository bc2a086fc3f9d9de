"""Scores of quantile forecasts: per row first, averaged last."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from stockalert.arrays import FloatArray, IntArray, NumberArray

__all__ = [
    "HEADLINE_LEVELS",
    "coverage",
    "coverage_error",
    "headline_loss",
    "pinball_loss",
    "score_table",
    "weighted_pinball",
]

HEADLINE_LEVELS = (0.8, 0.9, 0.95, 0.975, 0.99)
"""Levels that one headline figure averages over: those a reorder point is taken from."""


def pinball_loss(
    actual: NumberArray, predicted: NumberArray, levels: Sequence[float] | FloatArray
) -> FloatArray:
    """Return max(τ(y − q), (τ − 1)(y − q)) of every row and level.

    Parameters
    ----------
    actual : shape (n_rows,), units
    predicted : shape (n_rows, n_levels), units
    levels : τ, shape (n_levels,)

    Returns
    -------
    shape (n_rows, n_levels), units; no factor 2, so level 0.5 is half the absolute error.

    Examples
    --------
    >>> pinball_loss(np.array([10.0]), np.array([[8.0, 12.0]]), [0.5, 0.9])
    array([[1. , 0.2]])
    """
    tau = np.asarray(levels, dtype=np.float64)
    short = np.asarray(actual, dtype=np.float64)[:, None] - np.asarray(predicted, dtype=np.float64)
    loss: FloatArray = np.maximum(tau * short, (tau - 1.0) * short)
    return loss


def headline_loss(
    actual: NumberArray, predicted: NumberArray, levels: Sequence[float]
) -> FloatArray:
    """Return each row's pinball loss averaged over `HEADLINE_LEVELS`; shape (n_rows,), units.

    All levels count when none of the headline levels is among them.
    """
    tau = np.asarray(levels, dtype=np.float64)
    chosen = np.isin(tau.round(6), np.round(HEADLINE_LEVELS, 6))
    chosen = chosen if chosen.any() else np.ones_like(chosen)
    mean: FloatArray = pinball_loss(actual, predicted[:, chosen], tau[chosen]).mean(axis=1)
    return mean


def weighted_pinball(
    actual: NumberArray, predicted: NumberArray, levels: Sequence[float] | FloatArray
) -> FloatArray:
    """Return Σ pinball loss ÷ Σ demand of each level; shape (n_levels,), NaN without demand.

    A unit of loss counts the same on every row, so large sellers weigh what they sell.
    """
    total = float(np.sum(actual, dtype=np.float64))
    loss = pinball_loss(actual, predicted, levels).sum(axis=0)
    share: FloatArray = loss / total if total > 0 else np.full_like(loss, np.nan)
    return share


def coverage(actual: NumberArray, predicted: NumberArray) -> FloatArray:
    """Return [mean(y < q), mean(y ≤ q)] of each level; shape (n_levels, 2), shares.

    Counts cannot hit a level exactly: the two ends enclose every share that a tie could mean.

    Examples
    --------
    >>> coverage(np.array([0, 1, 2, 3]), np.full((4, 1), 2.0))
    array([[0.5 , 0.75]])
    """
    short = np.asarray(actual, dtype=np.float64)[:, None] - np.asarray(predicted, dtype=np.float64)
    return np.stack([(short < 0).mean(axis=0), (short <= 0).mean(axis=0)], axis=1)


def coverage_error(shares: FloatArray, levels: Sequence[float] | FloatArray) -> FloatArray:
    """Return how far each level lies outside [share below, share at or below]; (n_levels,).

    Positive: too much is covered; negative: too little; 0: the level lies between the two.

    Examples
    --------
    >>> coverage_error(np.array([[0.5, 0.75], [0.8, 0.9]]), [0.7, 0.95]).round(2)
    array([ 0.  , -0.05])
    """
    tau = np.asarray(levels, dtype=np.float64)
    error: FloatArray = np.maximum(shares[:, 0] - tau, 0.0) - np.maximum(tau - shares[:, 1], 0.0)
    return error


def score_table(
    actual: NumberArray,
    predicted: NumberArray,
    levels: Sequence[float],
    groups: Mapping[str, IntArray] | None = None,
) -> pd.DataFrame:
    """Score all rows, and the members of each grouping, at every level.

    Parameters
    ----------
    actual : shape (n_rows,), units
    predicted : shape (n_rows, n_levels), units
    groups : name of a grouping → member code of each row

    Returns
    -------
    One row per (grouping, member, level): rows, demand, weighted_pinball, share_below,
    share_at_or_below, coverage_error, bias (mean of q − y, units). Grouping "all" has member −1.
    """
    parts = [
        _scores(actual[mask], predicted[mask], levels).assign(grouping=grouping, member=member)
        for grouping, member, mask in _members(len(actual), groups or {})
    ]
    table = pd.concat(parts, ignore_index=True)
    return table[["grouping", "member", *parts[0].columns.drop(["grouping", "member"])]]


def _members(
    n_rows: int, groups: Mapping[str, IntArray]
) -> Iterator[tuple[str, int, slice | np.ndarray]]:
    yield "all", -1, slice(n_rows)
    for grouping, codes in groups.items():
        for member in np.unique(codes):
            yield grouping, int(member), codes == member


def _scores(actual: NumberArray, predicted: NumberArray, levels: Sequence[float]) -> pd.DataFrame:
    shares = coverage(actual, predicted)
    bias = np.mean(predicted, axis=0, dtype=np.float64) - np.mean(actual, dtype=np.float64)
    columns = {
        "level": np.asarray(levels, dtype=np.float64),
        "rows": len(actual),
        "demand": float(np.sum(actual, dtype=np.float64)),
        "weighted_pinball": weighted_pinball(actual, predicted, levels),
        "share_below": shares[:, 0],
        "share_at_or_below": shares[:, 1],
        "coverage_error": coverage_error(shares, levels),
        "bias": bias,
    }
    return pd.DataFrame(columns)
