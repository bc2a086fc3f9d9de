"""Search for better parameters of the model, within the minutes that the user gives."""

from __future__ import annotations

import json
import time
from dataclasses import replace

from flows.fitting import booster_parameters
from flows.progress import report
from flows.run import Run
from flows.training_rows import TrainingSet
from models.tuning import Trial, best_parameters, tune

__all__ = ["told_of_tuning", "tuned"]

_STAGE = "tuning"


def tuned(run: Run, training: TrainingSet, minutes: float) -> tuple[Run, tuple[Trial, ...]]:
    """Return the run with the best settings found, and every trial.

    The settings stay as they were where nothing better was found in time.
    """
    model = run.settings.model
    report(_STAGE, 0, 100)
    trials = tune(
        training.rows,
        levels=model.levels,
        seconds=60 * minutes,
        seed=model.seed,
        clock=time.monotonic,
        period_days=run.period_days,
        evaluation_days=model.evaluation_days,
        calibration_days=model.calibration_days,
        progress=lambda passed, of: report(_STAGE, min(int(100 * passed / of), 99), 100),
        **booster_parameters(model),
    )
    report(_STAGE, 100, 100)
    better = model.model_copy(update=best_parameters(trials))
    return replace(run, settings=run.settings.model_copy(update={"model": better})), trials


def told_of_tuning(trials: tuple[Trial, ...]) -> tuple[str, ...]:
    """Say what the search found, and how to keep it."""
    best = best_parameters(trials)
    if not trials:
        return ("tuning: the time was too short for a single trial; the settings stay",)
    if not best:
        return (f"tuning: none of {len(trials)} trials was better than the settings; they stay",)
    losses = [trial.loss for trial in trials]
    keys = "\n".join(f"    {name} = {json.dumps(value)}" for name, value in best.items())
    found = f"{len(trials)} trials, weighted pinball {losses[0]:.4f} before, {min(losses):.4f} now"
    return (f"tuning: {found}; to keep it for later trainings, write into [model]:\n{keys}",)
