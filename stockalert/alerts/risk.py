"""What may be lost, in units: from the quantiles of demand until goods come."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from stockalert.arrays import FloatArray, NumberArray
from stockalert.quantiles import at_horizon, expected_excess, mean, probability_at_most
from stockalert.tables.columns import quantile_column

__all__ = ["Demand", "Shortage", "demand_of", "left_over", "shortage_within"]


@dataclass(frozen=True)
class Demand:
    """Demand of each series at common horizons, and over its protection interval.

    Attributes
    ----------
    values : shape (n, n_horizons, n_levels), units
    days : shape (n_horizons,), ascending
    protection : shape (n, n_levels), units
    levels : shape (n_levels,)
    """

    values: FloatArray
    days: FloatArray
    protection: FloatArray
    levels: FloatArray

    def within(self, days: NumberArray) -> FloatArray:
        """Quantiles of demand over the next days, one length per series; (n, n_levels), units."""
        wanted = np.asarray(days, np.float64)[:, None]
        return np.asarray(at_horizon(self.values, self.days, wanted)[:, 0])


@dataclass(frozen=True)
class Shortage:
    """Chance to sell out, and units expected to be short; shape (n,) each."""

    chance: FloatArray
    units: FloatArray


def demand_of(
    thresholds: pd.DataFrame, forecasts: pd.DataFrame, days: FloatArray | None = None
) -> Demand:
    """Read quantiles back from the published tables.

    Parameters
    ----------
    thresholds, forecasts : the contract's tables of one night, every series in both
    days : horizons that every series was forecast at, ascending; None = to be found
    """
    names = [name for name in forecasts.columns if _is_quantile(name)]
    levels = np.array([int(name[1:]) / 1000 for name in names])
    key = ["sku", "location"]
    wanted = pd.MultiIndex.from_frame(thresholds[key])
    row = wanted.get_indexer(pd.MultiIndex.from_frame(forecasts[key]))
    horizon = forecasts["horizon_days"].to_numpy(np.float64)
    if days is None:
        counts = forecasts["horizon_days"].value_counts()
        days = np.sort(counts.index[counts == len(thresholds)].to_numpy(np.float64))
    values = np.zeros((len(thresholds), len(days), len(levels)))
    protection = np.zeros((len(thresholds), len(levels)))
    found = forecasts[names].to_numpy(np.float64)
    common = np.isin(horizon, days)
    values[row[common], np.searchsorted(days, horizon[common])] = found[common]
    own = horizon == thresholds["protection_days"].to_numpy(np.float64)[row]
    protection[row[own]] = found[own]
    return Demand(values, days, protection, levels)


def shortage_within(values: NumberArray, levels: NumberArray, stock: NumberArray) -> Shortage:
    """Chance and size of the shortage when stock must last; NaN where stock is unknown.

    E[(D − stock)⁺] is the area between the quantile function of demand D and the stock.

    Parameters
    ----------
    values : shape (n, n_levels), units
    stock : shape (n,), units

    Examples
    --------
    >>> found = shortage_within([[10.0, 20.0]], [0.5, 0.9], np.array([20.0]))
    >>> found.chance.round(3).tolist(), found.units.round(3).tolist()
    ([0.1], [0.621])
    """
    held = np.asarray(stock, np.float64)
    known = np.nan_to_num(held)
    chance = 1.0 - probability_at_most(values, levels, known)
    units = expected_excess(values, levels, known)
    blank = np.isnan(held)
    return Shortage(np.where(blank, np.nan, chance), np.where(blank, np.nan, units))


def left_over(values: NumberArray, levels: NumberArray, stock: NumberArray) -> FloatArray:
    """Units expected to be left: E[(stock − D)⁺] = stock − E[D] + E[(D − stock)⁺]; shape (n,)."""
    held = np.asarray(stock, np.float64)
    short = expected_excess(values, levels, np.nan_to_num(held))
    return np.maximum(held - mean(values, levels) + short, 0.0)


def _is_quantile(name: str) -> bool:
    return name[:1] == "q" and name[1:].isdigit() and name == quantile_column(int(name[1:]) / 1000)
