"""The textbook's forecast: what is left where no model can speak."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from flows.blocks import COMMON_HORIZONS
from stockalert.arrays import FloatArray
from stockalert.formulas import formula_reorder_point
from stockalert.outlook import Horizons, Outlook
from stockalert.situation import Past
from stockalert.thresholds import Supply

__all__ = ["Textbook"]


@dataclass(frozen=True)
class Textbook:
    """Quantiles of the textbook: mean × P + z × deviation × √P."""

    supply: Supply
    past: Past
    levels: FloatArray

    def quantiles(self, which: slice) -> tuple[FloatArray, FloatArray]:
        """Demand of some series over their protection intervals and at the common horizons."""
        protection = self.supply.protection_days[which, None]
        common = np.tile(COMMON_HORIZONS, (len(protection), 1))
        days = np.concatenate([common, protection], axis=1)
        values = formula_reorder_point(
            self.past.mean[which, None, None],
            self.past.sd[which, None, None],
            days[:, :, None] / self.past.period_days,
            self.levels,
        )
        return values[:, -1], values[:, :-1]

    def forecast(self, blocks: Iterable[slice]) -> tuple[Outlook, Horizons]:
        """Demand of every series."""
        parts = [self.quantiles(which) for which in blocks]
        values, common = (np.concatenate(part) for part in zip(*parts, strict=True))
        n = len(values)
        outlook = Outlook(
            values=values,
            levels=self.levels,
            method=np.full(n, "formula"),
            model_version=None,
            calibration_group=np.full(n, ""),
            coverage_recent=np.full(n, np.nan),
        )
        return outlook, Horizons(COMMON_HORIZONS, common, self.levels)
