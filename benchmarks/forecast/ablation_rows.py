"""The rows of an ablation: every feature of a fixed sample of series, computed once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.forecast.datasets.prepared import Prepared, write_tables
from benchmarks.forecast.evaluation import Evaluation
from benchmarks.forecast.ours import SETTINGS
from benchmarks.forecast.problem import Array, Problem
from features.build import FAMILIES, build_rows, family_columns
from features.facts import Facts, read_facts
from features.horizons import sample_cutoffs, sample_horizons, thinned
from features.panel import Panel
from features.reading import read_panel
from flows.ingest import ingest
from flows.settings import Settings
from stockalert.rows import Rows

__all__ = ["AblationRows", "ablation_rows"]

_CUTOFFS = 9
_SETTLED_DAYS = 182
_SEED = 7


@dataclass(frozen=True)
class AblationRows:
    """Rows to train on, rows to score, and which columns each family gave.

    Attributes
    ----------
    train : windows that were over at the first scored cutoff.
    test : rows of the problem whose demand is known, with every family's columns.
    actual, weight, series : of the scored rows.
    """

    train: Rows
    test: Rows
    actual: Array
    weight: Array
    series: Array
    columns: Mapping[str, tuple[str, ...]]
    period_days: int


def ablation_rows(prepared: Prepared, *, series: int, most_rows: int) -> AblationRows:
    """Build the rows of a fixed sample of a problem's series."""
    whole = prepared.problem
    kept = whole.sample(min(series, whole.n_series))
    problem = replace(whole.take(kept), cutoffs=whole.cutoffs[:_CUTOFFS])
    settings = Settings(**SETTINGS[problem.name])
    with TemporaryDirectory() as folder:
        panel, facts = _read(prepared, problem, settings, Path(folder))
    keys = panel.series[["sku", "location"]].reset_index()
    place = problem.series[["sku", "location"]].merge(keys, how="left")["index"].to_numpy()
    horizon = np.zeros(panel.n_series, dtype=np.int64)
    horizon[place] = problem.horizon
    evaluation = Evaluation(problem)
    known = evaluation.weight > 0
    test = _test(problem, panel, facts, place, horizon).take(known)
    return AblationRows(
        train=_train(
            problem, panel, facts, horizon=horizon, settings=settings, most_rows=most_rows
        ),
        test=test,
        actual=evaluation.actual[known],
        weight=evaluation.weight[known],
        series=problem.rows[0][known],
        columns=family_columns(panel, facts),
        period_days=problem.period_days,
    )


def _read(
    prepared: Prepared, problem: Problem, settings: Settings, folder: Path
) -> tuple[Panel, Facts]:
    """Read the sampled series through the product's ingest, up to the last target."""
    write_tables(prepared, folder / "data", only=problem.series)
    last = problem.periods[-1] + np.timedelta64(problem.period_days - 1, "D")
    as_of = last.astype(date)
    ingest(
        folder / "data",
        folder / "work",
        period=settings.period,
        as_of=as_of,
        today=as_of,
        max_share=settings.quarantine.max_share,
    )
    panel = read_panel(folder / "work" / "tables", period=settings.period, as_of=as_of)
    country = settings.calendar.country
    return panel, read_facts(folder / "work" / "tables", panel, country=country)


def _train(
    problem: Problem,
    panel: Panel,
    facts: Facts,
    *,
    horizon: Array,
    settings: Settings,
    most_rows: int,
) -> Rows:
    """Rows as training cuts them, of windows that were over at the first scored cutoff."""
    first = int(problem.cutoffs[0]) + _shift(problem, panel)
    before, model = panel.until(first), settings.model
    cutoffs = sample_cutoffs(
        every=max(1, model.cutoff_every_days // panel.period_days),
        last=first - 1,
        least_history=min(panel.periods_in(_SETTLED_DAYS), first // 2),
    )
    horizons = sample_horizons(
        before, cutoffs, atoms=horizon, count=model.horizons_per_cutoff, seed=_SEED
    )
    horizons = thinned(horizons, before, cutoffs, most=most_rows, seed=_SEED)
    return build_rows(
        before,
        facts,
        cutoffs=cutoffs,
        horizons=horizons,
        with_target=True,
        families=FAMILIES,
    )


def _test(problem: Problem, panel: Panel, facts: Facts, place: Array, horizon: Array) -> Rows:
    """Rows of the problem, in its order."""
    asked = np.zeros((panel.n_series, 1), dtype=np.int64)
    asked[place, 0] = horizon[place]
    rows = build_rows(
        panel,
        facts,
        cutoffs=problem.cutoffs + _shift(problem, panel),
        horizons=asked,
        with_target=False,
        families=FAMILIES,
    )
    order = np.argsort(np.argsort(place))
    blocks = np.arange(len(problem.cutoffs))[:, None] * problem.n_series
    return rows.take((blocks + order).ravel())


def _shift(problem: Problem, panel: Panel) -> int:
    """Number of the problem's first period in the panel, which may be negative."""
    return int((problem.periods[0] - panel.periods[0]).astype(int)) // problem.period_days
