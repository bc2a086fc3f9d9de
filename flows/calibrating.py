"""Calibration goes on learning as outcomes arrive: across trainings, and between them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from features.horizons import sample_cutoffs, thinned
from features.panel import Panel
from flows.blocks import Hindsight, hindsight
from flows.fitting import vocabulary_of
from flows.memory import tidied
from flows.run import Run
from flows.scale import Failure, on_blocks
from flows.shop import Shop, shop_for
from models.demand import DemandModel
from models.outcomes import Outcomes
from models.recent_coverage import coverage_by_group, unseen_outcomes
from models.registry import Champion, champion
from models.training import MOST_OUTCOMES, TrainedModel
from stockalert.arrays import FloatArray, IntArray
from stockalert.errors import ChampionError

__all__ = ["Current", "earlier_outcomes", "up_to_date"]


@dataclass(frozen=True)
class Current:
    """The champion as it is tonight.

    Attributes
    ----------
    model : calibrated with every outcome so far
    coverage : calibration group → share of recent outcomes at or below each quantile, (n_levels,)
    """

    model: DemandModel
    coverage: dict[str, FloatArray]


def earlier_outcomes(run: Run) -> Outcomes | None:
    """Return what the reigning champion's calibration was learned from; None where there is none.

    A champion of other levels, or one that cannot be read, has nothing to tell.
    """
    try:
        reigning = champion(run.workspace.out, tracking_uri=run.settings.paths.tracking_uri)
        trained = TrainedModel.load(reigning.folder)
    except ChampionError:
        return None
    same = trained.final.levels == tuple(run.settings.model.levels)
    return trained.outcomes if same and trained.final.period_days == run.period_days else None


@tidied
def up_to_date(
    run: Run, panel: Panel, protection: IntArray, reigning: Champion, *, shop: Shop | None = None
) -> Current:
    """Return the champion, calibrated with every outcome that arrived since it was trained.

    Parameters
    ----------
    protection : shape (n_series,), protection intervals in periods
    shop : the panel as the champion sees it, where it is at hand
    """
    trained = TrainedModel.load(reigning.folder)
    cutoffs = _cutoffs_since(run, panel, trained.final)
    horizons = np.tile(protection[:, None], (len(cutoffs), 1, 1))
    over = cutoffs[:, None, None] + horizons < panel.n_periods
    if not over.any():
        return _current(trained, panel, None)
    horizons = thinned(
        np.where(over, horizons, 0),
        panel,
        cutoffs,
        most=MOST_OUTCOMES,
        seed=run.settings.model.seed,
    )
    if shop is None:
        shop = shop_for(run, panel, vocabulary_of(reigning.folder))
    later = _outcomes(shop, reigning.folder / "final", cutoffs, horizons)
    return _current(trained, panel, later)


def _current(trained: TrainedModel, panel: Panel, later: Outcomes | None) -> Current:
    """Learn from later outcomes, and judge the model by them and by its proof."""
    model = trained.final if later is None else trained.updated(later)
    none = Outcomes.none(len(model.levels))
    judged = unseen_outcomes(trained, none if later is None else later)
    last = panel.periods[-1].astype("datetime64[D]") + np.timedelta64(panel.period_days - 1, "D")
    return Current(model, coverage_by_group(judged, last_day=last))


def _outcomes(shop: Shop, model: Path, cutoffs: IntArray, horizons: IntArray) -> Outcomes:
    """Judge the model block by block; what a block that fails would tell is done without."""
    asked = [
        Hindsight(source, model, cutoffs, horizons[:, which])
        for which, source in zip(shop.blocks, shop.sources(cutoffs), strict=True)
    ]
    told = on_blocks(shop.run.settings, "judging what came", hindsight, asked)
    found = Outcomes.concatenate(*(part for part in told if not isinstance(part, Failure)))
    # By cutoff, then series, as if all series were one block.
    return found.take(np.argsort(found.cutoff, kind="stable"))


def _cutoffs_since(run: Run, panel: Panel, model: DemandModel) -> IntArray:
    """Cutoffs, spaced as in training, whose windows the model has not seen."""
    known = int((np.datetime64(model.trained_until) - panel.periods[0]).astype(int)) + 1
    return sample_cutoffs(
        every=max(1, run.settings.model.cutoff_every_days // panel.period_days),
        last=panel.n_periods - 2,
        least_history=-(-known // panel.period_days),
    )
