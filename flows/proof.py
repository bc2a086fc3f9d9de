"""A model that never saw its last weeks, ready to be asked about days that it has not seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from features.build import aligned
from flows.fitting import vocabulary_of
from flows.run import Run
from flows.training_rows import TrainingSet, rows_since
from models.demand import DemandModel
from models.training import TrainedModel
from stockalert.arrays import FloatArray

__all__ = ["Proof"]


@dataclass(frozen=True)
class Proof:
    """A model that never saw its last weeks.

    Attributes
    ----------
    vocabulary : the names behind its category codes
    unseen_from : last day known at the start of the weeks that it never saw
    """

    model: DemandModel
    vocabulary: Mapping[str, list[str]]
    unseen_from: np.datetime64

    @classmethod
    def of(cls, trained: TrainedModel, vocabulary: Mapping[str, list[str]]) -> Proof:
        """Take the proof of a training."""
        return cls(trained.proof, vocabulary, np.datetime64(trained.report.evaluation_start))

    @classmethod
    def load(cls, folder: Path) -> Proof:
        """Read the proof of a registered version from its files."""
        return cls.of(TrainedModel.load(folder), vocabulary_of(folder))

    def forecast(self, run: Run, training: TrainingSet, since: np.datetime64) -> FloatArray:
        """Quantiles of the training set's rows from `since` on; (n_rows, n_levels), units."""
        rows = rows_since(training, since, run, dict(self.vocabulary))
        return self.model.forecast(aligned(rows, self.model.names, self.model.categorical))
