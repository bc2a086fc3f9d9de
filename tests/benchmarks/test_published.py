"""The tables of `benchmarks/README.md` are those of the files that the benchmarks wrote."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks import experiments
from benchmarks.alerts import report as alerts
from benchmarks.alerts.results import RESULTS as ALERTS
from benchmarks.decision import report as decision
from benchmarks.decision import results as decision_results
from benchmarks.forecast import report as forecast
from benchmarks.forecast import results as forecast_results
from benchmarks.scale import report as scale
from benchmarks.scale.results import RESULTS as SCALE
from benchmarks.soak import report as soak

PAGE = Path(experiments.__file__).with_name("README.md")

PUBLISHED: dict[str, Callable[[], str]] = {
    "forecast": lambda: forecast.markdown(forecast_results.read_results(forecast_results.RESULTS)),
    "decision": lambda: decision.markdown(decision_results.read_results(decision_results.RESULTS)),
    "scale": lambda: scale.markdown(json.loads(SCALE.read_text(encoding="utf-8"))),
    "alerts": lambda: alerts.markdown(json.loads(ALERTS.read_text(encoding="utf-8"))),
    "soak": lambda: soak.markdown(json.loads(soak.RESULTS.read_text(encoding="utf-8"))),
    "experiments": lambda: experiments.markdown(experiments.RESULTS),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_page_shows_what_was_measured(name: str) -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert forecast.between_markers(page, PUBLISHED[name](), of=name) == page
