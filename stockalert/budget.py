"""Spend a night's budget where a euro saves most.

Each wanted order is cut into pieces: first the smallest one a supplier takes (MOQ in whole packs),
then pack by pack (of more than 64 pieces, several packs each). A piece saves the expected shortage
that it avoids over the protection interval, times the cost of a unit short. Pieces are bought in
the order of what they save per unit of money until the budget is spent; a piece that no longer fits
ends its series' order, and cheaper ones of others may still fit. The expected shortage is convex in
the stock, so no later piece of a series saves more than an earlier one.

Limits: what has no known cost, or costs nothing, is kept and not counted. The greedy choice is best
where pieces are small beside the budget; at its edge a piece that no longer fits may have been the
better one. Equal pieces go to the earlier row.
"""

from __future__ import annotations

import numpy as np

from stockalert.arrays import FloatArray, IntArray, NumberArray
from stockalert.outlook import Outlook
from stockalert.policy import LotRules
from stockalert.quantiles import expected_excess

__all__ = ["within_budget"]

PIECES = 64
BLOCK_ROWS = 2048
TINY = 1e-9


def within_budget(
    wanted: NumberArray,
    position: NumberArray,
    outlook: Outlook,
    rules: LotRules,
    *,
    unit_cost: NumberArray,
    worth: NumberArray,
    budget: float,
) -> FloatArray:
    """Cut orders to a budget; what is left of one is still ≥ MOQ and a multiple of its pack.

    Parameters
    ----------
    wanted : shape (n,), units; 0 or purchasable, NaN = unknown
    position : shape (n,), units
    outlook : demand over the protection intervals
    unit_cost, worth : shape (n,), currency; price of a unit, cost of a unit short
    budget : currency; 0 = no limit

    Returns
    -------
    shape (n,), units, never more than wanted
    """
    quantity = np.asarray(wanted, np.float64)
    price = np.asarray(unit_cost, np.float64)
    counted = np.flatnonzero((quantity > 0) & (price > 0))
    if not budget or (quantity * price)[counted].sum() <= budget + TINY:
        return quantity
    at, price = np.asarray(position, np.float64)[counted], price[counted]
    ends = _pieces(quantity[counted], rules, counted)
    values = outlook.values[counted]
    blocks = [slice(i, i + BLOCK_ROWS) for i in range(0, len(counted), BLOCK_ROWS)]
    short = [expected_excess(values[b], outlook.levels, at[b, None] + ends[b]) for b in blocks]
    money = np.diff(ends, axis=1) * price[:, None]
    saved = -np.diff(np.concatenate(short), axis=1) * np.asarray(worth, np.float64)[counted, None]
    rate = np.divide(saved, money, out=np.full_like(money, -np.inf), where=money > TINY)
    bought = _greedy(np.minimum.accumulate(rate, axis=1), money, budget)
    cut = quantity.copy()
    cut[counted] = ends[np.arange(len(ends)), bought]
    return cut


def _pieces(wanted: FloatArray, rules: LotRules, which: IntArray) -> FloatArray:
    """Units ordered after 0 … PIECES pieces, shape (n, PIECES + 1); up to what is wanted."""
    single = np.where(rules.whole[which], 1.0, wanted / PIECES)
    pack = np.where(rules.case_pack[which] > 0, rules.case_pack[which], single)
    smallest = np.where(rules.moq[which] > 0, rules.moq[which], 0.0)
    first = np.maximum(np.ceil(smallest / pack - TINY), 1.0) * pack
    packs = np.ceil((wanted - first) / pack - TINY).clip(0)
    step = np.maximum(np.ceil(packs / (PIECES - 1)), 1.0) * pack
    ends = first[:, None] + step[:, None] * np.arange(PIECES)
    return np.pad(np.minimum(ends, wanted[:, None]), ((0, 0), (1, 0)))


def _greedy(rate: FloatArray, money: FloatArray, budget: float) -> IntArray:
    """Number of pieces bought of each series, best rates first; shape (n,)."""
    usable = money.ravel() > TINY
    best = np.argsort(-rate.ravel(), kind="stable")
    best = best[usable[best]]
    series, price = best // money.shape[1], money.ravel()[best]
    bought, left = np.zeros(len(money), dtype=np.intp), budget + TINY
    while len(series):
        # Nothing of a series after its first piece that is too dear.
        too_dear = price > left
        end = np.full(len(money), len(series))
        np.minimum.at(end, series[too_dear], np.flatnonzero(too_dear))
        still = np.arange(len(series)) < end[series]
        series, price = series[still], price[still]
        fits = int(np.searchsorted(np.cumsum(price), left, side="right"))
        bought += np.bincount(series[:fits], minlength=len(money))
        left -= float(price[:fits].sum())
        series, price = series[fits:], price[fits:]
    return bought
