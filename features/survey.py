"""Rows from a panel on disk, block by block, each knowing what only all series together tell."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from features.attributes import Vocabulary, read_attributes
from features.build import Common, Family, build_rows
from features.classes import abc_at
from features.facts import CHANNELS, read_facts, read_groupings
from features.groups import read_groups, store_groups
from features.known_ahead import PromotionDays
from features.panel import Panel
from features.plans import promotion_days
from features.stored import read_stored
from features.tables import Part, has_rows, read_table
from stockalert.arrays import IntArray
from stockalert.rows import Rows

__all__ = ["Piece", "Survey", "take_survey"]


@dataclass(frozen=True)
class Piece:
    """All that is needed to cut the rows of one block, small enough to be sent to a worker.

    Attributes
    ----------
    tables, panel, groups : folders of the canonical tables, of the panel and of its groups
    which : the block's series, positions in the panel
    codes : per grouping, (n_series_of_block,)
    abc : int8, shape (n_cutoffs, n_series_of_block)
    """

    tables: Path
    panel: Path
    groups: Path
    which: slice
    codes: Mapping[str, IntArray]
    abc: IntArray
    vocabulary: Vocabulary
    country: str

    def read(self) -> Panel:
        """Read the block of the panel."""
        return read_stored(self.panel, self.which)

    def rows(
        self,
        *,
        cutoffs: IntArray,
        horizons: IntArray,
        with_target: bool,
        families: Mapping[str, Family] | None = None,
    ) -> Rows:
        """Cut rows as `features.build.build_rows` does; their series count from the block's first.

        Parameters
        ----------
        cutoffs : those that `abc` was told at
        """
        panel = self.read()
        facts = read_facts(
            Part.of(self.tables, panel.series),
            panel,
            country=self.country,
            vocabulary=self.vocabulary,
            groupings=self.codes,
        )
        return build_rows(
            panel,
            facts,
            cutoffs=cutoffs,
            horizons=horizons,
            with_target=with_target,
            families=families,
            common=Common(read_groups(self.groups, self.codes), self.abc),
        )


@dataclass(frozen=True)
class Survey:
    """What was found out about all series of a panel on disk.

    Attributes
    ----------
    panel : mapped from its files
    groups : folder of the groups' totals
    groupings : codes per grouping, (n_series,)
    """

    tables: Path
    panel: Panel
    groups: Path
    groupings: Mapping[str, IntArray]
    vocabulary: Vocabulary
    country: str

    def abc(self, cutoffs: IntArray) -> IntArray:
        """Classes by revenue at each cutoff, int8 (n_cutoffs, n_series)."""
        return abc_at(self.panel, cutoffs)

    def piece(self, which: slice, abc: IntArray) -> Piece:
        """Hand over one block.

        Parameters
        ----------
        abc : of all series, as the method of that name gives them
        """
        assert self.panel.store is not None
        return Piece(
            tables=self.tables,
            panel=self.panel.store,
            groups=self.groups,
            which=which,
            codes={name: codes[which] for name, codes in self.groupings.items()},
            abc=np.ascontiguousarray(abc[:, which]),
            vocabulary=self.vocabulary,
            country=self.country,
        )


def take_survey(
    tables: Path, panel: Panel, groups: Path, *, country: str, vocabulary: Vocabulary
) -> Survey:
    """Sum the common levels of all series of a panel on disk, once for all blocks and cutoffs.

    Parameters
    ----------
    groups : folder to keep them in; where it is there already they are taken from it
    """

    def promotions(block: Panel) -> PromotionDays | None:
        if not has_rows(tables, "promotions"):
            return None
        part = Part.of(tables, block.series)
        return promotion_days(
            block,
            read_table(part, "promotions"),
            read_attributes(part, block),
            vocabulary.get(CHANNELS, []),
        )

    groupings = read_groupings(tables, panel)
    if not groups.exists():
        unfinished = groups.with_name(f"{groups.name}.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        store_groups(panel, groupings, promotions, unfinished)
        unfinished.rename(groups)
    return Survey(tables, panel, groups, groupings, vocabulary, country)
