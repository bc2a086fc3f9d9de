"""Our quantiles at the nights of a replay: asked once, answered from what was known then."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.decision.nights import Question, _answer, _between_trainings
from benchmarks.decision.spare_parts import SETTINGS, spare_parts

QUICK = SETTINGS | {"model": SETTINGS["model"] | {"n_estimators": 5, "threads": 1}}


@pytest.fixture
def question():
    prepared = spare_parts(40)
    horizons = np.stack([prepared.problem.horizon, np.full(40, 4)], axis=1).astype(np.int64)
    return Question(prepared, np.array([110, 111]), horizons, QUICK)


def test_a_model_answers_eight_weeks(question):
    asked = replace(question, cutoffs=np.arange(104, 123))
    assert [len(term) for term in _between_trainings(asked)] == [8, 8, 3]


def test_another_question_has_another_name(question):
    others = [
        replace(question, cutoffs=np.array([110, 112])),
        replace(question, horizons=question.horizons + 1),
        replace(question, settings=SETTINGS),
        replace(question, refit_weeks=4),
    ]
    assert replace(question).fingerprint == question.fingerprint
    assert len({question.fingerprint, *(other.fingerprint for other in others)}) == 5


@pytest.mark.slow
def test_quantiles_rise_over_levels_and_know_nothing_after_their_cutoff(question):
    told = _answer(question)
    assert told.values.shape == (2, 40, 2, len(told.levels))
    assert np.isfinite(told.values).all()
    assert (np.diff(told.values, axis=3) >= 0).all()
    sales = question.prepared.tables["sales"]
    later = sales["date"] > "2023-03-01"
    more = sales.assign(units_sold=sales["units_sold"].mask(later, sales["units_sold"] + 90))
    prepared = replace(question.prepared, tables=question.prepared.tables | {"sales": more})
    assert question.problem.periods[111] < np.datetime64("2023-03-01")
    assert (_answer(replace(question, prepared=prepared)).values == told.values).all()
