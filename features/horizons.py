"""Which cutoffs and horizons to train on: reproducible, whatever the order of the rows."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd

from features.panel import Panel
from stockalert.arrays import FloatArray, IntArray

__all__ = ["THINNED_TOGETHER", "sample_cutoffs", "sample_horizons", "thinned"]

THINNED_TOGETHER = 256
"""Series that share their fate where rows are thinned; fewer make the sample more varied, and
the features of what is kept dearer."""


def sample_cutoffs(*, every: int, last: int, least_history: int) -> IntArray:
    """Cutoffs evenly spaced backwards from `last`, ascending.

    Parameters
    ----------
    every : periods between two cutoffs. With daily periods a number that 7 does not divide
        visits every weekday in turn.
    last : the latest cutoff, a period number below n_periods.
    least_history : periods that come before the earliest cutoff, itself included.

    Examples
    --------
    >>> sample_cutoffs(every=7, last=27, least_history=10).tolist()
    [13, 20, 27]
    """
    earliest = max(least_history - 1, 0)
    return np.arange(last, earliest - 1, -every)[::-1]


def sample_horizons(
    panel: Panel,
    cutoffs: IntArray,
    *,
    atoms: IntArray,
    probabilities: FloatArray | None = None,
    count: int,
    seed: int,
    explore: float = 0.2,
    longest: int = 0,
) -> IntArray:
    """Draw horizons for every cutoff and series from the series' protection intervals.

    A draw depends on the seed, the series' sku and location, the cutoff's date and its own
    number, and on nothing else: not on the order of the rows nor on which other series exist.

    Parameters
    ----------
    atoms : shape (n_series,) or (n_series, A), possible protection intervals in periods
    probabilities : shape (n_series, A), of each atom; None = equal
    count : draws K per series and cutoff, stratified
    explore : share of draws made log-uniformly from 1 to `longest` instead, so that one model
        answers every horizon
    longest : 0 = the longest atom of these series

    Returns
    -------
    int32, shape (n_cutoffs, n_series, count), at least 1; 0, which asks for no row, where an
    earlier draw of the series and cutoff came to the same
    """
    atoms = atoms.reshape(len(atoms), -1)
    if probabilities is None:
        probabilities = np.full(atoms.shape, 1.0 / atoms.shape[1])
    cumulative = np.cumsum(probabilities, axis=1)[:, :-1]
    keys, dates = _series_keys(panel), panel.last_days(cutoffs).astype(np.int64)
    most = float(longest or atoms.max())
    out = np.empty((len(cutoffs), len(atoms), count), dtype=np.int32)
    for position, day in enumerate(dates):
        for draw in range(count):
            place, turn, spread = (
                _uniform(keys, seed, int(day), 3 * draw + part) for part in range(3)
            )
            chosen = ((draw + place) / count)[:, None] >= cumulative
            drawn = np.take_along_axis(atoms, chosen.sum(axis=1)[:, None], axis=1)[:, 0]
            anywhere = np.floor(np.exp(spread * np.log(most + 1.0)))
            out[position, :, draw] = np.where(turn < explore, anywhere, drawn)
    return _distinct(np.clip(out, 1, max(int(most), 1)))


def _distinct(horizons: IntArray) -> IntArray:
    """Ask for every horizon of a series and cutoff once."""
    for draw in range(1, horizons.shape[2]):
        again = (horizons[:, :, :draw] == horizons[:, :, draw : draw + 1]).any(axis=2)
        horizons[:, :, draw][again] = 0
    return horizons


def thinned(
    horizons: IntArray,
    panel: Panel,
    cutoffs: IntArray,
    *,
    most: int,
    seed: int,
    asked: int = 0,
    first: int = 0,
) -> IntArray:
    """Keep a random sample of about `most` draws; the others become 0, which asks for no row.

    At each cutoff neighbouring series are kept or dropped together, some hundreds at a time, so
    that nothing needs to be computed for the others.

    Parameters
    ----------
    horizons : shape (n_cutoffs, n_series, K), as `sample_horizons` returns them
    asked : draws of all series, where these are not all; 0 = they are
    first : position of the first of these series among all
    """
    asked = asked or int(np.count_nonzero(horizons))
    if asked <= most:
        return horizons
    groups = (first + np.arange(horizons.shape[1])) // THINNED_TOGETHER
    names, member = np.unique(groups, return_inverse=True)
    keys = _mixed(names)
    taken = np.stack(
        [
            _uniform(keys, seed, int(day), -1)[member] < most / asked
            for day in panel.last_days(cutoffs).astype(np.int64)
        ]
    )
    kept: IntArray = np.where(taken[:, :, None], horizons, 0).astype(horizons.dtype)
    return kept


def _series_keys(panel: Panel) -> IntArray:
    """A 64-bit key of each series' sku and location, the same on every machine."""
    sku, location = (
        pd.util.hash_array(panel.series[name].to_numpy(dtype=object))
        for name in ("sku", "location")
    )
    return _mixed(sku ^ _mixed(location))


def _uniform(keys: IntArray, seed: int, day: int, number: int) -> FloatArray:
    """Uniform numbers in [0, 1), one per key."""
    text = f"{seed}/{day}/{number}".encode()
    salt = np.frombuffer(hashlib.blake2b(text, digest_size=8).digest(), dtype="<u8")[0]
    return (_mixed(keys ^ salt) >> np.uint64(11)).astype(np.float64) / 2.0**53


def _mixed(values: IntArray) -> IntArray:
    """The finaliser of splitmix64 (Steele, Lea & Flood 2014): every bit depends on every bit."""
    values = values.astype(np.uint64)
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
