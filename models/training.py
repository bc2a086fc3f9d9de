"""Train, prove, refit: a model and the evidence that it works.

1. *Scout*: boosters on the oldest part; their errors in the calibration window are the first
   out-of-sample outcomes. Where early stopping is asked for, it happens here, and the number of
   trees is kept.
2. *Proof*: the same on everything known before the evaluation window, calibrated with the scout's
   outcomes, evaluated on the window that nothing has seen, beside the baselines.
3. *Final*: the same on all rows, calibrated with both models' outcomes.

Outcomes of earlier models, from before the calibration window, tell both calibrations whether a
miss persists.

The proof repeats the final's recipe one evaluation window earlier, so its figures are those to
expect of the final.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from io import StringIO
from pathlib import Path
from typing import Any, Self
from zipfile import BadZipFile

import numpy as np
import pandas as pd

from models.demand import DemandModel
from models.metrics import score_table
from models.outcomes import Outcomes
from models.splits import ProofSplit, proof_split, window_end
from stockalert.arrays import BoolArray, FloatArray
from stockalert.errors import ChampionError
from stockalert.rows import Rows

__all__ = ["MODEL_NAME", "Progress", "TrainedModel", "TrainingReport", "train"]

MODEL_NAME = "stockalert"
"""Name of the model's own rows in the report, beside those of the baselines."""

OUTCOMES_FILE = "outcomes.npz"
MEMORY_DAYS = 364
"""Age at which an outcome is forgotten."""
MOST_OUTCOMES = 200_000

Progress = Callable[[str, int, int], None]
"""Called with (stage, steps done, steps in all)."""


@dataclass(frozen=True)
class TrainingReport:
    """What the proof showed.

    Attributes
    ----------
    scores : columns model, grouping (all, abc, pattern), member (code; −1 for all), level, rows,
        demand, weighted_pinball, share_below, share_at_or_below, coverage_error, bias
    calibration_start, evaluation_start, end : ISO dates, last day known at each part's start,
        and the last day of all.
    train_rows, calibration_rows, evaluation_rows : rows used for each.
    trees : trees per booster.
    importances : feature → share of the gain in the final boosters.
    """

    scores: pd.DataFrame
    calibration_start: str
    evaluation_start: str
    end: str
    train_rows: int
    calibration_rows: int
    evaluation_rows: int
    trees: tuple[int, ...]
    importances: Mapping[str, float]

    def unseen(self, rows: Rows) -> Rows:
        """Return the rows whose windows the proof model never saw."""
        return rows.take(rows.cutoff >= np.datetime64(self.evaluation_start))

    def weighted_pinball(self, levels: Sequence[float]) -> dict[str, float]:
        """Return each model's Σ loss ÷ Σ demand over all rows, averaged over `levels`."""
        wanted = np.isin(self.scores["level"].round(6), np.round(levels, 6))
        chosen = self.scores[(self.scores["grouping"] == "all") & wanted]
        means = chosen.groupby("model", sort=False)["weighted_pinball"].mean()
        return {str(name): float(mean) for name, mean in means.items()}

    def to_json(self) -> str:
        """Return the report as JSON text that `from_json` reads back exactly."""
        values = asdict(self) | {"scores": self.scores.to_dict(orient="list")}
        return json.dumps(values, indent=1, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote."""
        values = json.load(StringIO(text))
        values["scores"] = pd.DataFrame(values["scores"])
        values["trees"] = tuple(values["trees"])
        return cls(**values)


@dataclass(frozen=True)
class TrainedModel:
    """The model to forecast with, the model that was proved, and the proof.

    The next challenger is compared with this `proof` on a window that neither has seen.

    Attributes
    ----------
    outcomes : what the final's calibration was learned from, so that it can go on learning.
    """

    final: DemandModel
    proof: DemandModel
    report: TrainingReport
    outcomes: Outcomes

    def updated(self, later: Outcomes) -> DemandModel:
        """Return the final, its calibration learned anew with outcomes that came since."""
        return self.final.calibrated(self.outcomes, later)

    def save(self, folder: Path) -> None:
        """Write `final/`, `proof/`, `report.json` and `outcomes.npz` into `folder`; no pickle."""
        self.final.save(folder / "final")
        self.proof.save(folder / "proof")
        self.outcomes.save(folder / OUTCOMES_FILE)
        (folder / "report.json").write_bytes(self.report.to_json().encode())

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote.

        Raises
        ------
        ChampionError
            If a part is missing, damaged or of another format.
        """
        try:
            report = TrainingReport.from_json((folder / "report.json").read_bytes().decode())
            outcomes = Outcomes.load(folder / OUTCOMES_FILE)
        except (OSError, KeyError, TypeError, ValueError, BadZipFile) as error:
            raise ChampionError(f"no usable training report in {folder}: {error}") from error
        final, proof = (DemandModel.load(folder / part) for part in ("final", "proof"))
        return cls(final, proof, report, outcomes)


def train(
    rows: Rows,
    *,
    levels: Sequence[float],
    seed: int,
    period_days: int = 1,
    evaluation_days: int = 56,
    calibration_days: int = 56,
    baselines: Mapping[str, FloatArray] | None = None,
    earlier: Outcomes | None = None,
    progress: Progress | None = None,
    cluster: Any = None,
    **booster: Any,
) -> TrainedModel:
    """Train on rows with known demand, prove on the last days, refit on all.

    Parameters
    ----------
    rows : with `demand`; rows of weight 0 are ignored.
    seed : of everything random; same rows, seed and machine give the same model bit for bit.
    baselines : name → quantiles (n_rows, n_levels) aligned with `rows`, units; only the rows of
        `proof_split(…).evaluation` are read, so others may be NaN.
    earlier : outcomes of the models before; those since the calibration window are not read.
    cluster : `distributed.Client` whose workers train together; None = train here.
    booster : further parameters of `QuantileBoosters`; with `early_stopping_rounds`, each level
        stops early.

    Raises
    ------
    ContractError
        If there is too little history; see `proof_split`.
    """
    usable = _usable(rows)
    rows = rows if usable.all() else rows.take(usable)
    split = proof_split(
        rows,
        period_days=period_days,
        evaluation_days=evaluation_days,
        calibration_days=calibration_days,
    )
    parameters = {"random_state": seed, "cluster": cluster, **booster}
    fit = _Fit(tuple(levels), period_days, progress, parameters)
    calibration, evaluation = rows.take(split.calibration), rows.take(split.evaluation)
    stop = calibration if booster.get("early_stopping_rounds") else None
    scout = fit("scout", rows, which=split.train, validation=stop)
    kept: dict[str, Any] = {
        "n_estimators": scout.boosters.n_trees_,
        "n_bags": scout.boosters.n_bags_,
        "learning_rate": scout.boosters.learning_rate_,
    }
    first = [] if earlier is None else [_remembered(earlier, split)]
    first.append(scout.outcomes(calibration))
    before = np.less_equal(window_end(rows, period_days=period_days), split.evaluation_start)
    proof = fit("proof", rows, which=before, **kept).calibrated(*first)
    outcomes = Outcomes.concatenate(*first, proof.outcomes(evaluation))
    final = fit("final", rows, **kept).calibrated(outcomes)
    rivals = {name: q[usable][split.evaluation] for name, q in (baselines or {}).items()}
    scores = _scores(evaluation, {MODEL_NAME: proof.forecast(evaluation), **rivals}, levels)
    return TrainedModel(final, proof, _report(scores, split, final), outcomes)


def _remembered(earlier: Outcomes, split: ProofSplit) -> Outcomes:
    """Keep what is young enough to matter, not told twice, and over before the evaluation."""
    start = split.calibration_start
    young = (earlier.cutoff < start) & (earlier.cutoff >= start - np.timedelta64(MEMORY_DAYS, "D"))
    return earlier.take(young & (earlier.end <= split.evaluation_start)).thinned(MOST_OUTCOMES)


@dataclass(frozen=True)
class _Fit:
    levels: tuple[float, ...]
    period_days: int
    progress: Progress | None
    booster: Mapping[str, Any]

    def __call__(
        self,
        stage: str,
        rows: Rows,
        *,
        which: BoolArray | None = None,
        validation: Rows | None = None,
        **kept: Any,
    ) -> DemandModel:
        def on_level(done: int, total: int) -> None:
            if self.progress is not None:
                self.progress(stage, done, total)

        return DemandModel.fit(
            rows,
            levels=self.levels,
            period_days=self.period_days,
            which=which,
            validation=validation,
            on_level=on_level,
            **{**self.booster, **kept},
        )


def _usable(rows: Rows) -> np.ndarray:
    if rows.demand is None:
        raise ValueError("training needs rows with demand")
    known = np.isfinite(rows.demand)
    return known if rows.weight is None else known & (rows.weight > 0)


def _scores(
    rows: Rows, predictions: Mapping[str, FloatArray], levels: Sequence[float]
) -> pd.DataFrame:
    """Score every model's quantiles on the evaluation rows, overall, by class and by pattern."""
    demand = np.zeros(0) if rows.demand is None else rows.demand
    groups = {"abc": rows.abc, "pattern": rows.pattern}
    tables = [
        score_table(demand, quantiles, levels, groups).assign(model=name)
        for name, quantiles in predictions.items()
    ]
    table = pd.concat(tables, ignore_index=True)
    return table[["model", *table.columns.drop("model")]]


def _report(scores: pd.DataFrame, split: ProofSplit, final: DemandModel) -> TrainingReport:
    shares = final.boosters.feature_importances_.tolist()
    return TrainingReport(
        scores=scores,
        calibration_start=str(split.calibration_start),
        evaluation_start=str(split.evaluation_start),
        end=str(split.end),
        train_rows=int(split.train.sum()),
        calibration_rows=int(split.calibration.sum()),
        evaluation_rows=int(split.evaluation.sum()),
        trees=final.boosters.n_trees_,
        importances=dict(zip(final.names, shares, strict=True)),
    )
