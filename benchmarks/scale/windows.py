"""The sixteen columns that every tool builds, and the panel that they are built of."""

from __future__ import annotations

import numpy as np

__all__ = ["COLUMNS", "LAGS", "LARGEST", "MEANS", "SPREADS", "cutoffs_of", "generated_units"]

MEANS = (7, 14, 28, 56, 91, 182, 364)
SPREADS = (28, 91, 364)
LARGEST = (91, 364)
LAGS = (0, 7, 14, 28)
COLUMNS = (
    *(f"mean_{days}" for days in MEANS),
    *(f"spread_{days}" for days in SPREADS),
    *(f"largest_{days}" for days in LARGEST),
    *(f"lag_{days}" for days in LAGS),
)
"""Of the days up to and with the cutoff; spread = sample standard deviation, lag_0 = the cutoff."""

CUTOFFS = 26


def cutoffs_of(n_days: int) -> np.ndarray:
    """Weekly cutoffs of the last half year, the last day among them; shape (26,)."""
    return n_days - 1 - 7 * np.arange(CUTOFFS)[::-1]


def generated_units(n_series: int, n_days: int, *, seed: int = 7) -> np.ndarray:
    """Units per day, float32 (n_series, n_days); most series sell seldom."""
    rng = np.random.default_rng(seed)
    units = np.empty((n_series, n_days), dtype=np.float32)
    for start in range(0, n_series, 4096):
        pace = rng.gamma(0.6, 1.0, (len(units[start : start + 4096]), 1)) + 0.02
        units[start : start + 4096] = rng.negative_binomial(
            1.0, np.broadcast_to(1 / (1 + pace), (len(pace), n_days))
        )
    return units
