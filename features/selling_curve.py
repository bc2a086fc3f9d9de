"""How much of a period's demand is met by a share in stock, learned from the panel's own past.

A day in stock for half of its hours did not meet half of its demand: the hours lost are often the
last and the busiest, and shelves run empty on the days on which more than usual is wanted. The
model: a period's demand is λ, gamma around its series' level; by the share s in stock, F(s)·λ of it
is asked for, one order at a time. Given sales and share, the posterior of λ does not depend on why
the shelf was empty (a stopping rule carries no information beyond the path it stopped):

    E[λ | sales, s] = (sales + A) ÷ (F(s) + A ÷ level),   A = shape × units of one order.

F is the fixed point of an expectation-maximisation for recurrent events with gamma frailty
(Nielsen, Gill, Andersen & Sørensen, 1992): sales of each hour over the demand then at risk. Where
shelves are sold out, the last order fell at the very end; where they are emptied for other
reasons, it did not. Periods almost wholly in stock tell which: sold-out ones beat the ordinary
full period, others stay below it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

from stockalert.arrays import DateArray, FloatArray, IntArray

__all__ = ["BINS", "SellingCurves", "learned_curves"]

BINS = 16
LEARN_EVERY_DAYS = 28
LEARN_FROM_DAYS = 182
MOST_SERIES = 1000
LEAST_PARTIAL = 100
ORDERS_OF_IDENTITY = 100.0
USUAL_SHAPE = 5.0
NEARLY_FULL = 0.875
LEAST_NEARLY_FULL = 50
SHAPES = np.geomspace(0.3, 100.0, 20)
MOST_FOR_SHAPE = 10_000


@dataclass(frozen=True)
class SellingCurves:
    """The curve in force in each period; learned from the periods before it alone.

    Attributes
    ----------
    fraction : shape (BINS + 1, n_periods), share of demand met by 0, 1/16 … 1 of the hours
    strength : shape (n_periods,), units; A above
    """

    fraction: FloatArray
    strength: FloatArray

    def exposure(self, observed: FloatArray) -> FloatArray:
        """Share of demand met, of the periods' share in stock; shape (n_series, n_periods).

        Examples
        --------
        >>> curve = np.linspace(0, 1, BINS + 1)[:, None] ** 2
        >>> SellingCurves(curve, np.ones(1)).exposure(np.array([[0.0], [0.5], [1.0]])).ravel()
        array([0.  , 0.25, 1.  ])
        """
        exposure = observed.copy()
        series, period = np.nonzero((observed > 0) & (observed < 1))
        at = observed[series, period].astype(np.float64) * BINS
        below = at.astype(np.int64)
        low, high = self.fraction[below, period], self.fraction[below + 1, period]
        exposure[series, period] = low + (at - below) * (high - low)
        return exposure


def learned_curves(
    units: FloatArray, observed: FloatArray, periods: DateArray, period_days: int
) -> SellingCurves | None:
    """Learn a curve every four weeks from the half year before; None where no period is partial.

    The weeks are those of the calendar, so a longer history does not move them. Before the first,
    and where fewer than 100 periods were partly in stock, demand is met in step with time.

    Parameters
    ----------
    units, observed : shape (n_series, n_periods), units sold and share of the period in stock
    periods : first day of each period
    """
    partial = (observed > 0) & (observed < 1)
    if not partial.any():
        return None
    n_periods, reach = len(periods), LEARN_FROM_DAYS // period_days
    fraction = np.repeat(_identity()[:, None], n_periods, axis=1)
    strength = np.full(n_periods, USUAL_SHAPE)
    term = periods.astype("datetime64[D]").astype(np.int64) // LEARN_EVERY_DAYS
    for begin in np.flatnonzero(np.diff(term)) + 1:
        window = slice(max(begin - reach, 0), begin)
        if partial[:, window].sum() >= LEAST_PARTIAL:
            curve, weight = _learned(units[:, window], observed[:, window])
            fraction[:, begin:] = curve[:, None]
            strength[begin:] = weight
    return SellingCurves(fraction, strength)


def _identity() -> FloatArray:
    identity: FloatArray = np.arange(BINS + 1) / BINS
    return identity


def _learned(units: FloatArray, observed: FloatArray) -> tuple[FloatArray, float]:
    """Curve and strength from one stretch of history."""
    rows = np.flatnonzero(((observed > 0) & (observed < 1)).any(axis=1))
    rows = rows[:: -(-len(rows) // MOST_SERIES)]
    units, observed = units[rows].astype(np.float64), observed[rows]
    order = _order_size(units)
    tally = _Tally.of(units, _bins(observed), order)
    sold_out = tally.sold_out()
    curve, shape = _identity(), USUAL_SHAPE
    level = tally.level(curve)
    for _ in range(3):
        curve, level = _fixed_point(tally, curve, level, shape * order, order, sold_out=sold_out)
        shape = _shape(units, _bins(observed), curve, level, order)
    return curve, shape * order


def _bins(observed: FloatArray) -> IntArray:
    """Sixteenths of the period in stock; neither none nor all of it, unless it was."""
    nearest = np.clip(np.round(observed * BINS), 1, BINS - 1)
    nearest = np.where(observed >= 1, BINS, np.where(observed <= 0, 0, nearest))
    return nearest.astype(np.int64)


def _order_size(units: FloatArray) -> float:
    """One where units are whole, else what series usually sell at least."""
    if np.array_equal(units, np.round(units)):
        return 1.0
    least = np.where(units > 0, units, np.inf).min(axis=1)
    return float(np.median(least[np.isfinite(least)]))


@dataclass(frozen=True)
class _Tally:
    """Periods and units by series and share in stock, (n_series, BINS + 1); last orders by share.

    Periods wholly out of stock are left out: they met no demand.
    """

    periods: FloatArray
    units: FloatArray
    last: FloatArray

    @classmethod
    def of(cls, units: FloatArray, bins: IntArray, order: float) -> _Tally:
        """Count periods, their units, and at most one order of each partial period."""
        n = len(units)
        kept = bins > 0
        at = (np.arange(n)[:, None] * (BINS + 1) + bins)[kept]
        shape, size = (n, BINS + 1), n * (BINS + 1)
        ends = np.where(bins[kept] < BINS, np.minimum(units[kept], order), 0.0)
        return cls(
            np.bincount(at, minlength=size).reshape(shape).astype(np.float64),
            np.bincount(at, units[kept], minlength=size).reshape(shape).astype(np.float64),
            np.bincount(bins[kept], ends, minlength=BINS + 1).astype(np.float64),
        )

    def level(self, curve: FloatArray) -> FloatArray:
        """Demand per period of each series, > 0; shape (n_series,)."""
        seen = np.maximum((self.periods * curve).sum(axis=1), 1e-9)
        level: FloatArray = np.maximum(self.units.sum(axis=1) / seen, 1e-6)
        return level

    def sold_out(self) -> bool:
        """Whether periods nearly full sold more than full ones; yes where too few tell."""
        nearly = slice(round(NEARLY_FULL * BINS), BINS)
        known = self.periods[:, BINS] >= 5
        periods = self.periods[known, nearly].sum(axis=1)
        ordinary = self.units[known, BINS] / self.periods[known, BINS]
        enough = periods.sum() >= LEAST_NEARLY_FULL
        return not enough or bool(self.units[known, nearly].sum() > (periods * ordinary).sum())


def _fixed_point(
    tally: _Tally,
    curve: FloatArray,
    level: FloatArray,
    strength: float,
    order: float,
    *,
    sold_out: bool,
) -> tuple[FloatArray, FloatArray]:
    """Expectation-maximisation of curve and levels; orders of no evidence pull to the identity."""
    last, prior = tally.last * sold_out, ORDERS_OF_IDENTITY * order
    periods, units = tally.periods.sum(axis=1), tally.units.sum(axis=0)
    for _ in range(200):
        demand = tally.periods * strength + tally.units
        demand /= curve + strength / level[:, None]
        # The mean of each period's demand: full shelves alone would be those of quiet days.
        level = np.maximum(demand.sum(axis=1) / np.maximum(periods, 1.0), 1e-6)
        spread = np.divide(units - last, curve, out=np.zeros(BINS + 1), where=curve > 0)
        events = _from_here_on(spread) * np.diff(curve) + last[1:]
        pace = (events + prior / BINS) / (_from_here_on(demand.sum(axis=0)) + prior)
        if sold_out:  # a shelf that empties in the last hour passes for full: carry on as before
            pace[-1] = pace[-2]
        before, curve = curve, np.append(0.0, np.cumsum(pace) / pace.sum())
        if np.abs(curve - before).max() < 3e-4:
            break
    return curve, level


def _from_here_on(by_share: FloatArray) -> FloatArray:
    """Sum over the periods still in stock in each sixteenth; shape (BINS,)."""
    total: FloatArray = np.cumsum(by_share[::-1])[::-1][1:]
    return total


def _shape(
    units: FloatArray, bins: IntArray, curve: FloatArray, level: FloatArray, order: float
) -> float:
    """Shape of the gamma by likelihood: sales are negative binomial at F × level."""
    kept = np.flatnonzero(bins.ravel() > 0)
    kept = kept[:: -(-len(kept) // MOST_FOR_SHAPE)]
    count = units.ravel()[kept, None] / order
    mean = (level[:, None] * curve[bins]).ravel()[kept, None] / order
    likelihood = (
        gammaln(count + SHAPES)
        - gammaln(SHAPES)
        + SHAPES * np.log(SHAPES)
        + count * np.log(mean)
        - (count + SHAPES) * np.log(SHAPES + mean)
    )
    return float(SHAPES[likelihood.sum(axis=0).argmax()])
