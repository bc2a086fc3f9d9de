"""Our own forecast: the product's ingest, features, training and calibration, as a night runs them.

The contract tables hold the evaluated series alone, which is what peers are given. Like theirs, our
model is trained anew every eight weeks, and calibrated anew at every cutoff with the outcomes that
have arrived by then, as every night does. Settings are the defaults but for the calendar's country
and, where a set has only weeks of history, shorter windows of proof.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.forecast.cache import CACHE, keep, kept, problem_folder
from benchmarks.forecast.code import code_fingerprint
from benchmarks.forecast.datasets.prepared import Prepared, write_tables
from benchmarks.forecast.evaluation import Forecast
from benchmarks.forecast.problem import LEVELS, Array, Problem
from benchmarks.forecast.stopwatch import inside_lightgbm
from features.build import build_rows
from features.facts import read_facts
from features.panel import Panel
from features.reading import read_panel
from flows.fitting import fit
from flows.ingest import ingest
from flows.run import Run, open_run
from flows.settings import Settings
from flows.training_rows import build_training_set
from models.outcomes import Outcomes
from models.training import TrainedModel
from stockalert.whole_units import in_whole_units

__all__ = ["SETTINGS", "forecast", "our_forecast"]

_REFIT_WEEKS = 8
_TOLD = "told.json"
SETTINGS: dict[str, dict[str, Any]] = {
    "online_retail_ii": {"calendar": {"country": "GB"}},
    "completejourney": {"calendar": {"country": "US"}},
    "freshretailnet": {
        "calendar": {"country": "CN"},
        "model": {
            "cutoff_every_days": 2,
            "evaluation_days": 8,
            "calibration_days": 8,
            "trust_power": 8.0,  # the score knows windows without a stock-out alone
        },
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
        parts, earlier = [], None
        for cutoffs in _between_trainings(problem):
            nights = _Nights(problem, data, Path(folder) / "out", settings)
            trained, vocabulary = _trained(nights, cutoffs[0], earlier, seconds=training)
            parts.append(_quantiles(nights, trained, vocabulary, cutoffs))
            earlier = trained.outcomes
    cost = {
        "seconds": round(time.process_time() - start + training.pop("seconds_before", 0.0), 1),
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


@dataclass(frozen=True)
class _Nights:
    """The shop whose nights are replayed."""

    problem: Problem
    data: Path
    out: Path
    settings: Settings

    @contextmanager
    def at(self, cutoff: int) -> Iterator[Run]:
        """Open a run whose tables end with a cutoff."""
        as_of = self.last_day(cutoff).astype(date)
        now = datetime.combine(as_of, datetime.min.time(), UTC)
        with open_run(self.data, self.out, settings=self.settings, as_of=as_of, now=now) as run:
            ingest(
                self.data,
                run.workspace.work,
                period=self.settings.period,
                as_of=as_of,
                today=as_of,
                max_share=self.settings.quarantine.max_share,
            )
            yield run

    def last_day(self, cutoff: int) -> np.datetime64:
        """Return the last day of a period."""
        return self.problem.periods[cutoff] + np.timedelta64(self.problem.period_days - 1, "D")


def _trained(
    nights: _Nights, cutoff: int, earlier: Outcomes | None, *, seconds: dict[str, float]
) -> tuple[TrainedModel, dict[str, list[str]]]:
    """Train on what was known at a cutoff; `earlier` is what the model before had learned from.

    Training is all that is between the canonical tables and a proved, calibrated model: rows of
    features, the scout, the proof and the final model. Its `seconds` of the processor and those
    inside LightGBM are added up. Models are kept, since several benchmarks ask for the same.
    """
    folder = CACHE.with_name("models") / _model_name(nights, cutoff, earlier)
    known = (folder / _TOLD).exists()
    if not known:
        trained, vocabulary, took = _newly_trained(nights, cutoff, earlier)
        trained.save(folder)
        (folder / _TOLD).write_text(json.dumps({"vocabulary": vocabulary, "seconds": took}))
    told = json.loads((folder / _TOLD).read_text())
    for name, value in told["seconds"].items():
        seconds[name] = seconds.get(name, 0.0) + value
    if known:
        before = seconds.get("seconds_before", 0.0)
        seconds["seconds_before"] = before + told["seconds"]["training_seconds"]
    return TrainedModel.load(folder), told["vocabulary"]


def _newly_trained(
    nights: _Nights, cutoff: int, earlier: Outcomes | None
) -> tuple[TrainedModel, dict[str, list[str]], dict[str, float]]:
    with nights.at(cutoff) as run, inside_lightgbm() as watch:
        start = time.process_time()
        training = build_training_set(run, run.as_of)
        trained = fit(run, training, earlier)
        took = {
            "training_seconds": time.process_time() - start,
            "lightgbm_seconds": watch.seconds,
        }
    return trained, training.vocabulary, took


def _model_name(nights: _Nights, cutoff: int, earlier: Outcomes | None) -> str:
    """Name a model after everything that it depends on."""
    digest = hashlib.sha256(nights.settings.to_toml().encode())
    digest.update(f"{nights.last_day(cutoff)} {0 if earlier is None else len(earlier)}".encode())
    for file in sorted(nights.data.rglob("*.parquet")):
        digest.update(file.read_bytes())
    return f"{nights.problem.name}-{code_fingerprint()}-{digest.hexdigest()[:16]}"


def _quantiles(
    nights: _Nights, trained: TrainedModel, vocabulary: dict[str, list[str]], cutoffs: Array
) -> Array:
    """Forecast at each of `cutoffs`, calibrated with the outcomes that had arrived by then."""
    problem = nights.problem
    with nights.at(cutoffs[-1]) as run:
        panel = read_panel(run.tables, period=run.settings.period, as_of=run.as_of)
        country = run.settings.calendar.country
        facts = read_facts(run.tables, panel, country=country, vocabulary=vocabulary)
    horizons, place = _horizons(problem, panel)
    shift = int((problem.periods[0] - panel.periods[0]).astype(int)) // problem.period_days
    rows, over = (
        build_rows(panel, facts, cutoffs=cutoffs + shift, horizons=horizons, with_target=known)
        for known in (False, True)
    )
    raw, outcomes = trained.final.raw(rows), trained.final.outcomes(over)
    wanted = np.searchsorted(np.asarray(trained.final.levels), LEVELS - 1e-9)
    parts, whole = [], _whole_until(panel)
    for cutoff in cutoffs:
        today = nights.last_day(cutoff)
        model = trained.updated(outcomes.take(outcomes.end <= today))
        now = rows.cutoff == today
        answer = model.calibration.apply(rows.take(now), raw[now])
        answer = in_whole_units(answer, whole[rows.series[now]] > int(cutoff) + shift)
        parts.append(answer[np.argsort(np.argsort(place))][:, wanted])
    return np.concatenate(parts)


def _whole_until(panel: Panel) -> Array:
    """First period in which each series sold a part of a unit; n_periods where none was."""
    parts = panel.units != np.rint(panel.units)
    return np.where(parts.any(axis=1), parts.argmax(axis=1), panel.n_periods)


def _horizons(problem: Problem, panel: Panel) -> tuple[Array, Array]:
    """Horizons of the panel's series, 0 where the problem has none, and its series' places."""
    keys = panel.series[["sku", "location"]].reset_index()
    place = problem.series[["sku", "location"]].merge(keys, how="left")["index"].to_numpy()
    horizons = np.zeros((panel.n_series, 1), dtype=np.int64)
    horizons[place, 0] = problem.horizon
    return horizons, place


def _peak_gib() -> float:
    status = Path("/proc/self/status").read_text()
    return round(int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 2**20, 2)
