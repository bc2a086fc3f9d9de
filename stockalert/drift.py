"""Has what a model reads changed since it was trained? The population stability index.

PSI = Σ (c − r) · ln(c ÷ r) over the bins of a feature, r its share in the reference and c now; bins
are tenths of the reference, and one more for what is missing (N. Siddiqi, *Credit Risk Scorecards*,
2006, where 0.25 marks a major shift). Samples of n and m units that differ by chance alone give
(1/n + 1/m) · χ² with a degree of freedom per bin less one (B. Yurdakul, *Statistical properties of
population stability index*, 2018): a shift counts only beyond that.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.stats import chi2

from stockalert.arrays import FloatArray, IntArray

__all__ = ["chance_limit", "drift_table", "population_stability"]

BINS = 10
CONFIDENCE = 0.999
LEAST = 0.5
"""Rows that an empty bin counts as."""


def population_stability(reference: IntArray, current: IntArray) -> float:
    """Return the index of two histograms over the same bins.

    Examples
    --------
    Two bins, half and half before, 90 and 10 now: 0.4·ln 1.8 + 0.4·ln 5.

    >>> round(population_stability(np.array([50, 50]), np.array([90, 10])), 4)
    0.8789
    >>> population_stability(np.array([5, 5]), np.array([50, 50]))
    0.0
    """
    before = np.maximum(reference, LEAST) / max(reference.sum(), LEAST)
    now = np.maximum(current, LEAST) / max(current.sum(), LEAST)
    return float(np.sum((now - before) * np.log(now / before)))


def chance_limit(n_reference: int, n_current: int, n_bins: int) -> float:
    """Return the index that chance alone passes once in a thousand times.

    Examples
    --------
    >>> round(chance_limit(2000, 2000, 10), 4)
    0.0279
    """
    freedom = max(n_bins - 1, 1)
    return float(chi2.ppf(CONFIDENCE, freedom) * (1.0 / n_reference + 1.0 / n_current))


def drift_table(
    names: Sequence[str],
    pairs: Sequence[tuple[FloatArray, FloatArray]],
    *,
    units: int,
    limit: float,
) -> pd.DataFrame:
    """Compare every feature's values now with those of the reference.

    Parameters
    ----------
    pairs : reference and current, shapes (n, n_features) and (m, n_features), NaN = missing; after
        them the same comparisons of earlier times. What a feature did then already is usual: one
        that all series share, such as the shop's level, moves far without meaning much.
    units : independent units (series) behind either; rows of one series are no two witnesses
    limit : index past which a feature has drifted, if neither chance nor earlier times reach it

    Returns
    -------
    One row per feature, worst first: feature, psi, chance (index that chance may reach), usual
    (the highest of earlier times), missing_before and missing_now (shares), drifted
    """
    rows = []
    for column, name in enumerate(names):
        (psi, bins), *earlier = (_index(*(side[:, column] for side in pair)) for pair in pairs)
        chance = chance_limit(units, units, bins)
        usual = max((index for index, _ in earlier), default=0.0)
        missing = (float(np.isnan(side[:, column]).mean()) for side in pairs[0])
        rows.append((name, psi, chance, usual, *missing, psi > max(limit, chance, usual)))
    table = pd.DataFrame(rows, columns=_COLUMNS).astype({"feature": "str", "drifted": "bool"})
    return table.sort_values(["psi", "feature"], ascending=[False, True], ignore_index=True)


_COLUMNS = ["feature", "psi", "chance", "usual", "missing_before", "missing_now", "drifted"]


def _index(before: FloatArray, now: FloatArray) -> tuple[float, int]:
    """Return the index of one feature, and its number of bins."""
    counts = _histograms(before, now)
    return population_stability(*counts), counts.shape[1]


def _histograms(reference: FloatArray, current: FloatArray) -> IntArray:
    """Rows of both per tenth of the reference, and of missing values where there are any; (2, B).

    Tenths that share an edge, as those of a feature that is mostly zero, are one bin.
    """
    known = reference[np.isfinite(reference)]
    inner = np.arange(1, BINS) / BINS
    edges = np.unique(np.quantile(known, inner)) if len(known) else np.zeros(0)
    counts = np.zeros((2, len(edges) + 2), dtype=np.int64)
    for row, values in zip(counts, (reference, current), strict=True):
        place = np.searchsorted(edges, values, side="left")
        place = np.where(np.isnan(values), len(edges) + 1, np.minimum(place, len(edges)))
        row[:] = np.bincount(place, minlength=len(row))
    return counts[:, counts.any(axis=0)]
