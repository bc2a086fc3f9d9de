"""What would have sold with full shelves, period by period: the world that a replay is played in.

Sales are kept where the shelf was full. Where it was empty for a while, what that hid is added by
the rule of training targets (features.censoring.unmet): a partial period's own sales count, and
the rest is the rate of the four weeks on either side. This looks both ways on purpose, for it is
what happened, not what was known; no forecast and no policy is ever given it ahead of time.
"""

from __future__ import annotations

import numpy as np

from features.censoring import LEAST_SHARE, unmet, visible
from features.measures import running_totals
from features.panel import Panel
from features.ratios import ratio
from stockalert.arrays import BoolArray, FloatArray

__all__ = ["true_demand"]

BLOCK_SIZE = 1024
NEIGHBOURS_DAYS = 28


def true_demand(panel: Panel, whole: BoolArray) -> FloatArray:
    """Demand of every series and period, never below what was sold; 0 before the series began.

    Parameters
    ----------
    whole : shape (n_series,)
        Sold in whole units: what was hidden is rounded, too, its running total to the nearest.

    Returns
    -------
    float32, shape (n_series, n_periods), units
    """
    demand = np.empty(panel.units.shape, dtype=np.float32)
    for begin in range(0, panel.n_series, BLOCK_SIZE):
        which = slice(begin, begin + BLOCK_SIZE)
        block = panel.block(which)
        hidden = _hidden(block)
        counted = np.diff(np.floor(np.cumsum(hidden, axis=1) + 0.5), axis=1, prepend=0.0)
        demand[which] = block.units + np.where(whole[which, None], counted, hidden)
    return demand


def _hidden(panel: Panel) -> FloatArray:
    """Units that empty shelves hid, (n_series, n_periods)."""
    units, share = visible(panel.units, panel.observed)
    own, usual = np.zeros_like(units), 1.0 - share
    if panel.prior_units is not None:
        level = _rate(units, share, panel.n_periods)
        known = np.where(level > 0, level, np.inf)
        own, usual = unmet(units, share, level=known, prior_units=panel.prior_units)
    rate = _rate(units + own, 1.0 - usual, panel.periods_in(NEIGHBOURS_DAYS))
    sold = np.where(share > 0, 0.0, panel.units)
    hidden = np.maximum(own + rate * usual - sold, 0.0)
    before = np.arange(panel.n_periods) < panel.first[:, None]
    return np.where(before, 0.0, hidden)


def _rate(units: FloatArray, share: FloatArray, reach: int) -> FloatArray:
    """Units per period over the periods within `reach`; of all where those say nothing, else 0."""
    n_periods = units.shape[1]
    start = np.maximum(np.arange(n_periods) - reach, 0)
    end = np.minimum(np.arange(n_periods) + reach + 1, n_periods)
    sold, met = (running_totals(figures) for figures in (units, share))
    seen = met[:, end] - met[:, start]
    near = ratio(sold[:, end] - sold[:, start], np.where(seen >= LEAST_SHARE, seen, 0.0))
    ever = np.nan_to_num(ratio(sold[:, -1:], met[:, -1:]))
    return np.where(np.isnan(near), ever, near)
