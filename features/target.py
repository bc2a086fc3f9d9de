"""The one file that looks ahead: demand after the cutoff, for training and for proof."""

from __future__ import annotations

import numpy as np

from features.censoring import visible
from features.measures import running_totals
from features.panel import Panel
from stockalert.arrays import FloatArray, IntArray

__all__ = ["LEAST_VISIBLE", "demand_after"]

LEAST_VISIBLE = 0.5


def demand_after(
    panel: Panel, cutoffs: IntArray, horizons: IntArray
) -> tuple[FloatArray, FloatArray]:
    """Demand over (t, t + h] and how much of it was seen.

    Where part of the interval was out of stock, the rate seen in stock stands for the whole, and
    demand is never below what was sold. A series that had not begun at the cutoff, an interval
    that is not over yet and one that was mostly out of stock have weight 0 and no demand.

    Parameters
    ----------
    cutoffs : shape (C,), period numbers
    horizons : shape (C, n_series, K), periods

    Returns
    -------
    demand : float32, shape (C, n_series, K), units; NaN where weight is 0
    weight : float32, same shape, share of the interval in stock, 0..1
    """
    running = [running_totals(values) for values in visible(panel.units, panel.observed)]
    running.append(running_totals(panel.units.astype(np.float64)))
    rows = np.arange(panel.n_series)[:, None]
    demand = np.full(horizons.shape, np.nan, dtype=np.float32)
    weight = np.zeros(horizons.shape, dtype=np.float32)
    for position, cutoff in enumerate(cutoffs):
        end = cutoff + 1 + horizons[position]
        over = (end <= panel.n_periods) & (panel.first <= cutoff)[:, None]
        end = np.minimum(end, panel.n_periods)
        units, share, sold = (total[rows, end] - total[:, [cutoff + 1]] for total in running)
        seen = np.where(over, share / horizons[position], 0.0)
        seen[seen < LEAST_VISIBLE] = 0.0
        scaled = np.divide(units, seen, out=np.full(seen.shape, np.nan), where=seen > 0)
        demand[position] = np.maximum(scaled, sold)
        weight[position] = seen
    return demand, weight
