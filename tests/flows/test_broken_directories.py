"""Whatever a directory holds, the user reads what was wrong, and nothing is lost on the way."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from flows.ingest import ingest
from flows.intake import Intake
from flows.validate import describe, validate
from stockalert.errors import StockalertError
from tests.flows.broken_directories import CASES, TODAY, Case

_OPTIONS = {"period": "D", "today": TODAY, "max_share": 0.01}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_run_says_what_is_wrong_or_what_it_left_out(case: Case, tmp_path: Path) -> None:
    data = _built(case, tmp_path)
    if case.expected == "runs":
        intake = ingest(data, tmp_path / "work", as_of=case.as_of, **_OPTIONS)
        assert all(word in " · ".join(intake.notes) for word in case.words), intake.notes
        _assert_nothing_lost(intake, tmp_path / "work")
        return
    with pytest.raises(StockalertError) as caught:
        ingest(data, tmp_path / "work", as_of=case.as_of, **_OPTIONS)
    assert caught.value.exit_code == case.expected
    assert all(word in str(caught.value) for word in case.words), str(caught.value)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_validate_agrees_with_the_run(case: Case, tmp_path: Path) -> None:
    data = _built(case, tmp_path)
    if case.expected == 2:
        with pytest.raises(StockalertError) as caught:
            validate(data, as_of=case.as_of, **_OPTIONS)
        assert caught.value.exit_code == 2
        return
    findings = validate(data, as_of=case.as_of, **_OPTIONS)
    assert findings.usable == (case.expected == "runs")
    assert all(word in describe(findings) for word in case.words), describe(findings)


def _built(case: Case, tmp_path: Path) -> Path:
    data = tmp_path / "data"
    data.mkdir()
    case.build(data)
    return data


def _assert_nothing_lost(intake: Intake, work: Path) -> None:
    for name, report in intake.tables.items():
        assert report.rows_read == (
            report.rows_kept + report.rows_quarantined + report.rows_set_aside
        ), name
        kept_aside = work / "quarantine" / f"{name}.parquet"
        refused = pd.read_parquet(kept_aside) if kept_aside.exists() else pd.DataFrame()
        if report.derived_from is None:
            assert len(refused) == report.rows_quarantined, name
