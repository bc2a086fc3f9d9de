"""What a run says of itself: one dictionary, as JSON beside the night and as a Prefect artifact."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.context import FlowRunContext

from flows.decided import DecidedNight
from flows.intake import Intake
from flows.promotion import Outcome
from flows.run import Run
from flows.summary_page import page_of
from stockalert.nervousness import HELD, threshold_churn
from stockalert.tables.blocks import whole

__all__ = ["night_summary", "publish_summary", "training_summary"]

MOST_SHOWN = 50
_SUMMED = (
    *("sku", "location", "reorder_point", "previous_reorder_point", "service_level", "method"),
    *("order_quantity", "order_note", "coverage_recent", "change_reason"),
)
"""Columns of `thresholds` that are summed up."""


def training_summary(run: Run, intake: Intake, outcome: Outcome) -> dict[str, Any]:
    """Rows read, the version trained and the verdict on it."""
    summary = _input(run, intake)
    summary["notes"] += outcome.notes
    return {
        **summary,
        "model_version": outcome.version,
        "mlflow_run": outcome.run_id,
        "promoted": outcome.verdict.promote,
        "verdict": outcome.verdict.reason,
    }


def night_summary(
    run: Run,
    intake: Intake,
    decided: DecidedNight,
    model_version: str | None,
    notes: Sequence[str] = (),
) -> dict[str, Any]:
    """Rows read, thresholds by method, orders due and how many thresholds moved.

    Parameters
    ----------
    notes : on the run, after those on its input
    """
    thresholds = whole(decided.frames["thresholds"], _SUMMED)
    due = thresholds["order_quantity"].fillna(0) > 0
    methods = thresholds["method"].value_counts().sort_index()
    summary = _input(run, intake)
    summary["notes"] += [
        *_on_stock(decided),
        *_on_orders(run, decided, thresholds),
        *decided.notes,
        *notes,
    ]
    return {
        **summary,
        "model_version": model_version or "none: formula only",
        "skus": int(thresholds["sku"].nunique()),
        "thresholds": len(thresholds),
        **{f"thresholds by {name}": int(count) for name, count in methods.items()},
        "orders due": int(due.sum()),
        "units to order": float(thresholds["order_quantity"].fillna(0).sum()),
        **_changes(thresholds),
        **_coverage(thresholds),
        **_risk(decided),
        **_failed(decided),
    }


def publish_summary(name: str, summary: Mapping[str, Any]) -> None:
    """Show the summary in Prefect, as a table of the flow run and as a page with a figure."""
    if FlowRunContext.get() is None:
        return
    create_markdown_artifact(
        key=f"{name}-report",
        markdown=page_of(summary),
        description=f"Report of this {name} run",
    )
    create_table_artifact(
        key=f"{name}-summary",
        table=[{"figure": key, "value": _shown(value)} for key, value in summary.items()],
        description=f"Summary of this {name} run",
    )


def _shown(value: object) -> str:
    """Put a value into words; a long list is for summary.json alone."""
    many = isinstance(value, list) and len(value) > MOST_SHOWN
    return f"{len(value)} entries, see summary.json" if many else str(value)  # type: ignore[arg-type]


def _input(run: Run, intake: Intake) -> dict[str, Any]:
    return {
        "run_id": run.workspace.run_id,
        "as_of": str(intake.as_of),
        "rows read": sum(report.rows_read for report in intake.tables.values()),
        "rows quarantined": intake.rows_quarantined,
        "notes": list(intake.notes),
    }


def _changes(thresholds: pd.DataFrame) -> dict[str, Any]:
    """How many thresholds moved, how many the dead-band held, and the share that moved."""
    reason, churn = thresholds["change_reason"], threshold_churn(thresholds)
    return {
        "changed": int((~reason.isin(["unchanged", HELD])).sum()),
        "held by the dead-band": int((reason == HELD).sum()),
        "threshold churn": None if math.isnan(churn) else round(churn, 4),
    }


def _coverage(thresholds: pd.DataFrame) -> dict[str, Any]:
    """Mean level asked for and mean recent coverage, of the rows where it is known."""
    known = thresholds[thresholds["coverage_recent"].notna()]
    if known.empty:
        return {}
    return {
        "coverage recent": round(float(known["coverage_recent"].mean()), 4),
        "coverage asked": round(float(known["service_level"].mean()), 4),
    }


def _risk(decided: DecidedNight) -> dict[str, Any]:
    """Expected shortage before an order could arrive, in units and money; alerts, if there are."""
    risk, alerts = decided.risk, decided.frames.get("alerts")
    found: dict[str, Any] = {}
    if risk is not None:
        found |= {"units at risk": round(risk.units, 1), "cost at risk": round(risk.cost, 2)}
        if risk.unknown:
            found["items at risk of unknown cost"] = risk.unknown
    if alerts is not None:
        found["alerts open"] = len(alerts)
    return found


def _failed(decided: DecidedNight) -> dict[str, Any]:
    """Every series that could not be forecast, and why."""
    if decided.failed.empty:
        return {}
    return {"not forecast": decided.failed.to_dict("records")}


def _on_orders(run: Run, decided: DecidedNight, thresholds: pd.DataFrame) -> list[str]:
    """Say how many orders were held back, and which the budget could not count."""
    proposals = whole(decided.frames["order_proposals"], ["cost"])
    held, notes = thresholds[thresholds["order_note"].notna()], []
    if len(held):
        sku, location, note = held.iloc[0][["sku", "location", "order_note"]]
        notes.append(
            f"orders: {len(held)} are held back, see order_note in thresholds, "
            f"such as {sku} at {location}: {note}"
        )
    free = int(proposals["cost"].isna().sum())
    if run.settings.order.budget and free:
        notes.append(f"orders: {free} have no unit_cost and do not count against the budget")
    return notes


def _on_stock(decided: DecidedNight) -> list[str]:
    missing, of = decided.missing_stock, len(decided.frames["thresholds"])
    if not missing:
        return []
    return [f"stock: {missing} of {of} skus at a location have no row and count as 0 on hand"]
