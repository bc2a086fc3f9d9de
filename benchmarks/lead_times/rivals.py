"""Distributions of lead time per series: the product's, and what one would fit instead.

Every rival answers with the cumulative distribution at day 1 … 800 of each series.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy import stats

from benchmarks.lead_times.orders import Fold
from stockalert.lead_time import LeadTimes, learn

__all__ = ["DAYS", "RIVALS"]

DAYS = np.arange(1, 801)
DEFAULT_DAYS = 90.0
LEAST_OWN = 5


def ours(fold: Fold) -> np.ndarray:
    """`learn`, as a night calls it, with the gamma that its atoms stand for."""
    return _gamma(learned(fold))


def learned(fold: Fold, **options: float) -> LeadTimes:
    """Lead times of the fold's series, from the receipts alone: nothing is declared."""
    nothing = ["lead_time_days", "lead_time_sd_days", "review_days", "order_cost"]
    terms = fold.series[["supplier_id"]].reindex(columns=["supplier_id", *nothing])
    return learn(
        fold.series, terms, fold.known, as_of=fold.as_of, default_days=DEFAULT_DAYS, **options
    )


def normal(fold: Fold) -> np.ndarray:
    """Mean and deviation of the supplier's receipts, below one day cut off."""
    mean, sd = _moments(fold)
    below = stats.norm.cdf(0.5, mean, sd)
    return (stats.norm.cdf(DAYS + 0.5, mean, sd) - below) / (1 - below)


def gamma(fold: Fold) -> np.ndarray:
    """Gamma with mean and deviation of the supplier's receipts."""
    mean, sd = _moments(fold)
    return stats.gamma.cdf(DAYS + 0.5, (mean / sd) ** 2, scale=sd**2 / mean)


def lognormal(fold: Fold) -> np.ndarray:
    """Lognormal with mean and deviation of the supplier's receipts."""
    mean, sd = _moments(fold)
    log_variance = np.log1p((sd / mean) ** 2)
    scale = mean * np.exp(-log_variance / 2)
    return stats.lognorm.cdf(DAYS + 0.5, np.sqrt(log_variance), scale=scale)


def empirical(fold: Fold) -> np.ndarray:
    """The supplier's receipts themselves."""
    return np.stack([(days[:, None] <= DAYS).mean(axis=0) for days in _receipts(fold)])


RIVALS: dict[str, Callable[[Fold], np.ndarray]] = {
    "ours": ours,
    "normal": normal,
    "gamma": gamma,
    "lognormal": lognormal,
    "empirical": empirical,
}


def _gamma(times: LeadTimes) -> np.ndarray:
    mean = times.mean_days[:, None]
    sd = np.maximum(times.sd_days, 0.5)[:, None]
    return stats.gamma.cdf(DAYS + 0.5, (mean / sd) ** 2, scale=sd**2 / mean)


def _receipts(fold: Fold) -> list[np.ndarray]:
    """Days of each series' supplier's receipts; of everybody's where it has fewer than five."""
    received = fold.known[fold.known["received_at"].notna()]
    days = (received["received_at"] - received["ordered_at"]).dt.days
    of = {name: part.to_numpy() for name, part in days.groupby(received["supplier_id"])}
    everybody = days.to_numpy()
    own = [of.get(name, everybody) for name in fold.series["supplier_id"]]
    return [one if len(one) >= LEAST_OWN else everybody for one in own]


def _moments(fold: Fold) -> tuple[np.ndarray, np.ndarray]:
    own = _receipts(fold)
    mean, sd = (pd.Series(own).map(f).to_numpy(np.float64)[:, None] for f in (np.mean, np.std))
    return mean, np.maximum(sd, 0.5)
