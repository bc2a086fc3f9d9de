"""The demand model: boosters on scale-free targets, calibrated, answering in units."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

import numpy as np

from models.calibration import Calibration
from models.outcomes import Outcomes
from models.quantile import QuantileBoosters
from stockalert.arrays import BoolArray, FloatArray
from stockalert.errors import ChampionError
from stockalert.rows import Rows

__all__ = ["EXPOSURE_POWER", "DemandModel"]

EXPOSURE_POWER = 0.25
"""1 makes the loss one of units, which a few best sellers then rule; 0 makes all rows equal.

Less than 1 is better even for the loss in units: with 1 the best sellers' own shocks are learnt.
"""

_FORMAT = 2


@dataclass(frozen=True)
class DemandModel:
    """Quantiles of demand over (cutoff, cutoff + horizon] for any row of features.

    Attributes
    ----------
    boosters : fitted on y = demand ÷ (horizon × scale).
    calibration : shifts learned on rows that the boosters never saw.
    names, categorical : the columns of `Rows.values` that the boosters read.
    period_days : days in a period; horizons are periods.
    trained_until : ISO date of the last day whose sales the boosters saw.
    """

    boosters: QuantileBoosters
    calibration: Calibration
    names: tuple[str, ...]
    categorical: tuple[str, ...]
    period_days: int
    trained_until: str

    @property
    def levels(self) -> tuple[float, ...]:
        """Quantile levels of the forecasts, ascending."""
        return self.calibration.levels

    @classmethod
    def fit(
        cls,
        rows: Rows,
        *,
        levels: Sequence[float],
        period_days: int = 1,
        validation: Rows | None = None,
        on_level: Callable[[int, int], None] | None = None,
        exposure_power: float = EXPOSURE_POWER,
        trust_power: float = 1.0,
        which: BoolArray | None = None,
        cluster: Any = None,
        **booster: Any,
    ) -> Self:
        """Train on `rows`; with `validation` (later rows), each level stops early.

        A row weighs share seen ** `trust_power` × (scale × horizon) ** `exposure_power`.

        Parameters
        ----------
        trust_power : above 1, windows seen whole teach more than those scaled up from a part.
        which : rows to train on, shape (n_rows,); None = all. No copy of them is made.
        cluster : see `QuantileBoosters.fit`
        booster : further parameters of `QuantileBoosters`.
        """
        mine = rows if which is None else rows.without_values().take(which)
        positions = [rows.names.index(name) for name in rows.categorical]
        boosters = QuantileBoosters(tuple(levels), categorical_features=positions, **booster)
        target, weight = _target(mine, exposure_power, trust_power)
        later = None
        if validation is not None:
            later = (validation.values, *_target(validation, exposure_power, trust_power))
        at = None if which is None else np.flatnonzero(which)
        how: dict[str, Any] = {"on_level": on_level, "which": at, "cluster": cluster}
        boosters.fit(rows.values, target, weight, eval_set=later, **how)
        until = np.max(mine.cutoff + mine.horizon.astype(np.int64) * period_days)
        calibration = Calibration.none(levels)
        return cls(boosters, calibration, rows.names, rows.categorical, period_days, str(until))

    def raw(self, rows: Rows) -> FloatArray:
        """Return uncalibrated quantiles in units, ascending; shape (n_rows, n_levels).

        Raises
        ------
        ChampionError
            If the rows' columns are not those the model was trained on.
        """
        if (rows.names, rows.categorical) != (self.names, self.categorical):
            odd = sorted(set(rows.names) ^ set(self.names))
            raise ChampionError(
                f"the model was trained on {len(self.names)} features, the rows hold "
                f"{len(rows.names)}; not in both or in another order: {', '.join(odd[:8]) or '–'}"
            )
        if not len(rows):
            return np.empty((0, len(self.levels)))
        exposure = (rows.scale.astype(np.float64) * rows.horizon)[:, None]
        return np.maximum(self.boosters.predict(rows.values) * exposure, 0.0)

    def forecast(self, rows: Rows) -> FloatArray:
        """Return calibrated quantiles in units, ≥ 0 and ascending; shape (n_rows, n_levels)."""
        return self.calibration.apply(rows, self.raw(rows))

    def outcomes(self, rows: Rows) -> Outcomes:
        """Forecast, uncalibrated, rows with demand that the boosters have not seen."""
        return Outcomes.of(rows, self.raw(rows), period_days=self.period_days)

    def calibrated(self, *outcomes: Outcomes) -> Self:
        """Return the model with shifts learned from windows that it, or its like, had not seen."""
        learned = Calibration.learn(Outcomes.concatenate(*outcomes), levels=self.levels)
        return replace(self, calibration=learned)

    def save(self, folder: Path) -> None:
        """Write `booster_q….txt` per level and `model.json` into `folder` (created)."""
        folder.mkdir(parents=True, exist_ok=True)
        texts = self.boosters.to_text()
        for name, text in texts.items():
            (folder / f"booster_{name}.txt").write_bytes(text.encode())
        described = {
            "format": _FORMAT,
            "names": list(self.names),
            "categorical": list(self.categorical),
            "period_days": self.period_days,
            "trained_until": self.trained_until,
            "boosters": self.boosters.get_params(),
            "calibration": self.calibration.to_json(),
            "sha256": {name: _digest(text) for name, text in texts.items()},
        }
        text = json.dumps(described, indent=1, ensure_ascii=False)
        (folder / "model.json").write_bytes(text.encode())

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote; predictions are bit-identical to the saved model's.

        Raises
        ------
        ChampionError
            If a file is missing or damaged, or of a format this version does not know.
        """
        try:
            described = json.loads((folder / "model.json").read_text(encoding="utf-8"))
            return cls._from_json(described, folder)
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise ChampionError(f"no usable model in {folder}: {error}") from error

    @classmethod
    def _from_json(cls, described: Mapping[str, Any], folder: Path) -> Self:
        if described["format"] != _FORMAT:
            raise ChampionError(f"{folder} holds model format {described['format']}, not {_FORMAT}")
        calibration = Calibration.from_json(described["calibration"])
        texts = {
            name: (folder / f"booster_{name}.txt").read_bytes().decode()
            for name in described["sha256"]
        }
        if {name: _digest(text) for name, text in texts.items()} != described["sha256"]:
            raise ChampionError(f"a booster in {folder} was changed or cut off after it was saved")
        boosters = QuantileBoosters.from_text(texts, **described["boosters"])
        names = tuple(described["names"])
        if tuple(boosters.levels) != calibration.levels or boosters.n_features_in_ != len(names):
            raise ChampionError(f"boosters and model.json in {folder} do not belong together")
        categorical = tuple(described["categorical"])
        until = str(described["trained_until"])
        return cls(boosters, calibration, names, categorical, int(described["period_days"]), until)


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def _target(rows: Rows, exposure_power: float, trust_power: float) -> tuple[FloatArray, FloatArray]:
    """Return scale-free demand per period, and each row's weight (mean 1)."""
    if rows.demand is None:
        raise ValueError("training needs rows with demand")
    exposure = rows.scale.astype(np.float64) * rows.horizon
    weight = exposure**exposure_power * (1.0 if rows.weight is None else rows.weight**trust_power)
    return rows.demand / exposure, weight / weight.mean()
