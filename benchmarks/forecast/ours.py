"""Our own forecast: the product's ingest, features, training and calibration, as a night runs them.

The contract tables hold the evaluated series alone, which is what peers are given. Like theirs, our
model is trained anew every eight weeks, with default settings but for the calendar's country and,
where a set has only weeks of history, shorter windows of proof.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.forecast.cache import keep, kept, problem_folder
from benchmarks.forecast.code import code_fingerprint
from benchmarks.forecast.datasets.prepared import Prepared, write_tables
from benchmarks.forecast.evaluation import Forecast
from benchmarks.forecast.problem import LEVELS, Array, Problem
from benchmarks.forecast.stopwatch import inside_lightgbm
from features.build import build_rows
from features.facts import read_facts
from features.reading import read_panel
from flows.fitting import fit
from flows.ingest import ingest
from flows.run import Run, open_run
from flows.settings import Settings
from flows.training_rows import build_training_set
from models.demand import DemandModel

__all__ = ["SETTINGS", "forecast", "our_forecast"]

_REFIT_WEEKS = 8
SETTINGS: dict[str, dict[str, Any]] = {
    "online_retail_ii": {"calendar": {"country": "GB"}},
    "completejourney": {"calendar": {"country": "US"}},
    "freshretailnet": {
        "calendar": {"country": "CN"},
        "model": {"cutoff_every_days": 2, "evaluation_days": 8, "calibration_days": 8},
    },
    "vn2": {"period": "W-MON", "lead_time": {"review_days": 7}},
}


def our_forecast(prepared: Prepared, size: int | None = None, *, again: bool = False) -> Forecast:
    """Forecast all series, or a fixed sample of `size` with a model trained on it alone.

    Kept under the problem, its tables, the product's code and libraries, and the settings, which
    stand in this file and are part of the code.
    """
    problem = prepared.problem
    series = problem.sample(problem.n_series if size is None else size)
    name = f"ours-{len(series)}-{code_fingerprint()}-{prepared.tables_fingerprint}"
    out = problem_folder(problem) / name
    found = None if again else kept(out)
    if found is None:
        made = forecast(replace(prepared, problem=problem.take(series)))
        found = replace(made, series=series)
        keep(out, found)
    return found


def forecast(prepared: Prepared) -> Forecast:
    """Forecast every row of the problem in a process of its own, so that its memory is its own.

    One thread, like the peers.
    """
    os.environ["OMP_NUM_THREADS"] = "1"
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as alone:
        return alone.submit(_forecast, prepared).result()


def _forecast(prepared: Prepared) -> Forecast:
    start = time.process_time()
    problem = prepared.problem
    settings = Settings(**SETTINGS[problem.name])
    training = {"training_seconds": 0.0, "lightgbm_seconds": 0.0}
    with TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        write_tables(prepared, data, only=problem.series)
        parts = [
            _quantiles(problem, data, Path(folder) / "out", settings, cutoffs, seconds=training)
            for cutoffs in _between_trainings(problem)
        ]
    cost = {
        "seconds": round(time.process_time() - start, 1),
        "peak_gib": _peak_gib(),
        "series": problem.n_series,
        **{name: round(seconds, 1) for name, seconds in training.items()},
    }
    return Forecast(np.arange(problem.n_series), np.concatenate(parts), cost)


def _between_trainings(problem: Problem) -> Iterator[Array]:
    """Yield the cutoffs that one model answers, the first of them the last day it knew."""
    weeks = (problem.cutoffs - problem.cutoffs[0]) * problem.period_days // 7
    for term in np.unique(weeks // _REFIT_WEEKS):
        yield problem.cutoffs[weeks // _REFIT_WEEKS == term]


def _quantiles(
    problem: Problem,
    data: Path,
    out: Path,
    settings: Settings,
    cutoffs: Array,
    *,
    seconds: dict[str, float],
) -> Array:
    """Train on what was known at the first of `cutoffs`, and forecast at all of them.

    Training is all that is between the canonical tables and a proved, calibrated model: rows of
    features, the scout, the proof and the final model. Its wall `seconds` and those of them inside
    LightGBM are added up.
    """
    with _night(problem, data, out, settings, cutoffs[0]) as run, inside_lightgbm() as watch:
        start = time.perf_counter()
        training = build_training_set(run, run.as_of)
        model = fit(run, training).final
        seconds["training_seconds"] += time.perf_counter() - start
        seconds["lightgbm_seconds"] += watch.seconds
    with _night(problem, data, out, settings, cutoffs[-1]) as run:
        return _answers(problem, run, model, training.facts.vocabulary, cutoffs)


@contextmanager
def _night(
    problem: Problem, data: Path, out: Path, settings: Settings, cutoff: int
) -> Iterator[Run]:
    """Open a run whose tables end with a cutoff."""
    last = problem.periods[cutoff] + np.timedelta64(problem.period_days - 1, "D")
    as_of = last.astype(date)
    now = datetime.combine(as_of, datetime.min.time(), UTC)
    with open_run(data, out, settings=settings, as_of=as_of, now=now) as run:
        ingest(
            data,
            run.workspace.work,
            period=settings.period,
            as_of=as_of,
            today=as_of,
            max_share=settings.quarantine.max_share,
        )
        yield run


def _answers(
    problem: Problem,
    run: Run,
    model: DemandModel,
    vocabulary: dict[str, list[str]],
    cutoffs: Array,
) -> Array:
    """Quantiles of the problem's rows at `cutoffs`; features cannot see past each of them."""
    panel = read_panel(run.tables, period=run.settings.period, as_of=run.as_of)
    keys = panel.series[["sku", "location"]].reset_index()
    place = problem.series[["sku", "location"]].merge(keys, how="left")["index"].to_numpy()
    horizons = np.zeros((panel.n_series, 1), dtype=np.int64)
    horizons[place, 0] = problem.horizon
    country = run.settings.calendar.country
    facts = read_facts(run.tables, panel, country=country, vocabulary=vocabulary)
    shift = int((problem.periods[0] - panel.periods[0]).astype(int)) // problem.period_days
    rows = build_rows(panel, facts, cutoffs=cutoffs + shift, horizons=horizons, with_target=False)
    wanted = np.searchsorted(np.asarray(model.levels), LEVELS - 1e-9)
    answer = model.forecast(rows)[:, wanted].reshape(len(cutoffs), problem.n_series, len(LEVELS))
    order = np.argsort(np.argsort(place))
    return answer[:, order].reshape(-1, len(LEVELS))


def _peak_gib() -> float:
    status = Path("/proc/self/status").read_text()
    return round(int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 2**20, 2)
