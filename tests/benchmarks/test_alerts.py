"""The alert benchmarks, small: nights with faults, and some weeks of the generated year."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.alerts import year

PLAY = """
import json, sys
from pathlib import Path
from benchmarks.alerts.faults import run_faults
print(json.dumps(run_faults(int(sys.argv[1]), 3, Path(sys.argv[2]))))
"""


@pytest.mark.slow
def test_nights_with_faults_lose_no_alert_and_tell_none_in_two_messages(tmp_path: Path) -> None:
    nights = 12
    done = subprocess.run(
        [sys.executable, "-c", PLAY, str(nights), str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert (figures["alerts_lost"], figures["alerts_doubled"]) == (0, 0)
    assert sum(figures["faults_by_kind"].values()) == nights
    assert figures["killed"] > 0
    assert figures["messages_accepted"] >= figures["alerts_expected"] / 20 > 0


def test_weeks_of_the_year_are_told_ordered_and_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(year, "NIGHTS", 60)
    shop, record = year.play(12, seed=3)
    figures = year.figures_of(shop, record)
    assert figures["year_nights"] == 60
    assert figures["alerts_told"] == len(record.told) > 0
    assert record.ordered
    assert set(figures["alerts_told_by_kind"]) >= {"reorder_now"}
    assert 0 <= figures["alert_precision"] <= 1
    assert figures["stockouts_without_alert"] <= figures["stockouts"]
