"""A shop with launches, read as the product reads it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np

from benchmarks.cold_start.launched import Shop
from benchmarks.cold_start.questions import Questions, ask
from benchmarks.forecast.problem import LEVELS, Array
from features.panel import Panel
from features.reading import read_panel
from features.traits import Traits, read_traits
from flows.ingest import ingest
from flows.run import Run, open_run
from flows.settings import Settings
from flows.supply import protection_atoms, read_supply

__all__ = ["Scene", "night", "read_scene", "settings_of"]

_MAX_ROWS = 80_000


@dataclass(frozen=True)
class Scene:
    """The whole history of a shop, and what is asked of it."""

    panel: Panel
    traits: Traits
    questions: Questions


def settings_of(shop: Shop) -> Settings:
    """The product's settings: the benchmark's levels, one thread and at most 80,000 rows."""
    given = shop.settings or {}
    model = {"max_rows": _MAX_ROWS, "threads": 1, "levels": LEVELS.tolist()}
    return Settings(**{**given, "model": model | given.get("model", {})})


@contextmanager
def night(shop: Shop, data: Path, out: Path, as_of: date) -> Iterator[Run]:
    """Open a run whose tables end with `as_of`."""
    settings = settings_of(shop)
    now = datetime.combine(as_of, datetime.min.time(), UTC)
    with open_run(data, out, settings=settings, as_of=as_of, now=now) as run:
        share = settings.quarantine.max_share
        work = run.workspace.work
        ingest(data, work, period=settings.period, as_of=as_of, today=as_of, max_share=share)
        yield run


def read_scene(shop: Shop, run: Run) -> Scene:
    """Read everything, up to the last day; whoever forecasts cuts it at the cutoff."""
    panel = read_panel(run.tables, period=run.settings.period, as_of=shop.end)
    supply = read_supply(run.tables, panel, settings=run.settings, as_of=shop.end).supply
    atoms, probabilities = protection_atoms(supply, panel.period_days)
    horizon = np.rint((atoms * probabilities).sum(axis=1)).astype(np.int64)
    questions = ask(panel, horizon, _cutoffs(shop, panel))
    return Scene(panel, read_traits(run.tables, panel), questions)


def _cutoffs(shop: Shop, panel: Panel) -> Array:
    """Weekly, from the day that the global model was trained on."""
    days = np.arange(np.datetime64(shop.trained), np.datetime64(shop.last) + 1, 7)
    return (days.astype("datetime64[D]") - panel.periods[0]).astype(np.int64) // panel.period_days
