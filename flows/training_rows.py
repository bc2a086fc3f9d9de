"""The matrix that a model is trained on, and the baselines it must beat."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np

from features.attributes import read_attributes
from features.build import DEFAULT_FAMILIES
from features.facts import learn_vocabulary
from features.horizons import sample_cutoffs, sample_horizons, thinned
from features.panel import PASS_SERIES, Panel, slices
from features.row_file import gathered_rows
from flows.progress import report
from flows.run import Run
from flows.shop import Shop, Source, shop_for, stored_panel
from flows.supply import protection_atoms, read_supply
from models.baseline import empirical_quantiles, static_formula, z_formula
from models.splits import proof_split
from stockalert.arrays import FloatArray, IntArray
from stockalert.errors import HistoryError
from stockalert.formulas import formula_window
from stockalert.rows import Rows

__all__ = ["Sample", "TrainingSet", "baselines", "build_training_set", "rows_since"]

EXPLORE = 0.2
SETTLED_DAYS = 182
LEARNED_DAYS = 120
"""Intervals up to this long are learned, whatever the shop's own; a quarter of a short history."""


@dataclass(frozen=True)
class Sample:
    """Which windows are trained on: a reproducible draw, taken of any block by itself.

    Attributes
    ----------
    atoms, probabilities : possible protection intervals, of all series
    longest : interval learned, in periods; that of `atoms` or longer
    asked : windows drawn, before they are thinned to `most`
    """

    cutoffs: IntArray
    atoms: IntArray
    probabilities: FloatArray
    longest: int
    count: int
    seed: int
    most: int
    asked: int = 0

    def horizons(self, panel: Panel, which: slice) -> IntArray:
        """Horizons of a block's windows, (n_cutoffs, n_series_of_block, K); 0 = none.

        Parameters
        ----------
        panel : the block, of which only the series' names are read
        """
        drawn = self._drawn(panel, which)
        return thinned(
            drawn,
            panel,
            self.cutoffs,
            most=self.most,
            seed=self.seed,
            asked=self.asked,
            first=which.start,
        )

    def counted(self, panel: Panel) -> Sample:
        """Count the draws of all series, some thousands at a time."""
        names = replace(panel.only(), store=None)
        asked = sum(
            int(np.count_nonzero(self._drawn(names.block(which), which)))
            for which in slices(panel.n_series, PASS_SERIES)
        )
        return replace(self, asked=asked)

    def _drawn(self, panel: Panel, which: slice) -> IntArray:
        return sample_horizons(
            panel,
            self.cutoffs,
            atoms=self.atoms[which],
            probabilities=self.probabilities[which],
            count=self.count,
            seed=self.seed,
            explore=EXPLORE,
            longest=self.longest,
        )


@dataclass(frozen=True)
class TrainingSet:
    """Rows with known demand, what they were cut from, and where.

    Attributes
    ----------
    rows : their features lie in a file of the run's scratch folder
    shop : series that have begun; the others have nothing to teach. Its `vocabulary` names the
        category codes of the rows
    """

    rows: Rows
    shop: Shop
    sample: Sample

    @property
    def panel(self) -> Panel:
        """The panel that the rows were cut from."""
        return self.shop.panel

    @property
    def vocabulary(self) -> dict[str, list[str]]:
        """The names behind every category code."""
        return self.shop.vocabulary

    @property
    def vocabulary_json(self) -> str:
        """The names behind every category code, as JSON to be kept with the model."""
        return json.dumps(self.vocabulary, ensure_ascii=False, indent=1)


def build_training_set(run: Run, as_of: date) -> TrainingSet:
    """Cut rows at evenly spaced cutoffs, with horizons drawn from the protection intervals.

    Raises
    ------
    HistoryError
        No series has begun, or no window of demand is over yet.
    """
    panel = stored_panel(run, as_of, begun_only=True)
    cutoffs = _cutoffs(run, panel)
    if not (panel.n_series and len(cutoffs)):
        raise _too_short(panel)
    attributes = read_attributes(run.tables, panel)
    families = run.settings.model.families or list(DEFAULT_FAMILIES)
    vocabulary = learn_vocabulary(run.tables, attributes, families)
    shop, sample = shop_for(run, panel, vocabulary), _sample(run, panel, cutoffs, as_of)
    rows = _rows(shop, sample, cutoffs)
    if not len(rows):
        raise _too_short(panel)
    return TrainingSet(rows, shop, sample)


def rows_since(
    training: TrainingSet, since: np.datetime64, run: Run, vocabulary: dict[str, list[str]]
) -> Rows:
    """Cut the rows of cutoffs from `since` on with the category codes of another model."""
    if vocabulary == training.vocabulary:
        return training.rows.take(training.rows.cutoff >= since)
    cutoffs = training.sample.cutoffs
    late = cutoffs[training.panel.last_days(cutoffs) >= since]
    return _rows(shop_for(run, training.panel, vocabulary), training.sample, late)


@dataclass(frozen=True)
class _Cut:
    """A block whose training rows are to be cut."""

    source: Source
    names: Panel
    which: slice
    sample: Sample
    cutoffs: IntArray

    def rows(self) -> Rows:
        horizons = self.sample.horizons(self.names, self.which)
        late = np.isin(self.sample.cutoffs, self.cutoffs)
        return self.source.rows(cutoffs=self.cutoffs, horizons=horizons[late], with_target=True)


def _rows(shop: Shop, sample: Sample, cutoffs: IntArray) -> Rows:
    """Cut the rows of every block into one file of the run's scratch folder."""
    folder = Path(tempfile.mkdtemp(prefix="rows-", dir=shop.run.workspace.work))
    names = replace(shop.panel.only(), store=None)
    sources = zip(shop.blocks, shop.sources(cutoffs), strict=True)
    cuts = (_Cut(source, names.block(w), w, sample, cutoffs) for w, source in sources)
    return gathered_rows(_told(cuts, len(shop.blocks)), folder / "values.f32")


def _told(cuts: Iterable[_Cut], total: int) -> Iterator[tuple[slice, Rows]]:
    for done, cut in enumerate(cuts, start=1):
        yield cut.which, cut.rows()
        report("cutting training rows", done, total)


def _cutoffs(run: Run, panel: Panel) -> IntArray:
    model = run.settings.model
    cutoffs = sample_cutoffs(
        every=max(1, model.cutoff_every_days // panel.period_days),
        last=panel.n_periods - 2,
        least_history=min(panel.periods_in(SETTLED_DAYS), panel.n_periods // 2),
    )
    if not model.history_days:
        return cutoffs
    return cutoffs[cutoffs >= panel.n_periods - panel.periods_in(model.history_days)]


def _sample(run: Run, panel: Panel, cutoffs: IntArray, as_of: date) -> Sample:
    model = run.settings.model
    supply = read_supply(run.tables, panel, settings=run.settings, as_of=as_of).supply
    atoms, probabilities = protection_atoms(supply, panel.period_days)
    sample = Sample(
        cutoffs=cutoffs,
        atoms=atoms,
        probabilities=probabilities,
        longest=_longest(panel, atoms),
        count=model.horizons_per_cutoff,
        seed=model.seed,
        most=model.max_rows,
    )
    return sample.counted(panel)


def _longest(panel: Panel, atoms: IntArray) -> int:
    """Return the longest interval that this history can teach, and no less than the shop needs."""
    return max(int(atoms.max()), min(panel.periods_in(LEARNED_DAYS), panel.n_periods // 4))


def _too_short(panel: Panel) -> HistoryError:
    return HistoryError.found(panel.n_periods * panel.period_days)


def baselines(training: TrainingSet, run: Run) -> dict[str, FloatArray]:
    """Forecast the evaluation rows with the rules that shops use; NaN in all other rows.

    Returns
    -------
    name → quantiles, shape (n_rows, n_levels), units
    """
    rows, panel, model = training.rows, training.panel, run.settings.model
    split = proof_split(
        rows,
        period_days=panel.period_days,
        evaluation_days=model.evaluation_days,
        calibration_days=model.calibration_days,
    )
    rules: dict[str, tuple[Callable[..., FloatArray], dict[str, int]]] = {
        "static formula": (static_formula, {"window": formula_window(panel.period_days)}),
        "z formula": (z_formula, {"window": formula_window(panel.period_days)}),
        "empirical quantiles": (empirical_quantiles, {"year": panel.periods_in(364)}),
    }
    found = {name: np.full((len(rows), len(model.levels)), np.nan) for name in rules}
    seen = panel.observed >= 0.5
    cutoffs = rows.cutoff[split.evaluation]
    for day in np.unique(cutoffs):
        at = np.flatnonzero(split.evaluation & (rows.cutoff == day))
        cutoff = int((day - panel.periods[0]).astype(int)) // panel.period_days
        for name, (rule, options) in rules.items():
            found[name][at] = rule(
                panel.units,
                seen,
                cutoff=cutoff,
                series=rows.series[at],
                horizons=rows.horizon[at],
                levels=model.levels,
                **options,
            )
    return found
