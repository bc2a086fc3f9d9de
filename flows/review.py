"""Flow `review`: read what happened → hold what was published against it → say and keep it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
from prefect import flow

from features.panel import Panel
from features.reading import read_panel
from flows.clock import now
from flows.drifting import NIGHTS_APART_DAYS, input_drift
from flows.intake import Intake
from flows.review_files import write_review
from flows.review_past import (
    coverage_of,
    decisions_of,
    nights_between,
    remembered_data,
    spaced,
    thresholds_at,
)
from flows.review_report import Review, in_words
from flows.review_service import lines_of, service_table, shelf_of, windows_of
from flows.run import Run, open_run
from flows.settings import load_settings
from flows.steps import read_tables, step
from models.registry import champion
from stockalert.drift import drift_table
from stockalert.errors import ChampionError, OutputError
from stockalert.review import coverage_with_limits
from stockalert.served import Pointer
from stockalert.stock_outs import stock_outs, with_causes

__all__ = ["review"]

QUARTER_DAYS = 91
REACH_DAYS = 120
"""A night so long before a stock-out may have decided it."""

_write = step("write the review", io=True)(write_review)


@dataclass(frozen=True)
class _Past:
    """What is reviewed.

    Attributes
    ----------
    panel : what happened
    begins : first period reviewed
    nights : those whose forecasts may be over, and those that may have decided a stock-out
    weekly : a week apart, of the last thirteen weeks
    """

    panel: Panel
    begins: int
    nights: list[Pointer]
    weekly: list[Pointer]


@flow(name="review", validate_parameters=False)
def review(
    out: Path,
    data: Path | str | None = None,
    as_of: date | None = None,
    config: Path | None = None,
    quarter: bool = False,
) -> Review:
    """Compare published forecasts and thresholds with what happened since.

    Parameters
    ----------
    data : input tables; None = where the night served now had them from
    quarter : look at thirteen weeks instead of the settings' days

    Raises
    ------
    OutputError
        No night was published before the last day of the input.
    UsageError
        `data` is not given and no night says where its input is.
    """
    settings = load_settings(config)
    place = remembered_data(out) if data is None else data
    days = QUARTER_DAYS if quarter else settings.review.days
    with open_run(place, out, settings=settings, as_of=as_of, now=now()) as run:
        intake = read_tables(run)
        tables, notes = compare(run, intake, days)
        span = intake.as_of - timedelta(days=days - 1), intake.as_of
        words = (*in_words(tables, span, settings.guard.min_coverage_gap), *notes)
        folder, mlflow_run = _write(run, span, tables, words, quarter=quarter)
    return Review(tables, words, folder, mlflow_run)


@step("compare with what happened")
def compare(run: Run, intake: Intake, days: int) -> tuple[dict[str, pd.DataFrame], tuple[str, ...]]:
    """Return the tables of a review, and what could not be told."""
    past = _past(run, intake, days)
    out, panel = run.workspace.out, past.panel
    cells = coverage_of(out, past.weekly, panel)
    seed = run.settings.model.seed
    coverage = coverage_with_limits(cells, seed=seed) if len(cells) else cells
    shelf, lines = shelf_of(panel, past.begins), lines_of(run.tables, panel)
    windows = windows_of(out, past.weekly, panel)
    abc = thresholds_at(out, past.nights[-1], panel)["abc_class"]
    episodes = with_causes(
        stock_outs(shelf.out, past.begins),
        decisions_of(out, past.nights, panel),
        lines,
        panel.units,
        periods=panel.periods,
        max_stale_days=run.settings.guard.max_stale_days,
    )
    drift, notes = _drift(run, panel)
    tables = {
        "coverage": coverage,
        "coverage_by_night": cells,
        "service": service_table(panel, shelf, lines, windows, abc),
        "stock_outs": _named(episodes, panel, shelf.lost, abc),
        "drift": drift,
    }
    stocked = (run.tables / "stock.parquet").exists()
    without = "without a stock table no stock-out is seen, and every shelf counts as full"
    return tables, (*notes, *(() if stocked else (without,)))


def _past(run: Run, intake: Intake, days: int) -> _Past:
    last, out = intake.as_of, run.workspace.out
    first = last - timedelta(days=days - 1)
    nights = nights_between(out, first - timedelta(days=REACH_DAYS), last - timedelta(days=1))
    if not nights:
        raise OutputError(
            f"{out} holds no night published for a day before {last}: there is nothing to review"
        )
    panel = read_panel(run.tables, period=run.settings.period, as_of=last)
    begins = max(int(np.searchsorted(panel.periods, np.datetime64(first))), 1)
    since = last - timedelta(days=max(days, QUARTER_DAYS))
    weekly = spaced([n for n in nights if n.as_of_date >= since], NIGHTS_APART_DAYS)
    return _Past(panel, begins, nights, weekly)


def _drift(run: Run, panel: Panel) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Inputs now against those of the champion's training; a note where that cannot be told."""
    none = drift_table([], [], units=1, limit=1.0)
    try:
        reigning = champion(run.workspace.out, tracking_uri=run.settings.paths.tracking_uri)
    except ChampionError as error:
        return none, (f"no drift of inputs can be told: {error}",)
    found = input_drift(run, panel, reigning)
    if len(found):
        return found, ()
    return none, (f"no week has passed since the training up to {reigning.trained_until}",)


def _named(
    episodes: pd.DataFrame, panel: Panel, lost: np.ndarray, abc: pd.Series[str]
) -> pd.DataFrame:
    """Name the items of stock-outs, and estimate the units that each lost."""
    series, start = episodes["series"].to_numpy(), episodes["start"].to_numpy()
    running = np.cumsum(np.pad(lost, ((0, 0), (1, 0))), axis=1)
    units = running[series, start + episodes["periods"].to_numpy()] - running[series, start]
    names = panel.series.iloc[series].reset_index(drop=True).astype("str")
    told = episodes.drop(columns=["series", "start"]).assign(
        units_lost=units, abc_class=abc.to_numpy()[series]
    )
    ordered = pd.concat([names, told], axis=1).sort_values(
        ["units_lost", "sku", "location", "day"], ascending=[False, True, True, True]
    )
    return ordered.reset_index(drop=True)
