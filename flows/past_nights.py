"""Nights of the past, one after the other, each as the nightly job would have run it then.

Input is read and checked once and cut off anew for every night, so features, lead times, costs and
calibration know what was known. Models are trained as the job trains them: the first before the
first night, the next when the last training is old enough, and each must pass the gate to serve.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from features.panel import Panel
from features.reading import read_panel
from flows.deciding import past_of
from flows.fitting import artifacts_of, fit, record_of
from flows.forecasting import Forecast, formula_forecast, model_forecast
from flows.ingest import Input
from flows.progress import report
from flows.promotion import verdict_on
from flows.run import Run
from flows.supply import SupplyFacts, read_supply
from flows.training_rows import build_training_set
from models.registry import Champion
from models.training import TrainedModel
from stockalert.decide import Past
from stockalert.errors import HistoryError

__all__ = ["PastNight", "Walk", "walk"]


@dataclass(frozen=True)
class PastNight:
    """What one night knew, and what it forecast."""

    as_of: date
    panel: Panel
    facts: SupplyFacts
    past: Past
    forecast: Forecast


@dataclass(frozen=True)
class Walk:
    """Where nights come from.

    Attributes
    ----------
    run : its tables are written anew for each night
    tables : the input, read and checked
    retrain_days : days between two trainings; None = no model is wanted, the formula will do
    first : a champion to begin with; None = train before the first night
    """

    run: Run
    tables: Input
    retrain_days: int | None
    first: Champion | None = None

    def at(self, as_of: date) -> Run:
        """Write the tables as they were known on a day, and return the run that reads them."""
        self.tables.write(self.run.workspace.work, as_of=as_of)
        return replace(self.run, as_of=as_of)


def walk(nights: Sequence[date], where: Walk) -> Iterator[PastNight]:
    """Run the nights in order.

    Raises
    ------
    HistoryError
        There is too little history before the first night to train and prove a model.
    """
    reigning, last_training = where.first, None
    if reigning is not None:
        last_training = reigning.trained_until
    for done, as_of in enumerate(nights):
        run = where.at(as_of)
        if _is_due(where.retrain_days, last_training, as_of):
            reigning, last_training = _trained(run, as_of, reigning), as_of
        yield _night(run, as_of, reigning)
        report("replaying nights", done + 1, len(nights))


def _is_due(every: int | None, last: date | None, as_of: date) -> bool:
    """Whether a model is to be trained on a night."""
    return every is not None and (last is None or (as_of - last).days >= every)


def _night(run: Run, as_of: date, reigning: Champion | None) -> PastNight:
    """Forecast every series, as the night of `as_of` did."""
    panel = read_panel(run.tables, period=run.settings.period, as_of=as_of)
    facts = read_supply(run.tables, panel, settings=run.settings, as_of=as_of)
    past = past_of(panel)
    if reigning is None:
        forecast = formula_forecast(run, panel, facts.supply, past)
    else:
        forecast = model_forecast(run, panel, facts.supply, past, reigning)
    return PastNight(as_of, panel, facts, past, forecast)


def _trained(run: Run, as_of: date, reigning: Champion | None) -> Champion:
    """Train, and return whoever serves from now on."""
    try:
        training = build_training_set(run, as_of)
        earlier = None if reigning is None else TrainedModel.load(reigning.folder).outcomes
        trained = fit(run, training, earlier)
    except HistoryError as error:
        raise HistoryError(f"before {as_of} there is too little to learn from: {error}") from None
    record = record_of(run, training, trained, as_of=as_of)
    verdict = verdict_on(run, training, trained, reigning, record)
    if reigning is not None and not verdict.promote:
        return reigning
    kept = run.workspace.work / f"model {as_of}"
    shutil.move(artifacts_of(run, training, trained).folder, kept)
    tags = {
        "trained_until": as_of.isoformat(),
        "settings_fingerprint": record.settings_fingerprint,
        "features_fingerprint": record.features_fingerprint,
    }
    return Champion(version=f"of {as_of}", run_id="", folder=kept, tags=tags)
