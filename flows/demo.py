"""Command `demo`: real data in, one night out, one screenful at the end."""

from __future__ import annotations

import shlex
import sys
import time
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
from rich.console import Console

from flows.demo_data import DemoFacts, write_demo_data
from flows.demo_picture import draw_demo
from flows.demo_report import print_summary
from flows.nightly import nightly
from flows.settings import load_settings
from models.registry import champion
from models.training import TrainingReport
from stockalert.served import read_served

__all__ = ["AS_OF", "run_demo"]

AS_OF = date(2017, 12, 17)
"""Two weeks before the data end: promotions announced by then reach past it, and the picture
shows what was sold since."""

_SETTINGS = """\
# The demo's settings: fewer rows and boosters than by default, so that it ends within minutes.
[model]
max_rows = 250_000
n_bags = 1
"""


def run_demo(out: Path, *, max_products: int | None = None) -> None:
    """Write the demo's data, run `nightly` on them, print and draw the result.

    Parameters
    ----------
    max_products : keep only so many of the grocer's products.
    """
    started = time.monotonic()
    data, config = out / "data", out / "demo.toml"
    facts = write_demo_data(data, max_products=max_products)
    config.write_text(_SETTINGS, encoding="utf-8")
    nightly(data, out, AS_OF, config)
    _print(out, facts, _draw(out, data, facts))
    print(f"\ndone in {time.monotonic() - started:.0f} s", flush=True)


def _print(out: Path, facts: DemoFacts, picture: Path) -> None:
    uri = load_settings(out / "demo.toml").paths.tracking_uri
    report = (champion(out, tracking_uri=uri).folder / "report.json").read_text(encoding="utf-8")
    files = {
        "thresholds": out / "latest" / "thresholds",
        "order proposals": out / "latest" / "order_proposals",
        "forecasts": out / "latest" / "forecasts",
        "input tables": out / "data",
        "MLflow store": out / "mlflow.db",
        "picture": picture,
    }
    print_summary(
        Console(),
        facts=facts,
        thresholds=read_served(out, "thresholds").to_pandas(),
        products=pq.read_table(out / "data" / "products.parquet").to_pandas(),
        scores=TrainingReport.from_json(report).scores,
        files=files,
        next_step=_tomorrow(out),
    )


def _tomorrow(out: Path) -> str:
    """The command of the next night."""
    day = (AS_OF + timedelta(days=1)).isoformat()
    places = {"--data": out / "data", "--out": out, "--config": out / "demo.toml"}
    options = [part for name, path in places.items() for part in (name, str(path))]
    return shlex.join([_program(), "nightly", *options, "--as-of", day])


def _program() -> str:
    """The way this program was called, so that the next command can be pasted as it stands."""
    called = Path(sys.argv[0])
    return str(called) if called.name == "stockalert" else "stockalert"


def _draw(out: Path, data: Path, facts: DemoFacts) -> Path:
    truth = pq.read_table(facts.truth).to_pandas()
    path = out / "demo.png"
    draw_demo(
        path,
        thresholds=read_served(out, "thresholds").to_pandas(),
        forecasts=read_served(out, "forecasts").to_pandas(),
        history=truth.assign(date=lambda frame: pd.to_datetime(frame["date"])),
        products=pq.read_table(data / "products.parquet").to_pandas(),
        as_of=AS_OF,
    )
    return path
