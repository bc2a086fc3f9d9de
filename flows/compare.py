"""Command `compare`: two registered models beside each other, in scores and in money."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from flows.clock import now
from flows.ingest import ingest
from flows.paired import paired_verdict
from flows.progress import report
from flows.proof import Proof
from flows.run import open_run
from flows.settings import load_settings
from flows.training_rows import build_training_set
from models.acceptance import Verdict
from models.registry import Champion, registered
from models.tracking_store import open_store
from models.training import MODEL_NAME, TrainedModel
from stockalert.errors import UsageError

__all__ = ["Comparison", "compare", "print_comparison"]


@dataclass(frozen=True)
class Comparison:
    """What is known of two versions.

    Attributes
    ----------
    first, second : the versions, the first in the champion's place
    verdict : of the paired decisions; None where no data were given
    """

    first: Champion
    second: Champion
    verdict: Verdict | None


def compare(
    first: str,
    second: str,
    out: Path,
    *,
    data: Path | None = None,
    as_of: date | None = None,
    config: Path | None = None,
) -> Comparison:
    """Put two versions before the same decisions, on days that neither proof has seen.

    Parameters
    ----------
    first, second : version number, or run in MLflow
    data : input tables; None = only what was recorded when they were trained
    as_of : last day compared; None = the last in the sales

    Raises
    ------
    UsageError
        A version is not there, or they forecast periods of different lengths.
    """
    settings = load_settings(config)
    store = open_store(out, tracking_uri=settings.paths.tracking_uri)
    told = Comparison(registered(store, first), registered(store, second), None)
    if data is None:
        return told
    with open_run(data, out, settings=settings, as_of=as_of, now=now()) as run:
        proofs = [Proof.load(version.folder) for version in (told.first, told.second)]
        _check_periods(proofs, run.period_days)
        intake = ingest(
            run.data,
            run.workspace.work,
            period=settings.period,
            as_of=as_of,
            today=run.workspace.started_at.date(),
            max_share=settings.quarantine.max_share,
        )
        report("comparing", 0, 1)
        verdict = paired_verdict(
            run,
            build_training_set(run, intake.as_of),
            *proofs,
            routine=_same_recipe(told),
            as_of=intake.as_of,
        )
        report("comparing", 1, 1)
    return replace(told, verdict=verdict)


def _check_periods(proofs: list[Proof], period_days: int) -> None:
    lengths = [proof.model.period_days for proof in proofs]
    if set(lengths) != {period_days}:
        raise UsageError(
            f"the models forecast periods of {lengths[0]} and {lengths[1]} days, "
            f"the settings' are of {period_days}"
        )


def _same_recipe(told: Comparison) -> bool:
    names = ("settings_fingerprint", "features_fingerprint")
    return all(told.first.tags.get(name) == told.second.tags.get(name) for name in names)


def print_comparison(console: Console, told: Comparison) -> None:
    """Print both versions' scores, what their stock would have cost, and the verdict."""
    versions = (told.first, told.second)
    table = Table(box=SIMPLE_HEAD)
    table.add_column("")
    for version in versions:
        table.add_column(f"version {version.version}", justify="right")
    rows = {"trained until": [str(v.trained_until) for v in versions]}
    rows["verdict when trained"] = [v.tags.get("verdict", "none") for v in versions]
    scores = [TrainedModel.load(v.folder).report.scores for v in versions]
    rows |= {
        f"pinball at {level:g}, own window": [_score(s, level) for s in scores]
        for level in (0.5, 0.8, 0.95, 0.99)
    }
    if told.verdict is not None:
        rows |= _money(told.verdict)
    for name, cells in rows.items():
        table.add_row(name, *cells)
    console.print(table)
    if told.verdict is None:
        console.print(Text("add --data DIR to let both decide the same days and compare the money"))
        return
    place = f"with version {told.first.version} as champion, version {told.second.version} is "
    console.print(Text(place + told.verdict.reason))


def _score(scores: pd.DataFrame, level: float) -> str:
    """Weighted pinball loss of the model on its own evaluation window."""
    rows = scores[(scores["model"] == MODEL_NAME) & (scores["grouping"] == "all")]
    rows = rows[(rows["level"] - level).abs() < 1e-6]
    return f"{rows['weighted_pinball'].iloc[0]:.4f}" if len(rows) else "–"


def _money(verdict: Verdict) -> dict[str, list[str]]:
    """Rows of the table that come from the same decisions of both."""
    asked = {
        "cost of its stock, same days": ("cost", "{:,.2f}"),
        "fill rate, same days": ("fill_rate", "{:.2%}"),
        "pinball of high levels, same days": ("weighted_pinball", "{:.4f}"),
    }
    return {
        words: [form.format(verdict.figures[f"{who}_{name}"]) for who in ("champion", "challenger")]
        for words, (name, form) in asked.items()
    }
