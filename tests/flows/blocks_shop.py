"""Two nights of the corner shop with a model, for what is done block by block."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

import numpy as np

from features.panel import Panel
from flows.deciding import past_of
from flows.fitting import artifacts_of, fit
from flows.forecasting import Forecast, model_forecast
from flows.ingest import ingest
from flows.run import Run, open_run
from flows.settings import Settings, load_settings
from flows.shop import stored_panel
from flows.supply import read_supply
from flows.training_rows import build_training_set
from models.registry import Champion
from tests.flows.corner_shop import FIRST_NIGHT, SECOND_NIGHT, SETTINGS, corner_shop

__all__ = ["TrainedShop", "forecast_of", "half", "in_blocks", "same_forecast", "train_shop"]


@dataclass(frozen=True)
class TrainedShop:
    """The corner shop and a model that was trained on its first night."""

    data: Path
    out: Path
    settings: Settings
    reigning: Champion

    @contextmanager
    def night(self, as_of: date = SECOND_NIGHT) -> Iterator[Run]:
        """A run whose canonical tables are there."""
        moment = datetime.combine(as_of, datetime.min.time())
        opened = open_run(self.data, self.out, settings=self.settings, as_of=as_of, now=moment)
        with opened as run:
            work = run.workspace.work
            ingest(self.data, work, period="D", as_of=as_of, today=as_of, max_share=1.0)
            yield run


def train_shop(folder: Path) -> TrainedShop:
    """Write the shop and train its model."""
    data, config = corner_shop(folder / "data"), folder / "settings.toml"
    config.write_text(SETTINGS)
    tags = {"trained_until": FIRST_NIGHT.isoformat()}
    reigning = Champion("1", "of the test", folder / "model", tags)
    shop = TrainedShop(data, folder / "out", load_settings(config), reigning)
    with shop.night(FIRST_NIGHT) as run:
        training = build_training_set(run, FIRST_NIGHT)
        artifacts = artifacts_of(run, training, fit(run, training))
        shutil.copytree(artifacts.folder, reigning.folder)
    return shop


def in_blocks(run: Run, size: int, **scale: object) -> Run:
    """The run, with its series in blocks of `size`."""
    section = run.settings.scale.model_copy(update={"block_series": size, **scale})
    return replace(run, settings=run.settings.model_copy(update={"scale": section}))


def forecast_of(run: Run, panel: Panel | None, reigning: Champion) -> Forecast:
    """Forecast tonight's series; None = of a panel on disk."""
    if panel is None:
        shutil.rmtree(run.workspace.work / "panels", ignore_errors=True)
        panel = stored_panel(run, SECOND_NIGHT)
    facts = read_supply(run.tables, panel, settings=run.settings, as_of=SECOND_NIGHT)
    return model_forecast(run, panel, facts.supply, past_of(panel), reigning)


def same_forecast(found: Forecast, expected: Forecast) -> None:
    """Compare bit by bit."""
    np.testing.assert_array_equal(found.outlook.values, expected.outlook.values)
    np.testing.assert_array_equal(found.horizons.values, expected.horizons.values)
    for name in ("method", "calibration_group"):
        assert (getattr(found.outlook, name) == getattr(expected.outlook, name)).all()
    for name in ("abc", "pattern", "analogs"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))
    shares, wanted = (made.coverage.shares[made.coverage.group] for made in (found, expected))
    np.testing.assert_array_equal(shares, wanted)


def half(number: int) -> int:
    """Work for a worker that finds it by its name."""
    return number // 2
