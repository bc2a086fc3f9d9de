"""Quantiles as the nightly job would have published them: at any cutoffs and horizons of a set.

Trained anew every few weeks on what was known then, calibrated anew at every cutoff with the
outcomes that had arrived by it. Kept in `benchmarks/.cache/decision` under the problem, its tables,
the cutoffs and horizons asked for, and the product's code, settings and libraries.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.forecast.code import code_fingerprint
from benchmarks.forecast.datasets.prepared import Prepared, write_tables
from benchmarks.forecast.ours import _Nights, _trained
from benchmarks.forecast.problem import Array, Problem
from features.build import build_rows
from features.facts import Facts, read_facts
from features.panel import Panel
from features.reading import read_panel
from flows.ingest import ingest
from flows.run import Run, open_run
from flows.settings import Settings
from models.training import TrainedModel
from stockalert.rows import Rows

__all__ = ["CACHE", "Quantiles", "Question", "our_quantiles"]

CACHE = Path(__file__).parents[1] / ".cache" / "decision"


@dataclass(frozen=True)
class Question:
    """What is asked of the product.

    Attributes
    ----------
    cutoffs : shape (n_cutoffs,), ascending; positions of the last periods known
    horizons : shape (n_series, k), periods ahead, all > 0
    settings : of the nightly job, as in its TOML file
    refit_weeks : weeks between two trainings
    """

    prepared: Prepared
    cutoffs: Array
    horizons: Array
    settings: dict[str, Any] = field(default_factory=dict)
    refit_weeks: int = 8

    @property
    def problem(self) -> Problem:
        """The series and their history."""
        return self.prepared.problem

    @property
    def fingerprint(self) -> str:
        """First 16 hex digits of a SHA-256 over all that the answer depends on but the code."""
        said = json.dumps([self.settings, self.refit_weeks], sort_keys=True, default=str)
        tables = self.prepared.tables_fingerprint
        digest = hashlib.sha256(f"{self.problem.fingerprint} {tables} {said}".encode())
        for array in (self.cutoffs, self.horizons):
            digest.update(np.ascontiguousarray(array, np.int64).tobytes())
        return digest.hexdigest()[:16]


@dataclass(frozen=True)
class Quantiles:
    """What was forecast.

    Attributes
    ----------
    values : shape (n_cutoffs, n_series, k, n_levels), units; total demand over the horizons
    levels : shape (n_levels,)
    cost : seconds of the processor
    """

    values: Array
    levels: Array
    cost: dict[str, float]


def our_quantiles(question: Question, *, again: bool = False) -> Quantiles:
    """Answer from the cache, or train and forecast in a process of its own on one thread."""
    code = f"{code_fingerprint()[:8]}{code_fingerprint(Path(__file__))[:8]}"
    out = CACHE / f"{question.problem.name}-{question.fingerprint}-{code}.npz"
    if again or not out.exists():
        os.environ["OMP_NUM_THREADS"] = "1"
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as alone:
            made = alone.submit(_answer, question).result()
        out.parent.mkdir(parents=True, exist_ok=True)
        part = out.with_suffix(".part.npz")
        np.savez(part, values=made.values, levels=made.levels, cost=json.dumps(made.cost))
        part.replace(out)
    with np.load(out) as stored:
        return Quantiles(stored["values"], stored["levels"], json.loads(str(stored["cost"])))


class _Replayed(_Nights):
    """Nights of a shop whose tables go on after them: rows of later days are cut, not refused."""

    @contextmanager
    def at(self, cutoff: int) -> Iterator[Run]:
        """Open a run whose tables end with a cutoff."""
        as_of, last = (self.last_day(day).astype(date) for day in (cutoff, -1))
        now = datetime.combine(as_of, datetime.min.time(), UTC)
        with open_run(self.data, self.out, settings=self.settings, as_of=as_of, now=now) as run:
            ingest(
                self.data,
                run.workspace.work,
                period=self.settings.period,
                as_of=as_of,
                today=last,
                max_share=self.settings.quarantine.max_share,
            )
            yield run


def _answer(question: Question) -> Quantiles:
    start = time.process_time()
    settings = Settings(**question.settings)
    training = {"training_seconds": 0.0, "lightgbm_seconds": 0.0}
    parts, earlier, levels = [], None, np.zeros(0)
    with TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        write_tables(question.prepared, data, only=question.problem.series)
        for cutoffs in _between_trainings(question):
            nights = _Replayed(question.problem, data, Path(folder) / "out", settings)
            trained, words = _trained(nights, int(cutoffs[0]), earlier, seconds=training)
            parts.append(_forecasts(question, nights, trained, words, cutoffs))
            earlier, levels = trained.outcomes, np.asarray(trained.final.levels)
    cost = {"seconds": round(time.process_time() - start, 1)}
    cost |= {name: round(seconds, 1) for name, seconds in training.items()}
    return Quantiles(np.concatenate(parts), levels, cost)


def _between_trainings(question: Question) -> Iterator[Array]:
    """Yield the cutoffs that one model answers, the first of them the last day it knew."""
    weeks = (question.cutoffs - question.cutoffs[0]) * question.problem.period_days // 7
    for term in np.unique(weeks // question.refit_weeks):
        yield question.cutoffs[weeks // question.refit_weeks == term]


def _forecasts(
    question: Question,
    nights: _Nights,
    trained: TrainedModel,
    vocabulary: dict[str, list[str]],
    cutoffs: Array,
) -> Array:
    """Forecast at each of `cutoffs`, calibrated with the outcomes that had arrived by then."""
    panel, facts = _read(nights, vocabulary, int(cutoffs[-1]))
    problem = question.problem
    shift = int((problem.periods[0] - panel.periods[0]).astype(int)) // problem.period_days
    keys = panel.series[["sku", "location"]].reset_index()
    place = problem.series[["sku", "location"]].merge(keys, how="left")["index"].to_numpy()
    horizons = np.zeros((panel.n_series, question.horizons.shape[1]), dtype=np.int64)
    horizons[place] = question.horizons
    rows, over = (
        build_rows(panel, facts, cutoffs=cutoffs + shift, horizons=horizons, with_target=known)
        for known in (False, True)
    )
    raw, outcomes = trained.final.raw(rows), trained.final.outcomes(over)
    parts = []
    for cutoff in cutoffs:
        today = nights.last_day(int(cutoff))
        model = trained.updated(outcomes.take(outcomes.end <= today))
        now = rows.cutoff == today
        told = model.calibration.apply(rows.take(now), raw[now])
        parts.append(_laid_out(rows.take(now), told, horizons)[place])
    return np.stack(parts).astype(np.float32)


def _read(nights: _Nights, vocabulary: dict[str, list[str]], cutoff: int) -> tuple[Panel, Facts]:
    """Read all that is known at the last of the cutoffs; rows look back from their own."""
    with nights.at(cutoff) as run:
        as_of: date = run.as_of
        panel = read_panel(run.tables, period=run.settings.period, as_of=as_of)
        country = run.settings.calendar.country
        return panel, read_facts(run.tables, panel, country=country, vocabulary=vocabulary)


def _laid_out(rows: Rows, told: Array, horizons: Array) -> Array:
    """Quantiles by series of the panel and place of the horizon; each is one row's answer."""
    laid = np.full((*horizons.shape, told.shape[1]), np.nan)
    same = horizons[rows.series] == rows.horizon[:, None]
    at, column = np.nonzero(same)
    laid[rows.series[at], column] = told[at]
    return laid
