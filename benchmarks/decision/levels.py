"""Which level each SKU gets: the same for all, or the one at which a euro of stock saves alike.

In an (s, nQ) replay with lost sales one more unit at the reorder point saves P(demand > s) units
per chance to run short, and costs its value from one chance to the next: a cycle where orders come
one at a time, a cycle and a protection interval where several are under way and neighbouring cycles
share one shortage. Units saved per euro of stock are equal where

    1 − level = c_o ÷ (c_u + c_o),  c_o = λ · value · span,

the critical ratio (`stockalert.service_level.critical_ratio`) with one price λ of money for the
whole shop, which the sweep varies. What a unit short weighs is c_u = value^γ: 1 at γ = 0 (every
unit counts alike, dear SKUs pay for it), the value itself at γ = 1 (SKUs with one span then share
one level).
"""

from __future__ import annotations

import numpy as np

from benchmarks.decision.points import SWEEP
from benchmarks.forecast.problem import Array
from stockalert.service_level import critical_ratio

__all__ = ["FLOOR", "marginal_levels", "uniform_levels"]

FLOOR, CAP = 0.05, 0.9995


def uniform_levels(shape: tuple[int, int]) -> list[Array]:
    """One table of levels per entry of `SWEEP`, shape (n_series, n_cutoffs) each."""
    return [np.full(shape, level) for level in SWEEP]


def marginal_levels(
    value: Array, span: Array, weight: Array, *, through: Array = SWEEP
) -> list[Array]:
    """Tables of levels at rising prices of stock-outs; the median SKU passes `through` these.

    Parameters
    ----------
    value : shape (n_series,), currency per unit
    span : shape (n_series, n_cutoffs), days from one chance to run short to the next
    weight : shape (n_series,), what a unit short weighs, c_u

    Examples
    --------
    A unit of the dear SKU costs four times as much to keep and is worth as much to have:

    >>> tables = marginal_levels(np.array([1.0, 4.0]), np.full((2, 1), 7.0), np.ones(2))
    >>> odds = tables[5] / (1 - tables[5])
    >>> round(float(odds[0, 0] / odds[1, 0]), 6)
    4.0
    """
    kept = value[:, None] * span
    price = np.broadcast_to(weight[:, None], kept.shape)
    usual = np.median(kept / price)
    tables = []
    for level in through:
        money = (1 - level) / level / usual
        ratio = critical_ratio(price, money * kept)
        tables.append(np.clip(np.nan_to_num(ratio, nan=level), FLOOR, CAP))
    return tables
