"""Calibration learns from what came since the champion was trained, and from champions before."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.reading import read_panel
from flows.calibrating import earlier_outcomes, up_to_date
from flows.ingest import ingest
from flows.run import Run, open_run
from flows.settings import Settings, load_settings
from models.registry import champion
from models.training import MODEL_NAME, TrainedModel
from tests.flows.conftest import Season

pytestmark = pytest.mark.slow

TWO_WEEKS_ON = date(2024, 4, 7)


@contextmanager
def night(
    season: Season, as_of: date, settings: Settings | None = None, data: Path | None = None
) -> Iterator[Run]:
    settings, data = settings or load_settings(season.config), data or season.data
    now = datetime.combine(as_of, datetime.min.time(), UTC)
    with open_run(data, season.out, settings=settings, as_of=as_of, now=now) as run:
        tables = run.workspace.work
        ingest(data, tables, period="D", as_of=as_of, today=as_of, max_share=1.0)
        yield run


def test_outcomes_since_the_training_join_those_it_was_calibrated_with(season: Season) -> None:
    reigning = champion(season.out)
    trained = TrainedModel.load(reigning.folder)
    with night(season, TWO_WEEKS_ON) as run:
        panel = read_panel(run.tables, period="D", as_of=TWO_WEEKS_ON)
        protection = np.full(panel.n_series, 3)
        current = up_to_date(run, panel, protection, reigning)
    model = current.model
    learned = sum(model.calibration.windows.values())
    assert learned > sum(trained.final.calibration.windows.values())
    since = (TWO_WEEKS_ON - reigning.trained_until).days
    assert learned - len(trained.outcomes) <= 24 * since / 7, "one window a week and series"
    assert model.boosters.to_text() == trained.final.boosters.to_text()


def test_nothing_is_learned_where_no_window_is_over(season: Season) -> None:
    reigning = champion(season.out)
    with night(season, reigning.trained_until) as run:
        panel = read_panel(run.tables, period="D", as_of=reigning.trained_until)
        current = up_to_date(run, panel, np.full(panel.n_series, 3), reigning)
    trained = TrainedModel.load(reigning.folder)
    assert current.model.calibration == trained.final.calibration
    scores = trained.report.scores
    proof = scores[(scores["model"] == MODEL_NAME) & (scores["grouping"] == "all")]
    assert current.coverage["all"] == pytest.approx(proof["share_at_or_below"].to_numpy())


def test_coverage_follows_what_came_since_the_training(season: Season, tmp_path: Path) -> None:
    reigning = champion(season.out)
    data = shutil.copytree(season.data, tmp_path / "data")
    sales = pd.read_parquet(data / "sales.parquet")
    since = sales["date"] > pd.Timestamp(reigning.trained_until)
    sales.loc[since, "units_sold"] *= 50
    sales.to_parquet(data / "sales.parquet")
    before = TrainedModel.load(reigning.folder)
    with night(season, TWO_WEEKS_ON, data=data) as run:
        panel = read_panel(run.tables, period="D", as_of=TWO_WEEKS_ON)
        current = up_to_date(run, panel, np.full(panel.n_series, 3), reigning)
    top = before.final.levels.index(0.95)
    scores = before.report.scores
    proof = scores[(scores["model"] == MODEL_NAME) & (scores["grouping"] == "all")]
    assert current.coverage["all"][top] < proof["share_at_or_below"].to_numpy()[top] - 0.02


def test_the_next_training_hears_of_earlier_outcomes(season: Season, tmp_path: Path) -> None:
    with night(season, TWO_WEEKS_ON) as run:
        told = earlier_outcomes(run)
        assert told is not None
        assert len(told) == len(TrainedModel.load(champion(season.out).folder).outcomes)
    other = load_settings(season.config)
    levels = (*other.model.levels, 0.999)
    other = other.model_copy(update={"model": other.model.model_copy(update={"levels": levels})})
    with night(season, TWO_WEEKS_ON, other) as run:
        assert earlier_outcomes(run) is None
