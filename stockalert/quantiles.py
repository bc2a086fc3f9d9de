"""Distributions given by their quantiles: look up, invert, mix, average.

A row of `values` holds the quantiles of one non-negative quantity (demand over an interval) at
`levels`. Between them the quantile function Q is a straight line, and below the first level a
line to 0 at level 0. Past the last level the tail is exponential:
Q(u) = Q(last) + b · ln((1 − last) ÷ (1 − u)), where b makes the curve pass through the last level
and the highest one whose upper tail is at least five times as large (0.95 for a last of 0.99).
Every function here agrees with this one curve.
"""

from __future__ import annotations

import numpy as np

from stockalert.arrays import FloatArray, NumberArray

__all__ = [
    "MAX_LEVEL",
    "at_horizon",
    "expected_excess",
    "mean",
    "mixture",
    "probability_at_most",
    "quantile_at",
    "rearrange",
]

MAX_LEVEL = 0.9999
"""No quantile is looked up past this level: Q(1) of the exponential tail is infinite."""

TAIL_RATIO = 5.0
BLOCK_ROWS = 4096
HALVINGS = 32
BLAS_ROWS = 4


def rearrange(values: NumberArray) -> FloatArray:
    """Repair quantiles that cross: sort each row over the levels (Chernozhukov et al., 2010).

    Parameters
    ----------
    values : shape (…, n_levels), units

    Examples
    --------
    >>> rearrange(np.array([[1.0, 3.0, 2.0]])).tolist()
    [[1.0, 2.0, 3.0]]
    """
    return np.sort(values, axis=-1)


def quantile_at(values: NumberArray, levels: NumberArray, level: NumberArray | float) -> FloatArray:
    """Q(level) of each row.

    Parameters
    ----------
    values : shape (n, n_levels), units, non-decreasing over the levels
    levels : shape (n_levels,), strictly increasing in (0, 1)
    level : a number, shape (n,), or shape (n or 1, k); above `MAX_LEVEL` it counts as that

    Returns
    -------
    shape (n,), or (n, k) where `level` has two dimensions, units

    Examples
    --------
    >>> values, levels = np.array([[10.0, 20.0, 30.0]]), np.array([0.5, 0.8, 0.9])
    >>> quantile_at(values, levels, np.array([[0.25, 0.65, 0.9]])).round(9).tolist()
    [[5.0, 15.0, 30.0]]
    """
    knots, shares = _knots(values, levels)
    wanted = _per_row(np.clip(np.asarray(level, dtype=np.float64), 0.0, MAX_LEVEL), len(knots))
    segment = np.clip(np.searchsorted(shares, wanted, side="right") - 1, 0, len(shares) - 2)
    low, high = _pick(knots, segment), _pick(knots, segment + 1)
    weight = (wanted - shares[segment]) / (shares[segment + 1] - shares[segment])
    past_last = np.log((1 - shares[-1]) / np.minimum(1 - wanted, 1 - shares[-1]))
    tail = _tail_width(knots, shares)[:, None] * past_last
    result: FloatArray = low + np.minimum(weight, 1.0) * (high - low) + tail
    return result if np.ndim(level) == 2 else result[:, 0]


def probability_at_most(
    values: NumberArray, levels: NumberArray, x: NumberArray | float
) -> FloatArray:
    """P(quantity ≤ x) of each row: the inverse of `quantile_at`, its highest value at a step.

    Parameters
    ----------
    values : shape (n, n_levels), units, non-decreasing over the levels
    levels : shape (n_levels,), strictly increasing in (0, 1)
    x : a number, shape (n,), or shape (n or 1, k), units

    Returns
    -------
    shape (n,), or (n, k) where `x` has two dimensions, share

    Examples
    --------
    >>> values, levels = np.array([[10.0, 20.0, 30.0]]), np.array([0.5, 0.8, 0.9])
    >>> probability_at_most(values, levels, np.array([[-1.0, 5.0, 25.0]])).round(4).tolist()
    [[0.0, 0.25, 0.85]]
    """
    knots, shares = _knots(values, levels)
    result = _share_up_to(knots, shares, _per_row(x, len(knots)))
    return result if np.ndim(x) == 2 else result[:, 0]


def mean(values: NumberArray, levels: NumberArray) -> FloatArray:
    """Mean of each row: the area under its quantile function, the tail included.

    Examples
    --------
    >>> round(mean(np.array([[10.0, 20.0, 30.0]]), np.array([0.5, 0.8, 0.9])).item(), 4)
    13.7427
    """
    knots, shares = _knots(values, levels)
    body = _weighted(knots[:, 1:] + knots[:, :-1], np.diff(shares)) / 2
    return np.asarray(body + (1 - shares[-1]) * (knots[:, -1] + _tail_width(knots, shares)))


def expected_excess(values: NumberArray, levels: NumberArray, x: NumberArray | float) -> FloatArray:
    """E[(quantity − x)⁺] of each row: the area between its quantile function and x.

    Parameters
    ----------
    values : shape (n, n_levels), units, non-decreasing over the levels
    x : a number, shape (n,), or shape (n or 1, k), units

    Returns
    -------
    shape (n,), or (n, k) where `x` has two dimensions, units

    Examples
    --------
    >>> values, levels = np.array([[10.0, 20.0, 30.0]]), np.array([0.5, 0.8, 0.9])
    >>> expected_excess(values, levels, np.array([[0.0, 20.0]])).round(4).tolist()
    [[13.7427, 2.7427]]
    """
    knots, shares = _knots(values, levels)
    wanted = _per_row(x, len(knots))
    over = np.clip(knots[:, :1] - wanted, 0.0, None)
    total = np.zeros(wanted.shape)
    for right in range(1, knots.shape[1]):
        rise = (knots[:, right] - knots[:, right - 1])[:, None]
        below, over = over, np.clip(knots[:, right, None] - wanted, 0.0, None)
        slope = np.divide(over - below, rise, out=np.ones_like(over), where=rise > 0)
        total += (shares[right] - shares[right - 1]) * slope * (over + below) / 2
    width = _tail_width(knots, shares)[:, None]
    gap = np.clip(wanted - knots[:, -1:], 0.0, None)
    fade = np.exp(-np.divide(gap, width, out=np.full_like(gap, np.inf), where=width > 0))
    inside = wanted <= knots[:, -1:]
    total += (1 - shares[-1]) * np.where(inside, over + width, width * fade)
    return total if np.ndim(x) == 2 else total[:, 0]


def mixture(values: NumberArray, weights: NumberArray, levels: NumberArray) -> FloatArray:
    """Quantiles of a mixture: invert F(x) = Σ weight · F_component(x) by bisection.

    Parameters
    ----------
    values : shape (n, n_components, n_levels), units
        For example demand over each possible protection interval.
    weights : shape (n, n_components), share, each row sums to 1
    levels : shape (n_levels,)

    Returns
    -------
    shape (n, n_levels), units; a row with one certain component is that component, exactly

    Examples
    --------
    >>> short, long = [10.0, 20.0], [30.0, 40.0]
    >>> mixture(np.array([[short, long]]), np.array([[1.0, 0.0]]), np.array([0.5, 0.9])).tolist()
    [[10.0, 20.0]]
    """
    components = np.asarray(values, dtype=np.float64)
    shares = np.asarray(weights, dtype=np.float64)
    starts = range(0, len(components), BLOCK_ROWS)
    blocks = [slice(start, start + BLOCK_ROWS) for start in starts]
    mixed = [_mixture_block(components[block], shares[block], levels) for block in blocks]
    return np.concatenate([components[:0, 0, :], *mixed])


def at_horizon(values: NumberArray, horizons: NumberArray, wanted: NumberArray) -> FloatArray:
    """Quantiles at any horizon, by straight lines between the horizons that were forecast.

    Demand over nothing is 0; past the last horizon demand goes on at that horizon's rate. A longer
    interval never has less demand: values are first made non-decreasing over the horizons.

    Parameters
    ----------
    values : shape (n, n_horizons, n_levels), units
    horizons : shape (n_horizons,) or (n, n_horizons), periods, ascending, > 0
    wanted : shape (n, n_wanted), periods, ≥ 0

    Returns
    -------
    shape (n, n_wanted, n_levels), units

    Examples
    --------
    >>> values = np.array([[[10.0], [30.0]]])
    >>> at_horizon(values, np.array([5, 15]), np.array([[0, 2, 10, 30]]))[0, :, 0].tolist()
    [0.0, 4.0, 20.0, 60.0]
    """
    growing = np.maximum.accumulate(np.asarray(values, dtype=np.float64), axis=1)
    knots = np.concatenate([np.zeros_like(growing[:, :1]), growing], axis=1)
    ends = np.broadcast_to(np.asarray(horizons, dtype=np.float64), growing.shape[:2])
    ends = np.concatenate([np.zeros((len(ends), 1)), ends], axis=1)
    reach = np.minimum(np.asarray(wanted, dtype=np.float64), ends[:, -1:])
    right = np.sum(ends[:, None, :] < reach[:, :, None], axis=2).clip(1, ends.shape[1] - 1)
    start, end = _pick(ends, right - 1), _pick(ends, right)
    weight = ((reach - start) / (end - start))[:, :, None]
    low = np.take_along_axis(knots, right[:, :, None] - 1, axis=1)
    high = np.take_along_axis(knots, right[:, :, None], axis=1)
    stretch = np.divide(wanted, reach, out=np.ones_like(reach), where=reach > 0)
    return np.asarray((low + weight * (high - low)) * stretch[:, :, None])


def _mixture_block(values: FloatArray, weights: FloatArray, levels: NumberArray) -> FloatArray:
    """Bisect between the smallest and the largest quantile of the components that can occur."""
    possible = (weights > 0)[:, :, None]
    low = np.min(np.where(possible, values, np.inf), axis=1)
    high = np.max(np.where(possible, values, -np.inf), axis=1)
    open_rows = np.flatnonzero((low < high).any(axis=1))
    knots, shares = _knots(values[open_rows], levels)
    below, above, weights = low[open_rows], high[open_rows], weights[open_rows, :, None]
    for _ in range(HALVINGS if len(open_rows) else 0):
        middle = (below + above) / 2
        reached = np.sum(weights * _share_up_to(knots, shares, middle[:, None, :]), axis=1)
        enough = reached >= shares[1:] - 1e-12
        above, below = np.where(enough, middle, above), np.where(enough, below, middle)
    high[open_rows] = above
    return np.asarray(high)


def _knots(values: NumberArray, levels: NumberArray) -> tuple[FloatArray, FloatArray]:
    """Values and levels with the point (level 0, value 0) in front."""
    values = np.asarray(values, dtype=np.float64)
    knots = np.concatenate([np.zeros_like(values[..., :1]), values], axis=-1)
    return knots, np.concatenate([[0.0], np.asarray(levels, dtype=np.float64)])


def _weighted(rows: FloatArray, weights: FloatArray) -> FloatArray:
    """Weighted sum of each row, the same to the last bit wherever the row stands.

    BLAS takes four rows together and sums those that are left over in another order.
    """
    total = np.asarray(rows @ weights)
    left = len(rows) % BLAS_ROWS
    if left:
        total[-left:] = (np.pad(rows[-left:], ((0, BLAS_ROWS - left), (0, 0))) @ weights)[:left]
    return total


def _tail_width(knots: FloatArray, shares: FloatArray) -> FloatArray:
    """Scale b of the exponential tail, shape of `knots` without its last axis, units."""
    wide = np.flatnonzero(1 - shares >= TAIL_RATIO * (1 - shares[-1]) * (1 - 1e-9))
    anchor = wide[-1] if len(wide) else 0
    width = (knots[..., -1] - knots[..., anchor]) / np.log((1 - shares[anchor]) / (1 - shares[-1]))
    return np.asarray(width)


def _share_up_to(knots: FloatArray, shares: FloatArray, x: FloatArray) -> FloatArray:
    """P(quantity ≤ x): `knots` (…, n_knots) and `x` (…, k) give (…, k)."""
    segment = np.sum(knots[..., None, :] <= x[..., None], axis=-1) - 1
    left = np.broadcast_to(segment.clip(0, len(shares) - 2), segment.shape)
    low, high = _pick(knots, left), _pick(knots, left + 1)
    step = np.divide(x - low, high - low, out=np.ones_like(low), where=high > low)
    inside = shares[left] + step * (shares[left + 1] - shares[left])
    width = _tail_width(knots, shares)[..., None]
    excess = np.divide(x - knots[..., -1:], width, out=np.full_like(low, np.inf), where=width > 0)
    beyond = 1 - (1 - shares[-1]) * np.exp(-excess.clip(0, None))
    return np.where(segment < 0, 0.0, np.where(segment == len(shares) - 1, beyond, inside))


def _pick(knots: FloatArray, positions: NumberArray) -> FloatArray:
    return np.take_along_axis(knots, positions.astype(np.intp), axis=-1)


def _per_row(x: NumberArray | float, n_rows: int) -> FloatArray:
    """A number, (n,) or (n or 1, k) as (n, k)."""
    x = np.asarray(x, dtype=np.float64)
    x = x if x.ndim == 2 else x.reshape(-1, 1)
    return np.broadcast_to(x, (n_rows, x.shape[1]))
