"""The textbook's forecast: what is left where no model can speak."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from flows.blocks import COMMON_HORIZONS
from stockalert.arrays import FloatArray
from stockalert.formulas import formula_reorder_point
from stockalert.mapped import row_file
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

    def forecast(self, blocks: Iterable[slice], path: Path) -> tuple[Outlook, Horizons]:
        """Demand of every series; that at the common horizons lies in the file `path`."""
        n = len(self.past.mean)
        values = np.empty((n, len(self.levels)))
        with row_file(path, (len(COMMON_HORIZONS), len(self.levels))) as common:
            for which in blocks:
                values[which], rows = self.quantiles(which)
                common.append(rows)
            horizons = Horizons(COMMON_HORIZONS, common.array(), self.levels)
        outlook = Outlook(
            values=values,
            levels=self.levels,
            method=np.full(n, "formula", np.object_),
            model_version=None,
            calibration_group=np.full(n, "", np.object_),
            coverage_recent=np.full(n, np.nan),
        )
        return outlook, horizons
