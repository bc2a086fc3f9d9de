"""Keep a review: tables and picture in one folder of its own, and a run in MLflow."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pandas as pd

from flows.review_service import ALL
from flows.run import Run
from flows.strict_json import strict_json
from models.review_figure import review_figure
from models.tracking_backtest import log_backtest
from models.tracking_store import open_store
from stockalert.errors import OutputError

__all__ = ["write_review"]


def write_review(
    run: Run,
    span: tuple[date, date],
    tables: dict[str, pd.DataFrame],
    words: tuple[str, ...],
    *,
    quarter: bool,
) -> tuple[Path, str]:
    """Write everything beside, then name the folder `OUT/reviews/RUN_ID` in one step.

    Returns
    -------
    the folder, and the run of MLflow

    Raises
    ------
    OutputError
        The output directory cannot be written.
    """
    draft = run.workspace.work / "review"
    folder = run.workspace.out / "reviews" / run.workspace.run_id
    kind = "quarterly review" if quarter else "review"
    try:
        draft.mkdir(exist_ok=True)
        for name, table in tables.items():
            table.to_parquet(draft / f"{name}.parquet", index=False)
        figure = review_figure(tables["coverage"], tables["stock_outs"])
        figure.savefig(draft / "review.png", metadata={"Software": None})
        figures = _figures(tables)
        record = {"kind": kind, "first": str(span[0]), "last": str(span[1]), "notes": words}
        text = strict_json({**record, "figures": figures}, indent=2)
        (draft / "summary.json").write_text(text + "\n", encoding="utf-8")
        store = open_store(run.workspace.out, tracking_uri=run.settings.paths.tracking_uri)
        run_id = log_backtest(
            store,
            f"{kind} {span[0]} … {span[1]}",
            started_at=run.workspace.started_at.astimezone(),
            params={"start": span[0], "end": span[1], "period": run.settings.period},
            metrics=figures,
            folder=draft,
            note="\n\n".join(words),
            source="stockalert review",
        )
        folder.parent.mkdir(exist_ok=True)
        os.replace(draft, folder)
    except OSError as error:
        raise OutputError(f"cannot write the review to {folder}: {error.strerror}") from error
    return folder, run_id


def _figures(tables: dict[str, pd.DataFrame]) -> dict[str, float]:
    """Figures that are worth a curve in MLflow, from review to review."""
    whole = tables["service"].set_index("abc_class")
    names = ("fill_rate", "ready_rate", "cycle_service_level", "threshold_held", "units_lost")
    found = {name: float(whole[name].to_dict()[ALL]) for name in names}
    drift, outs, coverage = (tables[name] for name in ("drift", "stock_outs", "coverage"))
    found["stock_outs"] = float(len(outs))
    found |= {f"stock_outs.{cause}": float(n) for cause, n in outs["cause"].value_counts().items()}
    if len(drift):
        found["share_of_inputs_drifted"] = float(drift["drifted"].mean())
    of_all = coverage[coverage["grouping"] == "all"] if len(coverage) else coverage
    for _, row in of_all.iterrows():
        found[f"coverage_gap.q{round(row['level'] * 1000):03d}"] = float(row["gap"])
    return found
