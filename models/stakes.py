"""What a forecast costs where it decides: one reorder point, one cycle, in money.

Whoever stocks the quantile at level τ and is c_u per unit short, c_o per unit over, has chosen
τ = c_u ÷ (c_u + c_o) (Snyder & Shen, the newsvendor). So the level in force and the cost of a unit
short fix the cost of a unit over, c_o = c_u (1 − τ) ÷ τ, and the cost of a cycle is

    c_u (demand − stock)⁺ + c_o (stock − demand)⁺

which no forecast can lower on average but by telling the true quantile.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stockalert.arrays import BoolArray, FloatArray, IntArray, NumberArray
from stockalert.thresholds import reorder_points
from stockalert.whole_units import in_whole_units

__all__ = ["Cycles", "Stakes", "cycles"]


@dataclass(frozen=True)
class Stakes:
    """What is at stake in each row.

    Attributes
    ----------
    level : shape (n_rows,), share; the level in force
    shortage : shape (n_rows,), currency per unit short
    whole : shape (n_rows,), sold in whole units
    """

    level: FloatArray
    shortage: FloatArray
    whole: BoolArray

    @property
    def overage(self) -> FloatArray:
        """Currency per unit left over, as the level implies; shape (n_rows,)."""
        return np.asarray(self.shortage * (1.0 - self.level) / self.level)

    def take(self, which: IntArray) -> Stakes:
        """Return those of the rows at positions `which`; a position may be there many times."""
        return Stakes(self.level[which], self.shortage[which], self.whole[which])


@dataclass(frozen=True)
class Cycles:
    """What became of each row's cycle.

    Attributes
    ----------
    cost : shape (n_rows,), currency
    served : shape (n_rows,), units
    """

    cost: FloatArray
    served: FloatArray


def cycles(
    demand: NumberArray, values: FloatArray, levels: Sequence[float], stakes: Stakes
) -> Cycles:
    """Stock each row's quantile at its level, and meet its demand.

    Parameters
    ----------
    demand : shape (n_rows,), units
    values : shape (n_rows, n_levels), units; the forecast's quantiles
    levels : shape (n_levels,)

    Examples
    --------
    Ten stocked at 1 a unit short and level 0.8, so 0.25 a unit over; 12 and 6 are wanted:

    >>> stakes = Stakes(np.full(2, 0.8), np.ones(2), np.full(2, True))
    >>> cycles(np.array([12.0, 6.0]), np.full((2, 1), 10.0), [0.8], stakes).cost.round(9).tolist()
    [2.0, 1.0]
    """
    wanted = np.asarray(demand, np.float64)
    told = in_whole_units(values, stakes.whole)
    stock = reorder_points(told, np.asarray(levels), stakes.level, stakes.whole)
    short, over = np.maximum(wanted - stock, 0.0), np.maximum(stock - wanted, 0.0)
    return Cycles(stakes.shortage * short + stakes.overage * over, np.minimum(wanted, stock))
