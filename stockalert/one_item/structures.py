"""The small models of one item's demand, and what each of them sees in a period.

Demand of a period is x·β + noise, with seven coefficients β in units of the item's scale: level,
slope per period, two waves (cosine and sine each) and the offset of a passing episode. A structure
says which of them may differ from zero, whether the level drifts, and how strongly the noise of one
period carries over into the next.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from stockalert.arrays import FloatArray

__all__ = [
    "LEVEL",
    "N_COEFFICIENTS",
    "OFFSET",
    "SLOPE",
    "STRUCTURES",
    "WAVES",
    "Structures",
    "waves",
]

LEVEL, SLOPE, WAVES, OFFSET = 0, 1, slice(2, 6), 6
N_COEFFICIENTS = 7
SEASONS = (*range(3, 19), 20, 22, 24, 26, 30)
SEASONAL_SHARE = 0.3  # of the prior probability

# Carry-over of noise, drift of the level (variance ratio), deviation of the slope, prior weight.
_PLAIN = (
    (0.0, 0.0, 0.0, 4.0),
    (0.0, 0.05, 0.0, 1.0),
    (0.0, 0.3, 0.0, 0.5),
    (0.0, 0.0, 0.04, 2.0),
    (0.4, 0.0, 0.0, 1.0),
    (0.7, 0.0, 0.0, 1.0),
    (0.9, 0.0, 0.0, 0.5),
    (-0.4, 0.0, 0.0, 0.5),
)


@dataclass(frozen=True)
class Structures:
    """One row per structure, shape (n,).

    Attributes
    ----------
    carry : correlation of the noise with the last period's
    drift : variance by which the level moves per period, share of the noise's
    slope_sd : prior deviation of the slope, scale per period
    season : length of the season, periods (1 = none)
    n_waves : 0, 1 or 2
    prior : probability, sums to 1
    """

    carry: FloatArray
    drift: FloatArray
    slope_sd: FloatArray
    season: FloatArray
    n_waves: FloatArray
    prior: FloatArray


def _structures() -> Structures:
    seasons = [(m, k) for m in SEASONS for k in (1, 2) if k == 1 or m > 4]
    plain_weight = sum(row[-1] for row in _PLAIN)
    weight = plain_weight * SEASONAL_SHARE / (1.0 - SEASONAL_SHARE) / len(seasons)
    rows = [(*row[:3], 1.0, 0.0, row[3]) for row in _PLAIN]
    rows += [(0.0, 0.0, 0.0, float(m), float(k), weight) for m, k in seasons]
    carry, drift, slope_sd, season, n_waves, prior = np.array(rows).T
    return Structures(carry, drift, slope_sd, season, n_waves, prior / prior.sum())


STRUCTURES = _structures()


@lru_cache(maxsize=512)
def waves(first: int, n_periods: int) -> FloatArray:
    """Cosine and sine of each structure's season; shape (n_periods, n_structures, 4).

    Parameters
    ----------
    first : number of the first period; the item's first past demand is period 0
    """
    periods = np.arange(first, first + n_periods)[:, None]
    seen = np.zeros((n_periods, len(STRUCTURES.season), 4))
    for k in (1, 2):
        angle = 2.0 * np.pi * k * periods / STRUCTURES.season
        seen[:, :, 2 * k - 2] = np.cos(angle) * (STRUCTURES.n_waves >= k)
        seen[:, :, 2 * k - 1] = np.sin(angle) * (STRUCTURES.n_waves >= k)
    seen.flags.writeable = False
    return seen
