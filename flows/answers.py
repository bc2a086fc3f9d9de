"""The blocks' answers put together, the formula's where there is none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from flows.blocks import COMMON_HORIZONS, Answer
from flows.scale import Failure
from flows.textbook import Textbook
from stockalert.arrays import BoolArray, FloatArray, IntArray, TextArray
from stockalert.classification import CLASSES, PATTERNS
from stockalert.mapped import row_file
from stockalert.outlook import Horizons

__all__ = ["Told", "put_together"]


@dataclass(frozen=True)
class Told:
    """What the blocks have said so far; arrays of shape (n,) unless another is given.

    Attributes
    ----------
    values : shape (n, n_levels), units, over the protection intervals
    abc, pattern : codes
    groups : calibration group, text; "" where the model was not asked
    answered : the block did not fail
    failures : positions of the series of each block that failed, and why
    """

    values: FloatArray
    abc: IntArray
    pattern: IntArray
    groups: TextArray
    answered: BoolArray
    failures: list[tuple[slice, str]] = field(default_factory=list)

    @classmethod
    def nothing(cls, n: int, n_levels: int) -> Told:
        """Nothing has been said yet."""
        return cls(
            values=np.empty((n, n_levels)),
            abc=np.full(n, CLASSES.index("C"), np.int8),
            pattern=np.full(n, PATTERNS.index("new"), np.int8),
            groups=np.full(n, "", dtype=np.object_),
            answered=np.zeros(n, dtype=np.bool_),
        )

    def hear(
        self, which: slice, said: Answer | Failure, common: FloatArray, *, known: BoolArray
    ) -> FloatArray:
        """Take over what a block says of its series, where they are known.

        Parameters
        ----------
        common : shape (n_of_block, n_horizons, n_levels), what the formula says

        Returns
        -------
        quantiles at the common horizons, shape as `common`
        """
        if isinstance(said, Failure):
            self.failures.append((which, said.reason))
            return common
        self.answered[which] = True
        self.values[which] = np.where(known[:, None], said.values, self.values[which])
        self.abc[which], self.pattern[which] = said.abc, said.pattern
        self.groups[which] = said.groups
        return np.where(known[:, None, None], said.common, common)


def put_together(
    blocks: Iterable[slice],
    answers: Iterable[Answer | Failure],
    textbook: Textbook,
    known: BoolArray,
    path: Path,
) -> tuple[Told, Horizons]:
    """Put the answers together as they come; those at the common horizons go into the file `path`.

    Parameters
    ----------
    known : shape (n,); the others get the formula
    """
    told = Told.nothing(len(known), len(textbook.levels))
    with row_file(path, (len(COMMON_HORIZONS), len(textbook.levels))) as file:
        for which, said in zip(blocks, answers, strict=True):
            told.values[which], common = textbook.quantiles(which)
            file.append(told.hear(which, said, common, known=known[which]))
        return told, Horizons(COMMON_HORIZONS, file.array(), textbook.levels)
