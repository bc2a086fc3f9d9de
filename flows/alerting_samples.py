"""Made-up messages: what a test of an address shows, and what templates are tried on."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from stockalert.alerts.kinds import fingerprint
from stockalert.alerts.words import sentences

__all__ = ["samples", "trial"]


def trial(now: datetime, language: str) -> dict[str, Any]:
    """What a test message is about: one alert about a product that does not exist."""
    return _context(now, "test", [_alert(now, language)])


def samples(now: datetime, language: str) -> list[dict[str, Any]]:
    """Every kind of message, with what may be missing missing.

    Returns
    -------
    contexts of a test, an immediate message, a digest, an end, a problem of the job and its end
    """
    known = _alert(now, language)
    bare = known | dict.fromkeys(_MAY_BE_MISSING) | {"what": "repeated"}
    job = bare | {"kind": "night_missing", "severity": "critical", "subject": "", "sku": None}
    return [
        trial(now, language),
        _context(now, "immediate", [known]),
        _context(now, "digest", [known, bare], [known, bare], planner="Ana", more=2),
        _context(now, "digest", [], [bare]),
        _context(now, "operational", [job], unsure=True),
        _context(now, "operational", [], [job]),
    ]


_MAY_BE_MISSING = (
    *("name", "supplier_id", "supplier_name", "planner", "tags", "order_by_date"),
    *("on_hand", "on_order", "reorder_point", "lead_time_days", "order_quantity"),
    *("units_at_risk", "money_at_risk", "order_problem", "supplier_problem"),
)


def _alert(now: datetime, language: str) -> dict[str, Any]:
    """One alert with every fact known, as a message's context holds it."""
    order_by = (now + timedelta(days=1)).date()
    facts: dict[str, Any] = {
        "kind": "reorder_now",
        "sku": "SAMPLE-1",
        "name": "Sample",
        "location": "default",
        "supplier_id": "SUPPLIER-1",
        "supplier_name": "Sample & Sons",
        "on_hand": 2.0,
        "on_order": 0.0,
        "reorder_point": 9.0,
        "lead_time_days": 4.5,
        "order_quantity": 12.0,
    }
    message, to_do = sentences(facts | {"order_by_date": order_by}, language)
    return facts | {
        "fingerprint": fingerprint("reorder_now", "SAMPLE-1", "default"),
        "severity": "warning",
        "planner": "Ana",
        "tags": "sample",
        "order_by_date": f"{order_by}T00:00:00",
        "units_at_risk": 3.0,
        "money_at_risk": 12.5,
        "order_problem": None,
        "supplier_problem": None,
        "first_seen": now.isoformat(),
        "last_seen": now.isoformat(),
        "episode": "sample",
        "message": message,
        "to_do": to_do,
        "what": "raised",
    }


def _context(
    now: datetime,
    kind: str,
    alerts: list[dict[str, Any]],
    resolved: list[dict[str, Any]] | None = None,
    **more: Any,
) -> dict[str, Any]:
    ended = [{**alert, "what": "resolved"} for alert in resolved or []]
    return {
        "kind": kind,
        "planner": "",
        "as_of": now.date().isoformat(),
        "written_at": now.isoformat(),
        "alerts": alerts,
        "more": 0,
        "resolved": ended,
        "more_resolved": 0,
        "counts": {str(alert["kind"]): 1 for alert in alerts},
        "new": sum(alert["what"] == "raised" for alert in alerts),
        "repeated": sum(alert["what"] == "repeated" for alert in alerts),
        "ended": len(ended),
        "open": len(alerts),
        "units_at_risk": 3.0 * len(alerts),
        "money_at_risk": 12.5 * len(alerts),
        **more,
    }
