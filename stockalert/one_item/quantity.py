"""How much to order now: what a further unit earns over joint scenarios of demand and arrivals.

An order placed now is answerable for the periods from its own arrival to that of the next order
that can come. A further unit is sold in the first of these periods whose shortage it still meets,
and held until then. A unit that is left over displaces one of a later order, and costs its holding
for as long as there is nothing to displace. Sales are lost sales throughout: what an empty shelf
did not sell is not sold later, so an order on its way is not promised to demand that will be gone.
"""

from __future__ import annotations

import numpy as np

from stockalert.arrays import FloatArray, IntArray

__all__ = ["TAIL", "best_quantity", "shortages"]

TAIL = 3  # periods after the window in which what is left over may still cost


def shortages(demand: FloatArray, arrivals: FloatArray, on_hand: float) -> FloatArray:
    """Units lost in each period if nothing more is ordered.

    Parameters
    ----------
    demand, arrivals : shape (n_scenarios, n_periods), units
    on_hand : units on the shelf before the first period's arrivals

    Examples
    --------
    >>> shortages(np.array([[5.0, 5.0, 5.0]]), np.array([[0.0, 4.0, 5.0]]), 3.0).tolist()
    [[2.0, 1.0, 0.0]]
    """
    short = np.empty_like(demand)
    stock = np.full(len(demand), on_hand)
    for period in range(demand.shape[1]):
        stock = stock + arrivals[:, period] - demand[:, period]
        short[:, period] = np.maximum(-stock, 0.0)
        stock = np.maximum(stock, 0.0)
    return short


def best_quantity(
    short: FloatArray, start: IntArray, end: IntArray, *, profit: float, holding_cost: float
) -> float:
    """Units that maximise the mean reward of the order placed now.

    The mean reward is concave and piecewise linear in the quantity: its slope falls by the holding
    cost where the cumulative shortage up to a period is passed, and by the profit where that of the
    whole window is. The best quantity is where the slope is no longer positive. With a window of
    one period this is the newsvendor's quantile profit ÷ (profit + holding cost).

    Parameters
    ----------
    short : shape (n_scenarios, n_periods), units; see `shortages`
    start, end : shape (n_scenarios,), periods
        Window [start, end); an empty one says that this order does not matter there.
    profit, holding_cost : currency per unit, and per unit and period

    Examples
    --------
    >>> short = np.array([[1.0], [2.0], [3.0], [4.0], [5.0]])
    >>> at_once = np.zeros(5, dtype=int)
    >>> best_quantity(short, at_once, at_once + 1, profit=3.0, holding_cost=1.0)
    4.0
    """
    matters = end > start
    if not matters.any():
        return 0.0
    short, start, end = short[matters], start[matters], end[matters]
    periods = np.arange(short.shape[1])
    held = (periods >= start[:, None]) & (periods < end[:, None] + TAIL)
    met = np.cumsum(np.where(held, short, 0.0), axis=1)
    points = np.concatenate([met[held], met[np.arange(len(end)), end - 1]])
    falls = np.full(len(points), holding_cost)
    falls[-len(end) :] = profit
    order = np.argsort(points, kind="stable")
    slope = profit * len(end) - np.cumsum(falls[order])
    return float(points[order[np.argmax(slope <= 1e-9 * profit * len(end))]])
