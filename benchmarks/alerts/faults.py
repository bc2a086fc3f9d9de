"""Does every alert arrive, and once? Nights with a fault each, against real receivers.

    python -m benchmarks.alerts.faults [--faults 240] [--seed 7]

Each night publishes a table of alerts, some new and some over, and tells them by mail (SMTP) and
webhook (HTTP). Every night something goes wrong: the process is killed with SIGKILL, at a chosen
point or at a random moment; a channel refuses, or accepts and hangs up before it answers; the clock
jumps. Then one sound run follows, as the next timer would start it. At the end what arrived is
compared with what the served tables say should have.

`alerts_lost`: never arrived. `alerts_doubled`: arrived in two different messages. A message that
was handed over twice keeps its key, so that a mailbox or receiver that looks at Message-ID or
Idempotency-Key shows it once: those are counted as `repeats_with_same_key`.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.alerts.results import write_results

POINTS = (
    "while publishing",
    "published",
    "while queueing",
    "queued",
    "before leaving",
    "leaving",
    "accepted",
    "recorded",
)
OTHERS = ("any moment", "mail refuses", "web refuses", "mail loses replies", "web loses replies")
CLOCKS = {"clock back 3 days": -72, "clock forward 40 days": 960, "clock back an hour": -1}
FAULTS = (*POINTS, *POINTS, "any moment", "any moment", "any moment", *OTHERS, *CLOCKS)
DAY_ONE = datetime(2026, 1, 5, 2, 0)


@dataclass
class Shop:
    """What is open, and what each night changes; every alert is one of a kind."""

    rng: np.random.Generator
    open: dict[str, dict[str, Any]] = field(default_factory=dict)
    made: int = 0

    def night(self, number: int) -> list[dict[str, Any]]:
        """End some alerts, begin some."""
        for name in [name for name in self.open if self.rng.random() < 0.3]:
            del self.open[name]
        for _ in range(int(self.rng.integers(1, 5))):
            self.made += 1
            sku = f"sku {self.made:05d}"
            money = float(np.round(self.rng.gamma(1.0, 60.0), 2))
            self.open[sku] = {"sku": sku, "planner": f"planner {self.made % 3}", "money": money}
            self.open[sku]["episode"] = f"night-{number}"
        return [dict(alert) for alert in self.open.values()]


def publish(out: Path, number: int, alerts: list[dict[str, Any]], now: datetime) -> None:
    """Publish a night that holds table `alerts` alone."""
    import pandas as pd

    from stockalert.alerts.kinds import fingerprint
    from stockalert.publishing import publish_night
    from stockalert.tables.arrow import to_arrow
    from stockalert.tables.outputs import OUTPUT_TABLES

    table = OUTPUT_TABLES["alerts"]
    rows = [
        {
            "fingerprint": fingerprint("reorder_now", alert["sku"], "shop"),
            "kind": "reorder_now",
            "severity": "warning",
            "sku": alert["sku"],
            "location": "shop",
            "planner": alert["planner"],
            "supplier_id": "farm",
            "on_hand": 2.0,
            "on_order": 0.0,
            "reorder_point": 9.0,
            "lead_time_days": 4.0,
            "units_at_risk": 3.0,
            "money_at_risk": alert["money"],
            "state": "open",
            "first_seen": now,
            "last_seen": now,
            "message": f"{alert['sku']} has reached its reorder point.",
            "to_do": "Order it.",
            "episode": alert["episode"],
        }
        for alert in alerts
    ]
    frame = pd.DataFrame(rows, columns=list(table.names))
    for column in table.columns:
        if column.kind in {"date", "timestamp"}:
            frame[column.name] = frame[column.name].astype("datetime64[us]")
        elif column.kind == "number":
            frame[column.name] = frame[column.name].astype("float64")
        else:
            frame[column.name] = frame[column.name].astype("str")
    publish_night(
        out,
        {"alerts": to_arrow(frame, table)},
        as_of_date=date(2026, 1, 4) + timedelta(days=number),
        run_id=f"night-{number:05d}",
        created_at=DAY_ONE + timedelta(days=number),
        valid_until=DAY_ONE + timedelta(days=number + 2),
        model_version=None,
        settings_fingerprint="0" * 16,
    )


def tell(out: Path, ports: dict[str, int], now: datetime) -> None:
    """Take over and send, as the night's last step or a timer does."""
    from flows.alerting_night import deliver_alerts
    from flows.settings import Settings

    mail = (
        f"mailto://127.0.0.1:{ports['mail']}/?from=a@shop.example&to=b@shop.example&mode=insecure"
    )
    urls = [mail, f"json://127.0.0.1:{ports['web']}/hook"]
    alerts = {"urls": urls, "immediate_above": 100.0, "repeat_days": 9999, "top": 1000}
    deliver_alerts(out, Settings(alerts=alerts), now=now)


def lay_trap(point: str, nth: int) -> None:
    """Make this process kill itself when it comes to a point for the nth time."""
    import flows.alerting_delivery as delivery
    import flows.alerting_queue as queue
    from stockalert import publishing

    left = [nth]

    def die() -> None:
        left[0] -= 1
        if left[0] <= 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def trapped(function: Callable[..., Any], *, after: bool) -> Callable[..., Any]:
        def run(*args: Any, **kwargs: Any) -> Any:
            if not after:
                die()
            result = function(*args, **kwargs)
            if after:
                die()
            return result

        return run

    places: dict[str, tuple[Any, str, bool]] = {
        "while publishing": (publishing, "_serve", False),
        "while queueing": (queue, "_queue", True),
        "queued": (delivery, "look_after_the_dead", False),
        "before leaving": (delivery, "_hand_over", False),
        "accepted": (delivery, "_settle", False),
        "recorded": (delivery, "_settle", True),
    }
    if point == "leaving":
        _trap_departure(die)
    elif point in places:
        module, name, after = places[point]
        setattr(module, name, trapped(getattr(module, name), after=after))


def _trap_departure(die: Callable[[], None]) -> None:
    """Die between the intent's commit and the last byte."""
    from flows.channels_mail import MailChannel
    from flows.channels_web import WebhookChannel

    for kind in (MailChannel, WebhookChannel):
        send = kind.send

        def sending(self: Any, message: Any, about_to: Any, send: Any = send) -> None:
            def departing() -> None:
                about_to()
                die()

            send(self, message, departing)

        kind.send = sending  # type: ignore[method-assign]


def in_child(work: Callable[[], None], kill_after: float | None = None) -> bool:
    """Run in a process of its own; kill it after so many seconds. True = it died by SIGKILL."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        except BaseException as error:
            print(f"child: {error!r}", file=sys.stderr)
        os._exit(code)
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        raise RuntimeError("a child failed by itself")
    return os.WIFSIGNALED(status)


def run_faults(faults: int, seed: int, folder: Path) -> dict[str, Any]:
    """Play the nights and count."""
    rng = np.random.default_rng(seed)
    out, arrivals, modes = folder / "out", folder / "arrivals.jsonl", folder / "modes.json"
    modes.write_text('{"mail": "up", "web": "up"}')
    command = [sys.executable, "-m", "benchmarks.alerts.receivers", str(arrivals), str(modes)]
    receivers = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert receivers.stdout is not None
    ports = json.loads(receivers.stdout.readline())
    try:
        _preload()
        counts = _play(faults, rng, out, modes, ports)
    finally:
        receivers.communicate()
    return {**counts, **_judge(out, arrivals, folder / "nights.jsonl")}


def _preload() -> None:
    """Import everything once, so that children begin at once."""
    import flows.alerting_night
    import flows.channels_mail
    import flows.channels_web  # noqa: F401
    import stockalert.tables.arrow  # noqa: F401
    from flows.channels_apprise import known_schemes

    known_schemes()


def _play(
    faults: int, rng: np.random.Generator, out: Path, modes: Path, ports: dict[str, int]
) -> dict[str, Any]:
    shop, kinds, killed = Shop(rng), Counter[str](), 0
    book = (out.parent / "nights.jsonl").open("w")
    up = '{"mail": "up", "web": "up"}'
    for number in range(faults):
        fault = str(rng.choice(FAULTS))
        kinds[fault] += 1
        alerts = shop.night(number)
        book.write(json.dumps({"run_id": f"night-{number:05d}", "alerts": alerts}) + "\n")
        book.flush()
        now = DAY_ONE + timedelta(days=number, hours=CLOCKS.get(fault, 0))
        channel, _, mode = fault.partition(" ")
        if mode in {"refuses", "loses replies"}:
            modes.write_text(json.dumps({**json.loads(up), channel: mode}))
        nth = int(rng.integers(1, 4))

        moment = float(rng.uniform(0.0, 0.25)) if fault == "any moment" else None
        killed += in_child(partial(_night, out, ports, number, alerts, now, fault, nth), moment)
        modes.write_text(up)
        in_child(partial(tell, out, ports, now + timedelta(minutes=30)))
    end = DAY_ONE + timedelta(days=faults, hours=12)
    in_child(partial(tell, out, ports, end))
    book.close()
    return {"faults": faults, "killed": killed, "faults_by_kind": dict(sorted(kinds.items()))}


def _night(  # noqa: PLR0917
    out: Path,
    ports: dict[str, int],
    number: int,
    alerts: list[dict[str, Any]],
    now: datetime,
    fault: str,
    nth: int,
) -> None:
    """One night in a process that may not live to its end."""
    lay_trap(fault, 1 if fault in POINTS[:4] else nth)
    publish(out, number, alerts, now)
    if fault == "published":
        os.kill(os.getpid(), signal.SIGKILL)
    tell(out, ports, now)


def _judge(out: Path, arrivals: Path, nights: Path) -> dict[str, Any]:
    """Compare what arrived with what the served nights say, by alert and channel."""
    from stockalert.alerts.kinds import fingerprint
    from stockalert.served import served_runs

    served, expected, before = served_runs(out), Counter[tuple[str, str]](), set[str]()
    ours: set[str] = set()
    for line in nights.read_text().splitlines():
        night = json.loads(line)
        now = {fingerprint("reorder_now", one["sku"], "shop") for one in night["alerts"]}
        ours |= now
        if night["run_id"] not in served:
            continue
        expected.update((name, "begun") for name in now - before)
        expected.update((name, "over") for name in before - now)
        before = now
    lost = doubled = repeats = 0
    told = [json.loads(line) for line in arrivals.read_text().splitlines()]
    for channel in ("mail", "web"):
        mine = [one for one in told if one["channel"] == channel]
        distinct = {one["key"]: one["text"] for one in mine}
        repeats += len(mine) - len(distinct)
        named = (pair for text in distinct.values() for pair in _pairs(text))
        found = Counter(pair for pair in named if pair[0] in ours)
        lost += sum(count for _, count in (expected - found).items())
        doubled += sum(count for _, count in (found - expected).items())
    return {
        "alerts_expected": 2 * sum(expected.values()),
        "nights_served": len(served),
        "messages_accepted": len(told),
        "alerts_lost": lost,
        "alerts_doubled": doubled,
        "repeats_with_same_key": repeats,
    }


def _pairs(text: str) -> list[tuple[str, str]]:
    """Fingerprints that a message names, with whether they begin or are over."""
    begun, _, over = text.partition("Over:")
    named = re.compile(r"\[([0-9a-f]{16})\]")
    return [
        *((name, "begun") for name in named.findall(begun)),
        *((name, "over") for name in named.findall(over)),
    ]


def main() -> None:
    """Measure and merge the figures into the results."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--faults", type=int, default=240)
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = run_faults(asked.faults, asked.seed, Path(folder))
    print(json.dumps(figures, indent=2))
    write_results("benchmarks.alerts.faults", figures)


if __name__ == "__main__":
    main()
