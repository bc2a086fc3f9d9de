"""Keep a backtest: tables and picture in one folder of its own, and a run in MLflow."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pandas as pd

from flows.contenders import OURS
from flows.run import Run
from models.tracking_backtest import log_backtest
from models.tracking_store import open_store
from models.trade_off_figure import trade_off
from stockalert.errors import OutputError
from stockalert.simulation.comparison import ALL, PERFECT

__all__ = ["write_backtest"]

SHOWN = ("lost_units", "lost_value", "stockout_rate", "average_stock_value", "total_cost")


def write_backtest(
    run: Run, span: tuple[date, date], tables: dict[str, pd.DataFrame], *, words: tuple[str, ...]
) -> tuple[Path, str]:
    """Write everything beside, then name the folder `OUT/backtest/RUN_ID` in one step.

    Parameters
    ----------
    span : first and last day replayed
    tables : by name; `kpis` and `equal_stock` are shown in MLflow

    Returns
    -------
    the folder, and the run of MLflow

    Raises
    ------
    OutputError
        The output directory cannot be written.
    """
    board = tables["kpis"]
    draft = run.workspace.work / "backtest"
    folder = run.workspace.out / "backtest" / run.workspace.run_id
    level = run.settings.service.level
    try:
        draft.mkdir()
        for name, table in tables.items():
            table.to_parquet(draft / f"{name}.parquet", index=False)
        whole = board[board["class"] == ALL]
        figure = trade_off(whole, ours=OURS, perfect=PERFECT, level=level)
        figure.savefig(draft / "trade_off.png", metadata={"Software": None})
        (draft / "settings.toml").write_text(run.settings.to_toml(), encoding="utf-8")
        (draft / "summary.txt").write_text("\n".join(words) + "\n", encoding="utf-8")
        run_id = _logged(run, span, tables, words, draft)
        folder.parent.mkdir(exist_ok=True)
        os.replace(draft, folder)
    except OSError as error:
        raise OutputError(f"cannot write the backtest to {folder}: {error.strerror}") from error
    return folder, run_id


def _logged(
    run: Run,
    span: tuple[date, date],
    tables: dict[str, pd.DataFrame],
    words: tuple[str, ...],
    folder: Path,
) -> str:
    first, last = span
    settings = run.settings
    return log_backtest(
        open_store(run.workspace.out, tracking_uri=settings.paths.tracking_uri),
        f"backtest {first} … {last}",
        started_at=run.workspace.started_at.astimezone(),
        params={
            "start": first,
            "end": last,
            "level": settings.service.level,
            "mode": settings.service.mode,
            "unmet_demand": settings.unmet_demand,
            "policies": " ".join(tables["kpis"]["policy"].unique()),
            "series": int(tables["kpis"]["series"].max()),
            "settings_fingerprint": settings.fingerprint(),
        },
        metrics=_metrics(tables["kpis"], tables["equal_stock"], settings.service.level),
        folder=folder,
        note="\n\n".join(words),
    )


def _metrics(board: pd.DataFrame, compared: pd.DataFrame, level: float) -> dict[str, float]:
    """Figures of each policy at the settings' level, and of ours against each at equal stock."""
    found: dict[str, float] = {}
    whole = board[board["class"] == ALL]
    for name, rows in whole.groupby("policy", sort=False):
        aimed = rows[(rows["level"] - level).abs() < 1e-6]
        row = (aimed if len(aimed) else rows).iloc[0]
        found |= {f"{name}.{figure}": float(row[figure]) for figure in SHOWN}
    for _, against in compared[compared["class"] == ALL].iterrows():
        name = f"{against['figure']}.vs_{against['policy']}"
        found[f"change.{name}"] = float(against["change"])
        found[f"gap_closed.{name}"] = float(against["gap_closed"])
    return found
