"""Thirty nights, the faults, the kills, the secrets and the fuzz: does anything get through?

    python -m benchmarks.soak.run

Everything is real: processes, signals, a Prefect server, SQLite, the file system; the demo's shop
is cut to a hundred products and its model to twenty trees. Ends with 1 where a promise was broken:
a night lost or half published, a traceback, a secret, anything in `wrong`, or growth (`flat` is 0).
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks.command import provenance
from benchmarks.soak.faults import FAULTS, Seen, try_fault
from benchmarks.soak.fuzz import Count, fuzz_in_processes
from benchmarks.soak.kills import Killed, kill_nights
from benchmarks.soak.lab import Lab, Shop, open_lab
from benchmarks.soak.nights import FIRST, PRODUCTS, Nights, demo_shop, live
from benchmarks.soak.planted import files_with_secrets, run_with_secrets

__all__ = ["main"]

RESULT = Path(__file__).parents[1] / "results" / "soak.json"
RETAINED = 10  # nights after which what is kept by keep_days = 7 no longer grows
MOST_GROWTH = 0.12
"""Of memory and disk from the earlier half of the nights after `RETAINED` to the later half.

A shop of a year grows by 3 % in ten days, memory differs by 2 or 3 % from night to night, and the
figures of one more training in MLflow are 4 % of this disk. Nights that nobody removes would add
15 % to it in ten days.
"""
TEN_MINUTES = 600
_NEVER = ("nights_lost", "half_published", "faults_not_as_promised", "fuzz_tracebacks")


def main() -> int:
    """Run everything and write the result."""
    asked = _arguments()
    if asked.fuzz_only:
        return _fuzz_again(asked)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        root = Path(folder)
        shop, year = demo_shop(root)
        with open_lab(root / "lab") as lab:
            figures, wrong = _on(lab, shop, year, asked)
        secrets = files_with_secrets(shop.out, root / "lab")
        _say("fuzz")
        told = fuzz_in_processes(asked.fuzz, processes=2)
    wrong += [f"secret in {path}" for path in secrets]
    figures |= {
        "secrets_found": len(secrets),
        **_fuzz_figures(told),
        "seconds": round(time.monotonic() - began, 1),
        "wrong": wrong,
    }
    result = {**provenance("benchmarks.soak.run"), "figures": figures}
    asked.into.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(json.dumps(figures, indent=2, ensure_ascii=False))
    return 0 if _kept(figures) else 1


def _fuzz_again(asked: argparse.Namespace) -> int:
    """Replace the figures of the fuzz alone; they keep their own commit, command and seconds."""
    began = time.monotonic()
    told = fuzz_in_processes(asked.fuzz, processes=2)
    document = json.loads(asked.into.read_text(encoding="utf-8"))
    document["fuzz"] = {
        **provenance("benchmarks.soak.run"),
        "seconds": round(time.monotonic() - began, 1),
    }
    figures = document["figures"]
    figures |= _fuzz_figures(told)
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    asked.into.write_text(text, encoding="utf-8")
    print(json.dumps(document["fuzz"] | _fuzz_figures(told), indent=2, ensure_ascii=False))
    return 0 if _kept(figures) else 1


def _kept(figures: Mapping[str, Any]) -> bool:
    """Whether every promise was kept; how long it took is told only: the machine may be busy."""
    never = all(figures[name] == 0 for name in (*_NEVER, "secrets_found"))
    found = figures["wrong"] or figures["fuzz_findings"]
    return never and not found and figures.get("flat", 1) == 1


def _on(
    lab: Lab, shop: Shop, year: Path, asked: argparse.Namespace
) -> tuple[dict[str, Any], list[str]]:
    """Live the nights, then break that shop in every way."""
    _say("nights")
    began = time.monotonic()
    nights = live(lab, shop, year, nights=asked.nights)
    seconds = time.monotonic() - began
    clock = f"{FIRST + timedelta(days=asked.nights)}T03:00:00"
    _say("faults")
    seen = [try_fault(lab, shop, fault, clock) for fault in FAULTS]
    _say("kills")
    killed = kill_nights(lab, shop, clock, kills=asked.kills, training=asked.kills // 3)
    _say("secrets")
    ended = run_with_secrets(lab, shop, clock)
    wrong = nights.wrong + killed.wrong + [f"{s.name}: {w}" for s in seen for w in s.wrong]
    if [run.code for run in ended] != [0, 1]:
        wrong.append(f"nights with secrets ended with {[run.code for run in ended]}")
    return _figures(nights, seen, killed, seconds), wrong


def _figures(
    nights: Nights, seen: Sequence[Seen], killed: Killed, seconds: float
) -> dict[str, Any]:
    planned = sum(fault != "none" for fault in nights.faults)
    broken = [s for s in seen if any(w.startswith("the next run") for w in s.wrong)]
    return {
        "nights": len(nights.published),
        "nights_faulty": planned,
        "nights_without_a_table_of_their_day": nights.published.count(False),
        "nights_lost": nights.lost + killed.lost + len(broken),
        "half_published": nights.half_published + killed.half_published,
        "faults": planned + len(seen) + killed.landed,
        "faults_not_as_promised": sum(bool(s.wrong) for s in seen),
        "kills": killed.landed,
        "kills_in_training_nights": killed.training,
        "kills_after_step": dict(killed.after),
        "kills_in_training_nights_after_step": dict(killed.after_in_training),
        "products": PRODUCTS,
        **_duration(len(nights.published), seconds),
        **_flatness(nights),
        "night_faults": {n + 1: f for n, f in enumerate(nights.faults) if f != "none"},
        "faults_seen": [
            {"fault": s.name, "code": s.code, "message": s.message[:200], "served": s.served}
            for s in seen
        ],
    }


def _duration(nights: int, seconds: float) -> dict[str, Any]:
    if nights != 30:
        return {"seconds_nights": round(seconds, 1)}
    within = int(seconds <= TEN_MINUTES)
    return {"thirty_nights_seconds": round(seconds, 1), "within_ten_minutes": within}


def _flatness(nights: Nights) -> dict[str, Any]:
    """Memory and disk of the first nights after retention, and of the last ones."""
    kept = [at for at, good in enumerate(nights.published) if good and at >= RETAINED]
    if len(kept) < 4:
        return {}
    halves = kept[: len(kept) // 2], kept[len(kept) // 2 :]
    memory = [statistics.median(nights.rss_mib[at] for at in half) for half in halves]
    disk = [max(sum(nights.disk[at].values()) for at in half) for half in halves]
    growth = [later / earlier - 1 for earlier, later in (memory, disk)]
    return {
        "flat": int(max(growth) <= MOST_GROWTH),
        "memory_growth": round(growth[0], 3),
        "disk_growth": round(growth[1], 3),
        "memory_mib_median": _by_half(halves, memory),
        "disk_mib_most": _by_half(halves, disk),
        "disk_mib_by_folder": {
            f"night {at + 1}": nights.disk[at] for at in (halves[0][0], halves[1][-1])
        },
    }


def _by_half(halves: Sequence[Sequence[int]], figures: Sequence[float]) -> dict[str, float]:
    names = [f"nights {half[0] + 1} to {half[-1] + 1}" for half in halves]
    return {name: round(figure, 1) for name, figure in zip(names, figures, strict=True)}


def _fuzz_figures(told: Count) -> dict[str, Any]:
    return {
        "fuzz_cases": sum(told.cases.values()),
        "fuzz_cases_by_door": dict(told.cases),
        "fuzz_refused_by_door": dict(told.refused),
        "fuzz_tracebacks": told.tracebacks,
        "fuzz_slowest_seconds": round(told.slowest, 2),
        "fuzz_findings": told.findings,
    }


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nights", type=int, default=30)
    parser.add_argument("--kills", type=int, default=36)
    parser.add_argument("--fuzz", type=float, default=1.0, help="share of its cases")
    parser.add_argument("--fuzz-only", action="store_true", help="the other figures stay")
    parser.add_argument("--into", type=Path, default=RESULT, help="file to write")
    return parser.parse_args()


def _say(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
