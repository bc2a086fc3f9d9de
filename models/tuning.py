"""Search for better parameters in a box of time.

Every trial is trained on the rows whose windows ended before the calibration window, stops early
there and is scored there. The evaluation window, on which the training is proved afterwards, is
never read. What is in force is measured first, so that nothing else is chosen unless it scored
better.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from models.demand import DemandModel
from models.metrics import HEADLINE_LEVELS, headline_loss
from models.splits import proof_split
from stockalert.rows import Rows

if TYPE_CHECKING:
    import optuna

__all__ = ["Trial", "best_parameters", "tune"]


@dataclass(frozen=True)
class Trial:
    """One measured set of parameters.

    Attributes
    ----------
    parameters : those that differ from what is in force; empty for the first trial.
    loss : Σ pinball loss ÷ Σ demand on the calibration window, mean of the headline's levels.
    seconds : it took.
    """

    parameters: Mapping[str, int | float | bool]
    loss: float
    seconds: float


def best_parameters(trials: Sequence[Trial]) -> dict[str, int | float | bool]:
    """Return the parameters of the least loss; none where no trial was finished.

    Examples
    --------
    >>> tried = [Trial({}, 0.20, 1.0), Trial({"num_leaves": 9}, 0.18, 1.0)]
    >>> best_parameters(tried), best_parameters([])
    ({'num_leaves': 9}, {})
    """
    return dict(min(trials, key=lambda trial: trial.loss).parameters) if trials else {}


def tune(
    rows: Rows,
    *,
    levels: Sequence[float],
    seconds: float,
    seed: int,
    clock: Callable[[], float],
    period_days: int = 1,
    evaluation_days: int = 56,
    calibration_days: int = 56,
    progress: Callable[[float, float], None] | None = None,
    **booster: Any,
) -> tuple[Trial, ...]:
    """Try parameters until the time is up, and return every trial that was finished in time.

    The trial that the end of the time finds at work is given up after the level it is training.
    The choices depend on the seed; how many there are depends on the machine.

    Parameters
    ----------
    rows : with known demand, as `models.training.train` takes them.
    seconds : for the search; what is in force is measured within them too.
    clock : seconds that never go back, such as `time.monotonic`.
    progress : called with (seconds passed, seconds in all) after each trial.
    booster : parameters in force, of `DemandModel.fit`.

    Raises
    ------
    HistoryError
        If there is too little history; see `proof_split`.
    """
    split = proof_split(
        rows,
        period_days=period_days,
        evaluation_days=evaluation_days,
        calibration_days=calibration_days,
    )
    headline = tuple(level for level in levels if level in HEADLINE_LEVELS) or tuple(levels)
    began = clock()
    train, later = rows.take(split.train), rows.take(split.calibration)
    box = _Box(train, later, headline, clock, began + seconds)
    study, trials = _study(seed), list[Trial]()
    while clock() < box.deadline:
        asked = study.ask() if trials else None
        parameters = {} if asked is None else _suggested(asked)
        start = clock()
        loss = box.loss(period_days=period_days, random_state=seed, **{**booster, **parameters})
        if loss is None:
            break
        if asked is not None:
            study.tell(asked, loss)
        trials.append(Trial(parameters, loss, clock() - start))
        if progress is not None:
            progress(min(clock() - began, seconds), seconds)
    return tuple(trials)


class _OutOfTime(Exception):
    """The time is up."""


@dataclass(frozen=True)
class _Box:
    """Rows to train and to score on, and when to stop."""

    train: Rows
    later: Rows
    levels: tuple[float, ...]
    clock: Callable[[], float]
    deadline: float

    def loss(self, **parameters: Any) -> float | None:
        """Return the weighted pinball loss of some parameters; None when time ran out."""
        try:
            model = DemandModel.fit(
                self.train,
                levels=self.levels,
                validation=self.later,
                on_level=self._on_level,
                **parameters,
            )
        except _OutOfTime:
            return None
        demand = np.zeros(0) if self.later.demand is None else self.later.demand
        loss = headline_loss(demand, model.raw(self.later), self.levels).sum()
        return float(loss / np.sum(demand, dtype=np.float64))

    def _on_level(self, done: int, total: int) -> None:
        if done < total and self.clock() > self.deadline:
            raise _OutOfTime


def _study(seed: int) -> optuna.Study:
    """Open a study in memory; Optuna is imported by those who tune, since that takes a second."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed))


def _suggested(trial: optuna.Trial) -> dict[str, int | float | bool]:
    """What is searched; the number of trees follows from early stopping."""
    return {
        "num_leaves": trial.suggest_int("num_leaves", 4, 64, log=True),
        "min_child_samples": trial.suggest_int("min_child_samples", 20, 1000, log=True),
        "tail_samples": trial.suggest_int("tail_samples", 5, 200, log=True),
        "learning_rate": trial.suggest_float("learning_rate", 0.03, 0.3, log=True),
        "feature_fraction": trial.suggest_float("feature_fraction", 0.2, 1.0),
        "extra_trees": trial.suggest_categorical("extra_trees", [True, False]),
        "exposure_power": trial.suggest_float("exposure_power", 0.0, 1.0),
    }
