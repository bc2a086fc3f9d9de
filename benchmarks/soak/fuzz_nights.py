"""Nights of edited data directories: a whole one is served, or the night before still is.

Without a model and without Prefect, as a shop's first nights: read, forecast by the formula,
decide, guard, publish. The night before is one of the same shop, healthy, a week earlier.
"""

from __future__ import annotations

import atexit
import shutil
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from benchmarks.soak.checker import problems, served_run
from benchmarks.soak.fuzz_tables import Directory, write_directory
from flows.alerting_steps import with_alerts
from flows.guarding import guarded
from flows.ingest import ingest
from flows.publication import publish
from flows.refresh import forecast_and_decide
from flows.run import open_run
from flows.settings import Settings
from flows.summary import night_summary
from stockalert.errors import StockalertError

__all__ = ["NOW", "formula_night", "healthy_data", "healthy_output", "publish_soundly"]

DAYS = 60
"""Of sales; they begin with the leap year 2024."""
NOW = datetime(2024, 3, 1, 2)
WEEK = timedelta(days=7)


def publish_soundly(case: Directory, folder: Path) -> None:
    """Publish a night of an edited directory after a healthy one; every second case has none.

    Raises
    ------
    StockalertError
        The night was refused; nothing of it was published.
    """
    data, out = folder / "data", folder / "out"
    data.mkdir()
    write_directory(case, data, days=DAYS)
    if case.edits[0].rows % 2:
        shutil.copytree(healthy_output(case.period), out, symlinks=True)
    before = served_run(out)
    try:
        formula_night(data, out, period=case.period, now=NOW)
    except StockalertError:
        assert served_run(out) == before, "a refused night is served"
        assert not problems(out, settled=False), problems(out, settled=False)
        raise
    assert served_run(out) != before, "nothing was published, and nobody was told"
    assert not problems(out, settled=True), problems(out, settled=True)


def formula_night(data: Path, out: Path, *, period: str, now: datetime) -> None:
    """Run a night without a champion, as its steps do."""
    settings = Settings.model_validate({"period": period, "quarantine": {"max_share": 0.5}})
    with open_run(data, out, settings=settings, as_of=None, now=now) as run:
        intake = ingest(
            run.data,
            run.workspace.work,
            period=period,
            as_of=None,
            today=now.date(),
            max_share=settings.quarantine.max_share,
            resources=run.resources,
        )
        decided = with_alerts.fn(run, intake, forecast_and_decide.fn(run, intake, None))
        summary = night_summary(run, intake, decided, None)
        summary = guarded.fn(run, intake, decided.frames, summary)
        publish(run, intake, decided.frames, summary)


@cache
def healthy_output(period: str) -> Path:
    """Publish the healthy shop's night a week before `NOW`, once per process, to be copied."""
    folder = Path(mkdtemp(prefix="healthy-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    data = healthy_data(folder / "data", period=period, days=DAYS - WEEK.days)
    formula_night(data, folder / "out", period=period, now=NOW - WEEK)
    return folder / "out"


def healthy_data(data: Path, *, period: str = "D", days: int = DAYS) -> Path:
    """Write the healthy shop's tables."""
    whole = Directory(edits=(), as_csv=False, cut=1.0, noise=b"", period=period)
    data.mkdir()
    write_directory(whole, data, days=days)
    return data
