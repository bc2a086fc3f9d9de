"""A shop as a model sees it: whole in memory, or on disk and in blocks of series."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol

import numpy as np

from features.attributes import Vocabulary
from features.build import Family, build_rows
from features.facts import read_facts
from features.panel import Panel, slices
from features.stored import store_panel
from features.survey import Survey, take_survey
from flows.memory import tidied
from flows.run import Run
from stockalert.arrays import IntArray
from stockalert.rows import Rows

__all__ = ["Shop", "Source", "ends", "shop_for", "stored_panel"]

Families = Mapping[str, Family] | None
"""Feature families to compute; None = those that the vocabulary names."""


class Source(Protocol):
    """Where the rows of one block come from."""

    def rows(
        self,
        *,
        cutoffs: IntArray,
        horizons: IntArray,
        with_target: bool,
        families: Families = None,
    ) -> Rows:
        """Cut rows as `features.build.build_rows` does; series count from the block's first."""


@dataclass(frozen=True)
class Whole:
    """A panel in memory, as its only block."""

    tables: Path
    panel: Panel
    vocabulary: Vocabulary
    country: str

    def rows(
        self,
        *,
        cutoffs: IntArray,
        horizons: IntArray,
        with_target: bool,
        families: Families = None,
    ) -> Rows:
        """Cut the rows of all series."""
        facts = read_facts(
            self.tables, self.panel, country=self.country, vocabulary=self.vocabulary
        )
        return build_rows(
            self.panel,
            facts,
            cutoffs=cutoffs,
            horizons=horizons,
            with_target=with_target,
            families=families,
        )


@dataclass(frozen=True)
class Shop:
    """A panel, and how it is cut into blocks for one model.

    Attributes
    ----------
    survey : None where the panel is in memory
    """

    run: Run
    panel: Panel
    vocabulary: Vocabulary
    survey: Survey | None

    @property
    def blocks(self) -> list[slice]:
        """Positions of the series of each block."""
        n, size = self.panel.n_series, self.run.settings.scale.block_series
        return list(slices(n, size if self.survey else max(n, 1)))

    def sources(self, cutoffs: IntArray) -> list[Source]:
        """Where the rows of each block come from, at these cutoffs."""
        if self.survey is None:
            country = self.run.settings.calendar.country
            whole = Whole(self.run.tables, self.panel, self.vocabulary, country)
            return [whole for _ in self.blocks]
        abc = self.survey.abc(cutoffs)
        return [self.survey.piece(which, abc) for which in self.blocks]


@tidied
def stored_panel(run: Run, as_of: date, *, begun_only: bool = False) -> Panel:
    """Read the panel of a night, or of a training, into the run's scratch folder.

    Parameters
    ----------
    begun_only : as of a training: series that have not begun teach nothing
    """
    store = run.workspace.work / "panels" / ("begun" if begun_only else "all")
    period = run.settings.period
    return store_panel(run.tables, store, period=period, as_of=as_of, begun_only=begun_only)


@tidied
def shop_for(run: Run, panel: Panel, vocabulary: Vocabulary) -> Shop:
    """Look at a panel with the category codes of one model.

    What only all series together tell is summed once for a panel on disk, whatever the model.
    """
    if panel.store is None:
        return Shop(run, panel, vocabulary, None)
    groups = panel.store.with_name(f"{panel.store.name}-groups")
    country = run.settings.calendar.country
    survey = take_survey(run.tables, panel, groups, country=country, vocabulary=vocabulary)
    return Shop(run, panel, vocabulary, survey)


def ends(panel: Panel) -> IntArray:
    """Return the last period of a panel, as the only cutoff."""
    return np.array([panel.n_periods - 1], dtype=np.int64)
