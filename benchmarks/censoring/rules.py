"""Rules that recover a day's demand from what an emptied shelf sold."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from benchmarks.censoring.shops import Hidden
from features.censoring import unmet, visible
from features.panel import Panel
from features.selling_curve import learned_curves
from features.target import demand_after

__all__ = ["RULES", "window_totals"]

START = np.datetime64("2024-01-01")
LEAST_SHARE = 0.2  # of demand met; to mask more would drop the days that wanted most


def masked(shop: Hidden) -> np.ndarray:
    """Take the mean of full days for a day that lost hours, and sales where they are more."""
    return np.maximum(shop.units, _full_days(shop))


def by_share(shop: Hidden) -> np.ndarray:
    """Divide sales by the share in stock; nothing in stock counts as a full day."""
    share = np.maximum(shop.share, 1e-9)
    return np.where(shop.share > 0, shop.units / share, _full_days(shop))


def ours(shop: Hidden) -> np.ndarray:
    """features.selling_curve and the posterior of each day."""
    panel = _panel(shop)
    units, share = visible(panel.units, panel.observed, least=LEAST_SHARE)
    sold, met = units.sum(axis=1), share.sum(axis=1)
    level = np.maximum(sold / np.maximum(met, 1e-9), 1e-6)[:, None]
    own, usual = unmet(units, share, level=level, prior_units=panel.prior_units)
    rate = (units + own).sum(axis=1) / np.maximum((1 - usual).sum(axis=1), 1e-9)
    if shop.views is not None:
        views = (shop.views * share).sum(axis=1) / np.maximum(met, 1e-9)
        usual = usual * np.minimum(shop.views / np.maximum(views, 1e-9)[:, None], 3.0)
    return np.maximum(units + own + rate[:, None] * usual, shop.units)


RULES: dict[str, Callable[[Hidden], np.ndarray]] = {
    "mask": masked,
    "scale by share": by_share,
    "ours": ours,
}


def window_totals(shop: Hidden, days: int) -> tuple[np.ndarray, np.ndarray]:
    """Training targets of the last windows of `days`, and demand in them; where both are known."""
    panel = _panel(shop)
    cutoffs = np.arange(shop.units.shape[1] // 2, shop.units.shape[1] - days - 1, 3)
    horizons = np.full((len(cutoffs), len(shop.units), 1), days)
    found, weight = demand_after(panel, cutoffs, horizons)
    running = np.pad(shop.demand.cumsum(axis=1), ((0, 0), (1, 0)))
    true = (running[:, cutoffs + 1 + days] - running[:, cutoffs + 1]).T
    partly = (weight[..., 0] > 0) & (weight[..., 0] < 1)
    return found[..., 0][partly].astype(np.float64), true[partly]


def _full_days(shop: Hidden) -> np.ndarray:
    full = shop.share >= 1
    return (np.where(full, shop.units, 0).sum(axis=1) / np.maximum(full.sum(axis=1), 1))[:, None]


def _panel(shop: Hidden) -> Panel:
    """The shop as the product reads it; the last curve, learned from all days, holds for all."""
    n, n_days = shop.units.shape
    periods = START + np.arange(n_days)
    later = np.append(periods, periods[-1] + np.arange(1, 29))
    wide = [np.pad(x, ((0, 0), (0, 28))) for x in (shop.units, shop.share)]
    curves = learned_curves(*wide, later, 1)
    assert curves is not None
    curve, prior = curves.fraction[:, -1:], curves.strength[-1:]
    fixed = type(curves)(np.repeat(curve, n_days, axis=1), np.repeat(prior, n_days))
    return Panel(
        series=pd.DataFrame({"sku": np.arange(n).astype(str), "location": "default"}),
        periods=periods,
        period_days=1,
        first=np.zeros(n, dtype=np.int32),
        units=shop.units,
        observed=fixed.exposure(shop.share),
        views=shop.views,
        prior_units=fixed.strength,
    )
