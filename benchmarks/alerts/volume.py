"""How long 10,000 alerts take from a published night to the last receiver.

    python -m benchmarks.alerts.volume

`seconds_10k`: every alert in a message of its own, each posted to a webhook: what a shop gets that
asks for no grouping. `seconds_10k_digest`: the default, by mail: one digest for each of 20
planners. Both count deciding what is new, queueing (SQLite, `synchronous = FULL`), rendering,
sending to real servers on the same machine, and keeping what became of each message.
"""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.alerts.results import write_results
from flows.alerting_night import deliver_alerts
from flows.channels_apprise import load_apprise
from flows.settings import Settings
from tests.flows.alert_nights import NIGHT, alert, publish_alerts
from tests.servers.smtp import mail_server
from tests.servers.web import web_server

ALERTS, PLANNERS = 10_000, 20


def measure() -> dict[str, Any]:
    """Time both ways."""
    load_apprise()
    rows = [
        alert(f"sku {n:05d}", planner=f"planner {n % PLANNERS}", money_at_risk=2.0 + n)
        for n in range(ALERTS)
    ]
    with tempfile.TemporaryDirectory() as folder, web_server() as web:
        asked = {"urls": [web.address()], "immediate_above": 1.0, "group_by": ["sku"]}
        alone, sent = _seconds(Path(folder), rows, asked)
        assert sent == len(web.calls) == ALERTS
    with tempfile.TemporaryDirectory() as folder, mail_server() as mail:
        asked = {"urls": [mail.address("all@shop.example")], "immediate_above": 1e9}
        digest, sent = _seconds(Path(folder), rows, asked)
        assert sent == len(mail.mails) == PLANNERS
    return {"seconds_10k": round(alone, 1), "seconds_10k_digest": round(digest, 1)}


def _seconds(out: Path, rows: list[dict[str, Any]], alerts: dict[str, Any]) -> tuple[float, int]:
    """Seconds from the published night to the last answer, and messages sent."""
    publish_alerts(out, 0, rows)
    started = time.perf_counter()
    done = deliver_alerts(out, Settings(alerts=alerts), now=NIGHT)
    return time.perf_counter() - started, done.sent


if __name__ == "__main__":
    figures = measure()
    print(json.dumps(figures, indent=2))
    write_results("benchmarks.alerts.volume", figures)
