"""The one file that looks ahead: demand after the cutoff, for training and for proof."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from features.censoring import unmet, visible
from features.measures import running_totals
from features.panel import Panel
from features.ratios import ratio
from stockalert.arrays import FloatArray, IntArray

__all__ = ["LEAST_VISIBLE", "demand_after"]

BLOCK_SIZE = 1024
LEAST_VISIBLE = 0.5
LEAST_VIEWS = 20.0
MOST_VIEWS = 3.0


def demand_after(
    panel: Panel, cutoffs: IntArray, horizons: IntArray
) -> tuple[FloatArray, FloatArray]:
    """Demand over (t, t + h] and how much of it was seen.

    What an empty shelf hid is added (features.censoring.unmet): at the interval's own rate, of a
    partial period also by what it sold itself. Where people browse, hidden periods count by their
    views, at the views of periods in stock; at most three times the usual. Demand is never below
    what was sold. A series that had not begun at the cutoff, an interval that is not over yet and
    one that was mostly out of stock have weight 0 and no demand.

    Parameters
    ----------
    cutoffs : shape (C,), period numbers
    horizons : shape (C, n_series, K), periods

    Returns
    -------
    demand : float32, shape (C, n_series, K), units; NaN where weight is 0
    weight : float32, same shape, share of the interval's demand that was met, 0..1
    """
    demand = np.full(horizons.shape, np.nan, dtype=np.float32)
    weight = np.zeros(horizons.shape, dtype=np.float32)
    for begin in range(0, panel.n_series, BLOCK_SIZE):
        which = slice(begin, begin + BLOCK_SIZE)
        block = panel.block(which)
        running = {name: running_totals(values) for name, values in _figures(block).items()}
        for position, cutoff in enumerate(cutoffs):
            demand[position, which], weight[position, which] = _after(
                block, running, int(cutoff), horizons[position, which]
            )
    return demand, weight


def _after(
    panel: Panel, running: Mapping[str, FloatArray], cutoff: int, horizons: IntArray
) -> tuple[FloatArray, FloatArray]:
    """Demand and weight after one cutoff, (n_series, K)."""
    end = cutoff + 1 + horizons
    over = (end <= panel.n_periods) & (panel.first <= cutoff)[:, None]
    end = np.minimum(end, panel.n_periods)
    rows = np.arange(panel.n_series)[:, None]
    of = {name: total[rows, end] - total[:, [cutoff + 1]] for name, total in running.items()}
    seen = np.where(over, of["share"] / horizons, 0.0)
    seen[seen < LEAST_VISIBLE] = 0.0
    return np.where(seen > 0, np.maximum(_whole(of), of["sold"]), np.nan), seen


def _figures(panel: Panel) -> Mapping[str, FloatArray]:
    """What is summed over an interval, each of shape (n_series, n_periods)."""
    units, share = visible(panel.units, panel.observed)
    figures: dict[str, FloatArray] = {
        "units": units,
        "share": share,
        "sold": panel.units.astype(np.float64),
    }
    if panel.prior_units is None:
        figures["own"], figures["usual"] = np.zeros_like(units), 1.0 - share
    else:
        figures["own"], figures["usual"] = unmet(
            units, share, level=_level_before(units, share), prior_units=panel.prior_units
        )
    figures["known"] = 1.0 - figures["usual"]
    if panel.views is not None:
        views, usual = np.nan_to_num(panel.views.astype(np.float64)), figures["usual"]
        browsed = ~np.isnan(panel.views)
        figures["views_met"], figures["views_usual"] = views * share, views * usual
        figures["share_browsed"] = np.where(browsed, share, 0.0)
        figures["usual_browsed"] = np.where(browsed, usual, 0.0)
    return figures


def _level_before(units: FloatArray, share: FloatArray) -> FloatArray:
    """Rate of each series over all periods before each; inf where it was never seen to sell."""
    sold, met = running_totals(units)[:, :-1], running_totals(share)[:, :-1]
    level: FloatArray = np.full(sold.shape, np.inf)
    np.divide(sold, met, out=level, where=(sold > 0) & (met > 0))
    return level


def _whole(of: Mapping[str, FloatArray]) -> FloatArray:
    """Demand of intervals whose sums are `of`; NaN where nothing was seen."""
    # The rate at which seen and completed periods agree; Σ units ÷ Σ share is that of quiet days.
    rate = ratio(of["units"] + of["own"], of["known"])
    usual = of["usual"]
    if "views_met" in of:
        usual_views = ratio(of["views_met"], of["share_browsed"])
        interest = ratio(of["views_usual"], usual_views * of["usual_browsed"])
        told = of["views_met"] >= LEAST_VIEWS
        interest = np.where(told, np.nan_to_num(np.minimum(interest, MOST_VIEWS), nan=1.0), 1.0)
        usual = usual + (interest - 1.0) * of["usual_browsed"]
    return of["units"] + of["own"] + rate * usual
