"""Demand of series in their first weeks, from launches of the past.

1. *Expected*: the traits of a newcomer (category, brand, price band …) give the rate to expect of
   it (`models.likeness`). Established series teach what a trait is worth, too; that launches
   differ from them is one more trait.
2. *Own weeks*: the expected rate counts as α·(1 + size ÷ rate) periods of own history – a
   Gamma-Poisson estimate, in which the 1 stands for what varies from period to period beyond
   Poisson, and size is what one period with sales brings. α is the one that forecasts the past
   launches best at the same age.
3. *Spread*: past launches once stood at the same age before the same question. The 400 of them
   whose estimate was nearest to the newcomer's show by how much the truth lay above or below it;
   the nearer, and the more like the newcomer in its traits, the more they weigh. Quantiles are
   theirs, at the finite-sample rank τ·(1 + 1 ÷ n). No launch's own level tells what its traits are
   worth to itself, so these errors are those of a forecast.

A quantile never falls with the level or the interval: weights depend on neither, and the totals of
a launch only grow.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.launches import KNOWN_DAYS, Launches, Newcomers
from models.likeness import expected_levels
from stockalert.arrays import FloatArray, IntArray

__all__ = ["NAMED", "AnalogForecast", "analog_forecast"]

NAMED = 5
"""Analogs that are named to explain a forecast."""
ENOUGH_LAUNCHES = 100
"""With fewer launches the spread is learned from established series as well."""
NEAREST = 400
BANDWIDTH = 1.0
"""Difference of the logarithms of two rates at which a launch weighs 0.6 of an equal one."""
SAME_TRAITS = 4.0
"""How much more a launch weighs that shares every trait that tells anything."""
OWN_WEIGHTS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
LEARN_LEVELS, LEARN_DAYS = (0.8, 0.95), 28
TINY, ROUND, GOLDEN = 1e-9, 9, (1 + 5**0.5) / 2
BLOCK = 512


@dataclass(frozen=True)
class AnalogForecast:
    """Quantiles of newcomers' demand, and whom they were learned from.

    Attributes
    ----------
    values : shape (n, n_horizons, n_levels), units
    analogs : shape (n, `NAMED`), positions of the series most alike, best first; -1 = no more
    """

    values: FloatArray
    analogs: IntArray


def analog_forecast(
    launches: Launches,
    newcomers: Newcomers,
    traits: IntArray,
    *,
    horizons: IntArray,
    levels: FloatArray,
    period_days: int = 1,
) -> AnalogForecast:
    """Forecast newcomers' demand over the next h periods, of which those before the launch are 0.

    Parameters
    ----------
    launches : at least one; past the ages they were laid out for, demand goes on at its rate
    traits : shape (n_series, n_traits), codes of every series; negative = unknown
    horizons : shape (n, n_horizons), periods
    levels : shape (n_levels,), ascending

    Examples
    --------
    Thirty launches sold one to three a day; so may the next.

    >>> from models.launches import past_launches
    >>> units = np.repeat([[1.0], [2.0], [3.0]], 150, axis=1).repeat(10, axis=0)
    >>> first = np.full(30, 60)
    >>> past = past_launches(units, np.ones_like(units), first, longest=84)
    >>> new = Newcomers(*(np.array([x]) for x in (30, 0, 0, 0.0, 0.0)))
    >>> found = analog_forecast(past, new, np.zeros((31, 1), int), horizons=np.array([[7]]),
    ...                         levels=np.array([0.2, 0.5, 0.9]))
    >>> found.values.round(6).tolist()
    [[[7.0, 14.0, 21.0]]]
    """
    pool = _Pool.of(launches, newcomers, traits, period_days)
    values = np.zeros((*horizons.shape, len(levels)))
    analogs = np.full((len(newcomers), NAMED), -1)
    for age in np.unique(newcomers.age):
        peers = pool.at(int(age), LEARN_DAYS // period_days)
        same = np.flatnonzero(newcomers.age == age)
        for begin in range(0, len(same), BLOCK):
            block = same[begin : begin + BLOCK]
            nearest = peers.nearest(newcomers, block)
            asked = np.maximum(horizons[block] - newcomers.wait[block, None], 0)
            values[block] = nearest.quantiles(int(age), asked, np.asarray(levels))
            named = nearest.named()
            analogs[block, : named.shape[1]] = named
    return AnalogForecast(values, analogs)


@dataclass(frozen=True)
class _Pool:
    """Launches to learn from and newcomers, with the rates to expect of them."""

    launches: Launches
    size: float
    expected: FloatArray
    fitted: FloatArray
    expected_new: FloatArray
    traits: IntArray
    traits_new: IntArray
    told: FloatArray

    @classmethod
    def of(
        cls, launches: Launches, newcomers: Newcomers, traits: IntArray, period_days: int
    ) -> _Pool:
        reach = min(KNOWN_DAYS // period_days, launches.longest)
        demand = np.diff(launches.running[:, : reach + 1], axis=1)
        size = float(np.median(demand[demand > 0])) if (demand > 0).any() else 1.0
        level = np.log((launches.running[:, reach] + size / 2) / reach)
        known, asked = (_with_launched(of, traits) for of in (launches, newcomers))
        found = expected_levels(level, known, asked)
        of_known, fitted = found.of_known, found.fitted
        if launches.real.sum() >= ENOUGH_LAUNCHES:
            real = launches.real
            launches, known = launches.take(real), known[real]
            level, of_known, fitted = level[real], of_known[real], fitted[real]
        # The mean of a group lies above what the mean of its members' logarithms says.
        lift = np.exp(level).sum() / np.exp(of_known).sum()
        expected, fitted, of_new = (
            lift * np.exp(logs) for logs in (of_known, fitted, found.of_asked)
        )
        told = found.told / max(found.told.sum(), 1e-12)
        return cls(launches, size, expected, fitted, of_new, known, asked, told)

    def at(self, age: int, ahead: int) -> _Peers:
        """Choose the weight of own history at an age, and order the launches by estimate."""
        running, until = self.launches.running, min(age + ahead, self.launches.longest)
        after = running[:, until] - running[:, age]
        tried = [
            self.estimate(self.expected, running[:, age], self.aged(age), weight)
            for weight in OWN_WEIGHTS
        ]
        losses = [_loss(after, rate * max(until - age, 1)) for rate in tried]
        best = int(np.argmin(losses))
        own = running[:, age], self.aged(age), OWN_WEIGHTS[best]
        logs = np.log(self.estimate(self.fitted, *own)).round(ROUND)
        order = np.lexsort((_lots(running), logs))
        return _Peers(self, OWN_WEIGHTS[best], order, logs[order], np.log(tried[best]))

    def aged(self, age: int) -> FloatArray:
        """Periods that every launch is taken to have been seen in: what was not is filled in."""
        return np.full(len(self.launches), float(age))

    def estimate(
        self, expected: FloatArray, units: FloatArray, share: FloatArray, own_weight: float
    ) -> FloatArray:
        """Rate after `units` in `share` periods, units per period."""
        prior = own_weight * (1.0 + self.size / expected)
        rate: FloatArray = (units + prior * expected) / (share + prior)
        return rate


@dataclass(frozen=True)
class _Peers:
    """The pool at one age.

    Attributes
    ----------
    order : launches by estimate
    logs : logarithm of the estimates, in that order
    unaware : the same without what a launch says of itself, in the order of the pool
    """

    pool: _Pool
    own_weight: float
    order: IntArray
    logs: FloatArray
    unaware: FloatArray

    def nearest(self, newcomers: Newcomers, block: IntArray) -> _Nearest:
        """Weigh, for each newcomer in `block`, the launches estimated nearest to it."""
        pool = self.pool
        known = newcomers.units[block], newcomers.share[block]
        logs = np.log(pool.estimate(pool.expected_new[block], *known, self.own_weight)).round(ROUND)
        width = min(NEAREST, len(self.order))
        equal = [np.searchsorted(self.logs, logs, side=side) for side in ("left", "right")]
        begin = (equal[0] + equal[1] - width) // 2
        at = np.clip(begin, 0, len(self.order) - width)[:, None] + np.arange(width)
        member, apart = self.order[at], logs[:, None] - self.logs[at]
        mine, theirs = pool.traits_new[block][:, None, :], pool.traits[member]
        alike = ((mine == theirs) & (mine >= 0)) @ pool.told
        weight = (1.0 + SAME_TRAITS * alike) * np.exp(-0.5 * (apart / BANDWIDTH) ** 2)
        oneself = pool.launches.series[member] == newcomers.series[block, None]
        ratio = np.exp(logs[:, None] - self.unaware[member])
        return _Nearest(pool.launches, member, ratio, np.where(oneself, 0.0, weight + TINY))


@dataclass(frozen=True)
class _Nearest:
    """For some newcomers, the launches to learn from: arrays of shape (n, n_nearest).

    Attributes
    ----------
    ratio : estimate of the newcomer ÷ estimate of the launch
    """

    launches: Launches
    member: IntArray
    ratio: FloatArray
    weight: FloatArray

    def quantiles(self, age: int, horizons: IntArray, levels: FloatArray) -> FloatArray:
        """Quantiles of what the launches went on to sell, (n, n_horizons, n_levels)."""
        running, longest = self.launches.running, self.launches.longest
        out = np.empty((*horizons.shape, len(levels)))
        for column, horizon in enumerate(horizons.T):
            within = np.minimum(horizon, longest - age)
            total = running[self.member, (age + within)[:, None]] - running[self.member, age]
            beyond = np.divide(horizon, within, out=np.ones(len(horizon)), where=within > 0)
            sample = total * self.ratio * beyond[:, None]
            out[:, column] = _weighted_quantiles(sample, self.weight, levels)
        return out

    def named(self) -> IntArray:
        """Series that weigh most, best first; (n, at most `NAMED`)."""
        order = np.argsort(-self.weight, axis=1, kind="stable")[:, :NAMED]
        return self.launches.series[np.take_along_axis(self.member, order, axis=1)]


def _with_launched(of: Launches | Newcomers, traits: IntArray) -> IntArray:
    """Put before a series' traits whether it was launched within the history."""
    launched = of.real if isinstance(of, Launches) else np.ones(len(of), dtype=np.bool_)
    return np.column_stack([launched, traits[of.series]]).astype(np.int64)


def _lots(running: FloatArray) -> FloatArray:
    """Numbers that say nothing, to choose among equals whatever the order of the launches."""
    lots: FloatArray = (running[:, -1] * 1e4 / GOLDEN) % 1.0
    return lots


def _loss(after: FloatArray, estimate: FloatArray) -> float:
    """Pinball loss of the estimates times the quantiles of their own errors.

    Divided by the root of the estimate, so that neither the best sellers nor the slow ones rule.
    """
    total = 0.0
    for level in LEARN_LEVELS:
        short = after - estimate * np.quantile(after / estimate, level)
        loss = np.maximum(level * short, (level - 1) * short)
        total += float((loss / np.sqrt(estimate)).sum())
    return total


def _weighted_quantiles(sample: FloatArray, weight: FloatArray, levels: FloatArray) -> FloatArray:
    """Quantiles of each row at rank τ·(1 + 1 ÷ n), n the effective number; (n_rows, n_levels).

    Examples
    --------
    >>> sample, weight = np.arange(1.0, 20.0)[None], np.ones((1, 19))
    >>> _weighted_quantiles(sample, weight, np.array([0.5, 0.9, 0.99])).tolist()
    [[10.0, 18.0, 19.0]]
    """
    order = np.argsort(sample, axis=1, kind="stable")
    ascending = np.take_along_axis(sample, order, axis=1)
    total = weight.sum(axis=1, keepdims=True)
    share = np.cumsum(np.take_along_axis(weight, order, axis=1), axis=1) / total
    wanted = levels * (1.0 + (weight**2).sum(axis=1, keepdims=True) / total**2)
    rank = (share[:, None, :] < wanted[:, :, None] - 1e-12).sum(axis=2)
    quantiles: FloatArray = np.take_along_axis(
        ascending, np.minimum(rank, sample.shape[1] - 1), axis=1
    )
    return quantiles
