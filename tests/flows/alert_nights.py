"""Published nights that hold alerts alone, for tests of how they are told."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from stockalert.alerts.kinds import fingerprint
from stockalert.publishing import publish_night
from stockalert.tables.arrow import to_arrow
from stockalert.tables.checks import check
from stockalert.tables.outputs import OUTPUT_TABLES

__all__ = ["NIGHT", "alert", "alerts_table", "publish_alerts"]

NIGHT = datetime(2026, 3, 2, 2, 0)


def alert(sku: str, **facts: Any) -> dict[str, Any]:
    """One open alert about a sku of a corner shop."""
    kind, location = facts.get("kind", "reorder_now"), facts.get("location", "north")
    return {
        "fingerprint": fingerprint(kind, sku, location),
        "kind": kind,
        "severity": "warning",
        "sku": sku,
        "name": f"Mug {sku}",
        "location": location,
        "supplier_id": "farm",
        "planner": "Ana",
        "on_hand": 2.0,
        "on_order": 0.0,
        "reorder_point": 9.0,
        "lead_time_days": 4.0,
        "order_by_date": pd.Timestamp(2026, 3, 3),
        "units_at_risk": 3.0,
        "money_at_risk": 12.5,
        "state": "open",
        "message": f"Mug {sku} has reached its reorder point.",
        "to_do": "Order 12 from farm.",
        "episode": "first",
        **facts,
    }


def alerts_table(alerts: list[dict[str, Any]], now: datetime = NIGHT) -> pd.DataFrame:
    """Table `alerts`, typed as the contract wants it."""
    table = OUTPUT_TABLES["alerts"]
    frame = pd.DataFrame(
        [{"first_seen": now, "last_seen": now, **one} for one in alerts], columns=list(table.names)
    )
    kinds = {"date": "datetime64[us]", "timestamp": "datetime64[us]", "number": "float64"}
    for column in table.columns:
        frame[column.name] = frame[column.name].astype(kinds.get(column.kind, "str"))
    return pd.DataFrame(check(frame, table))


def publish_alerts(out: Path, number: int, alerts: list[dict[str, Any]]) -> str:
    """Publish the alerts of a night, and return its run_id."""
    run_id, created = f"night-{number}", NIGHT + timedelta(days=number)
    publish_night(
        out,
        {"alerts": to_arrow(alerts_table(alerts, created), OUTPUT_TABLES["alerts"])},
        as_of_date=date(2026, 3, 1) + timedelta(days=number),
        run_id=run_id,
        created_at=created,
        valid_until=created + timedelta(days=2),
        model_version=None,
        settings_fingerprint="0" * 16,
    )
    return run_id
